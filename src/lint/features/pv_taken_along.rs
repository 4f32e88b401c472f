//! `features::pv_taken_along`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{safe, set};
use crate::lint::{Facts, value};
use crate::spec::KvmFeature;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(gone) = facts.hypervisor().and_then(|hypervisor| hypervisor.disable.as_ref()) else { return };
    let along: Vec<String> =
        KvmFeature::taken_along(gone).map(|feature| format!("`{}`", feature.name())).collect();
    if along.is_empty() {
        return;
    }
    let all: Vec<&str> =
        gone.iter().copied().chain(KvmFeature::taken_along(gone)).map(KvmFeature::name).collect();
    out.push(
        Diagnostic::new(
            "features::pv_taken_along",
            Severity::Note,
            format!("{} without what it needs goes as well", along.join(" and ")),
        )
        .label(value("cpu.hypervisor.disable"), "takes others along")
        .help(format!("write `disable: [{}]` to say so", all.join(", ")))
        .fix(safe([set("cpu.hypervisor.disable", format!("[{}]", all.join(", ")))])),
    );
}
