//! `host::vcpus_beyond_kvm_limit`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile};

/// The most that any build has: the end of CONFIG_KVM_MAX_NR_VCPUS (`arch/x86/kvm/Kconfig`).
const ANY_KVM: u32 = 4096;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    let told = facts.capabilities().and_then(|capabilities| capabilities.max_vcpus);
    let limit = told.unwrap_or(ANY_KVM);
    let vcpus = topology.vcpu_count();
    if vcpus <= limit {
        return;
    }
    let message = match told {
        Some(_) => format!("the machine has {vcpus} vCPUs, KVM on this host creates {limit} at most"),
        None => format!("the machine has {vcpus} vCPUs, KVM creates {limit} at most however it is built"),
    };
    let diagnostic = Diagnostic::new("host::vcpus_beyond_kvm_limit", Severity::Error, message);
    let diagnostic = facts.label_counts(diagnostic, &format!("{vcpus} vCPUs"));
    let diagnostic = match told {
        Some(_) => diagnostic.label(profile("kvm.capabilities.max_vcpus"), "KVM_CAP_MAX_VCPUS").help(
            "write fewer `sockets` or `cores`, or use a kernel built with a larger CONFIG_KVM_MAX_NR_VCPUS",
        ),
        None => diagnostic
            .help("write fewer `sockets` or `cores`")
            .note("the profile does not say KVM_CAP_MAX_VCPUS, which may be less"),
    };
    out.push(diagnostic);
}
