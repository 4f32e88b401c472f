//! `features::pmu_excluded`

use super::features;
use crate::diag::{Diagnostic, Severity};
use crate::features::{has_pmu, pmu};
use crate::lint::mend::{insert, set, suggested};
use crate::lint::{Facts, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(cpu) = &facts.spec.cpu else { return };
    if cpu.pmu == Some(true) && cpu.baseline.is_some() {
        out.push(
            Diagnostic::new(
                "features::pmu_excluded",
                Severity::Error,
                "`pmu: true` gives the counters of this host, which no baseline has",
            )
            .label(value("cpu.pmu"), "this host's counters")
            .label(value("cpu.baseline"), "what all hosts have")
            .help("take `pmu` out, or `baseline`"),
        );
    }
    if has_pmu(cpu, cpu.baseline.is_some()) {
        return;
    }
    let counters = pmu();
    for (at, feature) in features("require", cpu.require.as_ref()) {
        if !counters.contains(feature) {
            continue;
        }
        let name = feature.name;
        let diagnostic = Diagnostic::new(
            "features::pmu_excluded",
            Severity::Error,
            format!("`{name}` is required, and the guest gets no performance counters"),
        )
        .label(at, "part of the counters");
        out.push(match cpu.pmu {
            Some(_) => diagnostic
                .label(value("cpu.pmu"), "none with this")
                .help(format!("write `pmu: true`, or take `{name}` out of `require`"))
                .fix(suggested([set("cpu.pmu", true)])),
            None => diagnostic
                .help(format!("write `pmu: true` beside it, or take `{name}` out of `require`"))
                .fix(suggested([insert("cpu", "pmu", true)])),
        });
    }
}
