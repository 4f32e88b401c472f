//! `host::too_few_cpus`

use super::{no_fidelity, shortage};
use crate::diag::Diagnostic;
use crate::lint::words::many;
use crate::lint::{Facts, profile, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(online)) = (facts.topology, facts.host_cpus()) else { return };
    let allowed = facts.spec.host.as_ref().and_then(|host| host.cpus.as_ref());
    let cpus = allowed.map_or(online, |allowed| allowed.len().min(online));
    let vcpus = topology.vcpu_count();
    let Some(severity) = shortage(facts).filter(|_| u64::from(vcpus) > cpus) else { return };
    let there = many(cpus, "CPU", "CPUs");
    let message = match allowed {
        Some(_) => format!("the machine has {vcpus} vCPUs, of the host it may use {there}"),
        None => format!("the machine has {vcpus} vCPUs, the host has {there}"),
    };
    let diagnostic = facts
        .label_counts(Diagnostic::new("host::too_few_cpus", severity, message), &format!("{vcpus} vCPUs"));
    let diagnostic = match allowed {
        Some(_) => diagnostic.label(value("host.cpus"), there),
        None => diagnostic.label(profile("cpus.online"), many(cpus, "CPU online", "CPUs online")),
    };
    out.push(
        diagnostic
            .help("write `host: { fidelity: none }` if several vCPUs may share a CPU")
            .fix(no_fidelity(facts)),
    );
}
