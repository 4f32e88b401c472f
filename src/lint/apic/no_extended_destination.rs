//! `apic::no_extended_destination`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{set, suggested};
use crate::lint::{Facts, value};

const NAME: &str = "apic::no_extended_destination";

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let reader = facts.reader();
    let remapping = facts.spec.vmm.as_ref().and_then(|vmm| vmm.interrupt_remapping) == Some(true);
    if !reader.may_be_linux() || remapping {
        return;
    }
    let hypervisor = facts.hypervisor();
    if hypervisor.is_some_and(|hypervisor| !hypervisor.is_kvm()) {
        // Linux asks KVM's leaf before it takes x2APIC without remapping.
        let Some(id) = facts.large_id(255) else { return };
        let what = format!("the largest x2APIC ID is {id}, Linux that does not see KVM has no x2APIC");
        let diagnostic = Diagnostic::new(NAME, Severity::Warning, what);
        out.push(
            facts
                .label_counts(diagnostic, &format!("takes IDs up to {id}"))
                .label(value("cpu.hypervisor.kvm"), "KVM's leaf is not there")
                .help("write `kvm: true`, or `vmm: { interrupt_remapping: true }` if the guest gets an IOMMU")
                .fix(suggested([set("cpu.hypervisor.kvm", true)]))
                .note("the guest prints \"x2apic: IRQ remapping doesn't support X2APIC mode\""),
        );
        return;
    }
    let Some(id) = facts.large_id(256) else { return };
    let extended = hypervisor.and_then(|hypervisor| hypervisor.msi_ext_dest_id) == Some(true);
    let diagnostic = Diagnostic::new(
        NAME,
        Severity::Warning,
        format!("the largest x2APIC ID is {id}, device interrupts reach IDs up to 255"),
    );
    let note = "a Linux guest leaves vCPUs with larger IDs offline, without a message";
    let kernel = facts.spec.guest.as_ref().and_then(|guest| guest.kernel);
    if !extended {
        out.push(
            facts
                .label_counts(diagnostic, &format!("takes IDs up to {id}"))
                .help(
                    "write `cpu: { hypervisor: { msi_ext_dest_id: true } }` if the VMM decodes 15-bit destination IDs, or \
                     `vmm: { interrupt_remapping: true }` if the guest gets an IOMMU",
                )
                .note(note),
        );
    } else if let Some(kernel) = kernel.filter(|_| reader.may_be_linux_before(5, 11)) {
        out.push(
            facts
                .label_counts(diagnostic, &format!("takes IDs up to {id}"))
                .label(value("guest.kernel"), format!("{kernel} does not know `msi_ext_dest_id`, 5.11 does"))
                .help("write `kernel: \"5.11\"` or later, or `vmm: { interrupt_remapping: true }` if the guest gets an IOMMU")
                .note(note),
        );
    }
}
