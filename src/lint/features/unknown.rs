//! `features::unknown`

use super::{entries, lists};
use crate::cpuid::feature;
use crate::diag::{Diagnostic, Severity};
use crate::features::nearest;
use crate::lint::Facts;
use crate::lint::mend::{path_of, set, suggested};
use crate::source::quoted;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(cpu) = &facts.spec.cpu else { return };
    for (list, names) in lists(cpu) {
        for (at, name) in entries(list, names).filter(|(_, name)| feature::find(name).is_none()) {
            let help = match nearest(name) {
                Some(meant) => format!("write `{meant}`"),
                None => "`topoc features` lists all that there are".to_owned(),
            };
            let fix = nearest(name).zip(path_of(&at)).map(|(meant, path)| suggested([set(path, meant)]));
            let mut diagnostic = Diagnostic::new(
                "features::unknown",
                Severity::Error,
                format!("{} is no CPU feature that topoc knows", quoted(name)),
            )
            .label(at, "not known")
            .help(help);
            diagnostic.fix = fix.map(Box::new);
            out.push(diagnostic);
        }
    }
}
