//! `host::vcpus_beyond_recommended`

use super::shortage;
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(capabilities)) = (facts.topology, facts.capabilities()) else { return };
    let Some(recommended) = capabilities.nr_vcpus.filter(|_| shortage(facts).is_some()) else { return };
    let vcpus = topology.vcpu_count();
    // Of more vCPUs than CPUs or than KVM creates, other rules speak.
    let spoken_of = facts.host_cpus().is_some_and(|online| u64::from(vcpus) > online)
        || capabilities.max_vcpus.is_some_and(|most| vcpus > most);
    if vcpus <= recommended || spoken_of {
        return;
    }
    let diagnostic = Diagnostic::new(
        "host::vcpus_beyond_recommended",
        Severity::Note,
        format!("the machine has {vcpus} vCPUs, KVM on this host recommends {recommended} at most"),
    );
    out.push(
        facts
            .label_counts(diagnostic, &format!("{vcpus} vCPUs"))
            .label(profile("kvm.capabilities.nr_vcpus"), "KVM_CAP_NR_VCPUS")
            .help("write fewer `sockets` or `cores`, or `host: { fidelity: none }` if this is meant"),
    );
}
