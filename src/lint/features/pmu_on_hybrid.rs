//! `features::pmu_on_hybrid`

use crate::cpuid::Vendor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{set, suggested};
use crate::lint::{Facts, value};
use crate::spec::CoreType;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(cpu)) = (facts.topology, &facts.spec.cpu) else { return };
    // Linux has one PMU for all of AMD's cores.
    if facts.vendor != Some(Vendor::Intel) || !topology.is_hybrid() || cpu.pmu != Some(true) {
        return;
    }
    let count = |wanted: CoreType| {
        let types = topology.vcpus().filter_map(|vcpu| topology.core_type(vcpu));
        types.filter(|core_type| *core_type == wanted).count()
    };
    let (performance, efficiency) = (count(CoreType::Performance), count(CoreType::Efficiency));
    out.push(
        Diagnostic::new(
            "features::pmu_on_hybrid",
            Severity::Warning,
            format!(
                "the guest gets the counters of one PMU, and Linux sets up two: one for {performance} vCPUs of \
                 performance cores, one for {efficiency} of efficiency cores"
            ),
        )
        .label(value("cpu.pmu"), "one PMU")
        .label(value("topology.parts"), "two types of core")
        .help("write `pmu: false`")
        .fix(suggested([set("cpu.pmu", false)]))
        .note("on a hybrid host KVM gives no guest a PMU"),
    );
}
