//! `features::not_migratable`

use super::features;
use crate::diag::{Diagnostic, Severity};
use crate::features::not_migratable;
use crate::lint::mend::{path_of, remove, suggested};
use crate::lint::{Facts, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(cpu) = facts.spec.cpu.as_ref().filter(|cpu| cpu.migratable == Some(true)) else { return };
    let cannot = not_migratable();
    for (at, feature) in features("require", cpu.require.as_ref()) {
        if !cannot.contains(feature) {
            continue;
        }
        let name = feature.name;
        out.push(
            Diagnostic::new(
                "features::not_migratable",
                Severity::Error,
                format!("`{name}` is required, and a guest that has it cannot migrate"),
            )
            .fix(suggested(path_of(&at).map(remove)))
            .label(at, "ties the guest to this host's clock")
            .label(value("cpu.migratable"), "the guest is to migrate")
            .help(format!("take `{name}` out of `require`, or write `migratable: false`")),
        );
    }
}
