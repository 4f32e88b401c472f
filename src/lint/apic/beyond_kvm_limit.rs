//! `apic::beyond_kvm_limit`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let limit = facts.capabilities().and_then(|capabilities| capabilities.max_vcpu_id);
    let (Some(limit), Some(topology)) = (limit, facts.topology) else { return };
    let Some(id) = facts.large_id(limit) else { return };
    let diagnostic = Diagnostic::new(
        "apic::beyond_kvm_limit",
        Severity::Error,
        format!("the largest x2APIC ID is {id}, KVM creates vCPUs with IDs below {limit}"),
    );
    let mut diagnostic = facts
        .label_counts(diagnostic, &format!("takes IDs up to {id}"))
        .label(profile("kvm.capabilities.max_vcpu_id"), "KVM_CAP_MAX_VCPU_ID");
    let vcpus = topology.vcpu_count();
    if id.0 >= vcpus {
        diagnostic = diagnostic
            .help("write counts that are powers of two: they leave no gaps between IDs")
            .note(format!("{vcpus} vCPUs would take IDs 0-{} without gaps", vcpus - 1));
    } else {
        diagnostic = diagnostic.help("write fewer `sockets` or `cores`");
    }
    out.push(diagnostic);
}
