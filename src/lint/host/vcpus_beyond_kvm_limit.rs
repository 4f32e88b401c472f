//! `host::vcpus_beyond_kvm_limit`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let limit = facts.capabilities().and_then(|capabilities| capabilities.max_vcpus);
    let (Some(limit), Some(topology)) = (limit, facts.topology) else { return };
    let vcpus = topology.vcpu_count();
    if vcpus <= limit {
        return;
    }
    let diagnostic = Diagnostic::new(
        "host::vcpus_beyond_kvm_limit",
        Severity::Error,
        format!("the machine has {vcpus} vCPUs, KVM on this host creates {limit} at most"),
    );
    out.push(
        facts
            .label_counts(diagnostic, &format!("{vcpus} vCPUs"))
            .label(profile("kvm.capabilities.max_vcpus"), "KVM_CAP_MAX_VCPUS")
            .help("write fewer `sockets` or `cores`, or use a kernel built with a larger CONFIG_KVM_MAX_NR_VCPUS"),
    );
}
