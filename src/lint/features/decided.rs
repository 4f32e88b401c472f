//! `features::decided`

use super::{features, lists};
use crate::diag::{Diagnostic, Severity};
use crate::features::decided;
use crate::lint::Facts;
use crate::lint::mend::{path_of, remove, suggested};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(cpu) = &facts.spec.cpu else { return };
    for (list, names) in lists(cpu) {
        for (at, feature) in features(list, names) {
            let Some(decided) = decided(feature).filter(|d| list == "disable" || !d.always) else { continue };
            let name = feature.name;
            let what = if list == "disable" { "cannot be disabled" } else { "cannot be required" };
            out.push(
                Diagnostic::new(
                    "features::decided",
                    Severity::Error,
                    format!("`{name}` {what}: {}", decided.why),
                )
                .fix(suggested(path_of(&at).map(remove)))
                .label(at, "not decided here")
                .help(format!("take `{name}` out of `{list}`")),
            );
        }
    }
}
