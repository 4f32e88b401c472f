//! `apic::not_x2apic_at_boot`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(id) = facts.large_id(255).filter(|_| facts.reader().may_be_linux()) else { return };
    let at_boot = facts.spec.vmm.as_ref().and_then(|vmm| vmm.x2apic_at_boot);
    if at_boot == Some(true) {
        return;
    }
    let mut diagnostic = Diagnostic::new(
        "apic::not_x2apic_at_boot",
        Severity::Warning,
        format!(
            "the largest x2APIC ID is {id}, a Linux guest that does not start in x2APIC mode drops IDs above 254"
        ),
    );
    if at_boot == Some(false) {
        diagnostic = diagnostic.label(value("vmm.x2apic_at_boot"), "starts in xAPIC mode");
    }
    out.push(
        facts
            .label_counts(diagnostic, &format!("takes IDs up to {id}"))
            .help(
                "write `vmm: { x2apic_at_boot: true }` if the VMM or its firmware switches vCPUs to x2APIC mode before \
                 the kernel starts",
            )
            .note("the guest prints \"x2apic entry ignored\" and comes up without these vCPUs"),
    );
}
