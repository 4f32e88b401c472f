//! `apic::broadcast`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile};
use crate::topology::X2ApicId;

/// KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK.
const DISABLE_BROADCAST_QUIRK: u32 = 1 << 1;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let api = facts.capabilities().and_then(|capabilities| capabilities.x2apic_api);
    let (Some(api), Some(numbered)) = (api, facts.numbered) else { return };
    let Some(vcpu) = numbered.ids().iter().position(|id| *id == X2ApicId(255)) else { return };
    if api & DISABLE_BROADCAST_QUIRK != 0 {
        return;
    }
    let diagnostic = Diagnostic::new(
        "apic::broadcast",
        Severity::Error,
        format!("vCPU {vcpu} has x2APIC ID 255, which this KVM takes for all vCPUs in device interrupts"),
    );
    out.push(
        facts
            .label_counts(diagnostic, "reaches ID 255")
            .label(
                profile("kvm.capabilities.x2apic_api"),
                "KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK, bit 1, is missing",
            )
            .help("write fewer `cores`, so that no vCPU has ID 255, or use a host kernel from 4.8 on"),
    );
}
