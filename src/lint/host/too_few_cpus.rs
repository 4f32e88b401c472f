//! `host::too_few_cpus`

use super::shortage;
use crate::diag::Diagnostic;
use crate::lint::words::many;
use crate::lint::{Facts, profile};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(cpus)) = (facts.topology, facts.host_cpus()) else { return };
    let vcpus = topology.vcpu_count();
    let Some(severity) = shortage(facts).filter(|_| u64::from(vcpus) > cpus) else { return };
    let diagnostic = Diagnostic::new(
        "host::too_few_cpus",
        severity,
        format!("the machine has {vcpus} vCPUs, the host has {}", many(cpus, "CPU", "CPUs")),
    );
    out.push(
        facts
            .label_counts(diagnostic, &format!("{vcpus} vCPUs"))
            .label(profile("cpus.online"), many(cpus, "CPU online", "CPUs online"))
            .help("write `host: { fidelity: none }` if several vCPUs may share a CPU"),
    );
}
