//! `numa::cuts_core`

use super::members;
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::topology::{Domain, VcpuIndex};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    let node = |vcpu: VcpuIndex| topology.node_of(vcpu);
    // One finding will do: the next ones would be of the same boundary or go with the same edit.
    let cut = topology.instances(Domain::Core).find_map(|core| {
        let (first, others) = core.split_first()?;
        Some((others.iter().find(|vcpu| node(**vcpu) != node(*first))?, first))
    });
    let Some((vcpu, first)) = cut else { return };
    let (Some(here), Some(there)) = (node(*vcpu), node(*first)) else { return };
    let threads = topology.population(*first, Domain::Core);
    // Where every core has as many threads, and they are neighbours.
    let (cores, at) =
        if topology.is_even(Domain::Core) && topology.vcpus().eq(topology.tree().iter().copied()) {
            (format!("cores begin at every multiple of {threads}"), format!(": at multiples of {threads}"))
        } else {
            (format!("{threads} threads of a core"), String::new())
        };
    out.push(
        Diagnostic::new(
            "numa::cuts_core",
            Severity::Error,
            format!("vCPU {first} of node {there} and vCPU {vcpu} of node {here} are threads of one core"),
        )
        .label(members(facts, topology, here), format!("node {here} has vCPU {vcpu}"))
        .label(members(facts, topology, there), format!("node {there} has vCPU {first}"))
        .label(facts.count_at(Domain::Thread), cores)
        .help(format!("begin and end each node's `vcpus` with whole cores{at}"))
        .note(format!(
            "a Linux guest prints \"sched: CPU #{vcpu}'s smt-sibling CPU #{first} is not on the same node!\""
        )),
    );
}
