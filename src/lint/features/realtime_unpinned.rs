//! `features::realtime_unpinned`

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, Severity};
use crate::lint::words::many;
use crate::lint::{Facts, value};
use crate::spec::{Host, KvmHint};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    if !facts.hypervisor().is_some_and(|hypervisor| hypervisor.hints_at(KvmHint::Realtime)) {
        return;
    }
    let pairs: Vec<_> = facts.spec.host.iter().flat_map(Host::pairs).collect();
    let of_vcpus: BTreeSet<u32> = pairs.iter().map(|(_, vcpu, _)| *vcpu).collect();
    let own: BTreeSet<u32> = pairs.iter().map(|(_, _, cpu)| *cpu).collect();
    // Two vCPUs of one CPU wait for each other.
    let alone = u32::try_from(of_vcpus.len().min(own.len())).unwrap_or(u32::MAX);
    let all = topology.vcpu_count();
    if alone >= all {
        return;
    }
    out.push(
        Diagnostic::new(
            "features::realtime_unpinned",
            Severity::Warning,
            format!(
                "the hint `realtime` says that no vCPU waits for a CPU: of {}, `pin` gives {alone} one of their own",
                many(all, "vCPU", "vCPUs")
            ),
        )
        .label(value("cpu.hypervisor.hints"), "a promise to the guest")
        .help("leave `realtime` out, or pin each vCPU to a CPU of its own under `host`")
        .note("a guest spins on locks whose holder is not running"),
    );
}
