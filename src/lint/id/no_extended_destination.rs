//! `id::no_extended_destination`

use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(id) = facts.large_id(256) else { return };
    let remapping = facts.spec.vmm.as_ref().and_then(|vmm| vmm.interrupt_remapping) == Some(true);
    let hypervisor = facts.spec.cpu.as_ref().and_then(|cpu| cpu.hypervisor.as_ref());
    if remapping || hypervisor.and_then(|hypervisor| hypervisor.msi_ext_dest_id) == Some(true) {
        return;
    }
    let diagnostic = Diagnostic::new(
        "id::no_extended_destination",
        Severity::Warning,
        format!("the largest x2APIC ID is {id}, device interrupts reach IDs up to 255"),
    );
    out.push(
        facts
            .label_counts(diagnostic, &format!("takes IDs up to {id}"))
            .help(
                "write `cpu: { hypervisor: { msi_ext_dest_id: true } }` if the VMM decodes 15-bit destination IDs, or \
                 `vmm: { interrupt_remapping: true }` if the guest gets an IOMMU",
            )
            .note("a Linux guest leaves vCPUs with larger IDs offline, without a message"),
    );
}
