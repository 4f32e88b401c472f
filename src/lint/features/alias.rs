//! `features::alias`

use super::{entries, lists};
use crate::cpuid::feature;
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::mend::{path_of, safe, set};
use crate::source::quoted;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(cpu) = &facts.spec.cpu else { return };
    for (list, names) in lists(cpu) {
        for (at, name) in entries(list, names) {
            let Some(feature) = feature::find(name).filter(|feature| feature.name != name) else { continue };
            out.push(
                Diagnostic::new(
                    "features::alias",
                    Severity::Note,
                    format!("{} is `{}` in the kernel's spelling", quoted(name), feature.name),
                )
                .fix(safe(path_of(&at).map(|path| set(path, feature.name))))
                .label(at, format!("taken as `{}`", feature.name))
                .help(format!("write `{}`", feature.name)),
            );
        }
    }
}
