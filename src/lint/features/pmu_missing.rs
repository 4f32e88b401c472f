//! `features::pmu_missing`

use crate::cpuid::Key;
use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{set, suggested};
use crate::lint::{Facts, profile, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(features) = facts.features else { return };
    let wanted = facts.spec.cpu.as_ref().is_some_and(|cpu| cpu.pmu == Some(true));
    let version = features.host.get(Key::leaf(0xa)).map_or(0, |words| words.eax & 0xff);
    let counters = features.offered.iter().any(|feature| feature.name == "perfctr_core");
    if !wanted || version > 0 || counters {
        return;
    }
    let what = if facts.is_amd_like() {
        "CPUID.(EAX=80000001H):ECX[23], PerfCtrExtCore, is 0"
    } else {
        "CPUID.(EAX=0AH):EAX[7:0], the version, is 0"
    };
    let part = facts.host.and_then(|host| host.kvm.as_ref()?.supported_cpuid.as_ref());
    out.push(
        Diagnostic::new(
            "features::pmu_missing",
            Severity::Error,
            "`pmu: true`, and the host offers no performance counters",
        )
        .label(value("cpu.pmu"), "asked for here")
        .label(profile(if part.is_some() { "kvm.supported_cpuid" } else { "cpus.cpuid" }), what)
        .help("load KVM's module with `enable_pmu=1` and capture again, or write `pmu: false`")
        .fix(suggested([set("cpu.pmu", false)])),
    );
}
