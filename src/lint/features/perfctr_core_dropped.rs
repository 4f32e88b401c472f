//! `features::perfctr_core_dropped`

use crate::cpuid::quirk;
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile};

const PERFCTR_CORE: u32 = 1 << 23;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(processor) = facts.processor.filter(|processor| quirk::PERFCTR_CORE.applies(processor)) else {
        return;
    };
    let Some(base) = facts.host.and_then(|host| host.base().ok()) else { return };
    if base.table.lookup(0x8000_0001, 0).ecx & PERFCTR_CORE == 0 {
        return;
    }
    out.push(
        Diagnostic::new(
            "features::perfctr_core_dropped",
            Severity::Note,
            format!(
                "KVM offers PerfCtrExtCore, the guest's {} has no TopologyExtensions: it does not get it",
                processor.vendor
            ),
        )
        .label(profile("kvm.supported_cpuid.0x80000001"), "ECX[23] is 1")
        .note(quirk::PERFCTR_CORE.why),
    );
}
