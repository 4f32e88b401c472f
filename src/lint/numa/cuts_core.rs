//! `numa::cuts_core`

use super::members;
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};
use crate::topology::{Domain, VcpuIndex};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    let threads = topology.count(Domain::Thread);
    let node = |vcpu: u32| topology.node_of(VcpuIndex(vcpu));
    // Every core has as many threads, and they are neighbours. One finding will do: the next ones
    // would be of the same boundary or go with the same edit.
    let cut = (0..topology.vcpu_count()).find(|vcpu| {
        let first = vcpu - vcpu % threads;
        node(*vcpu) != node(first)
    });
    let Some((vcpu, first)) = cut.map(|vcpu| (vcpu, vcpu - vcpu % threads)) else { return };
    let (Some(here), Some(there)) = (node(vcpu), node(first)) else { return };
    out.push(
        Diagnostic::new(
            "numa::cuts_core",
            Severity::Error,
            format!("vCPU {first} of node {there} and vCPU {vcpu} of node {here} are threads of one core"),
        )
        .label(members(facts, topology, here), format!("node {here} has vCPU {vcpu}"))
        .label(members(facts, topology, there), format!("node {there} has vCPU {first}"))
        .label(value("topology.threads"), format!("cores begin at every multiple of {threads}"))
        .help(format!("begin and end each node's `vcpus` with whole cores: at multiples of {threads}"))
        .note(format!(
            "a Linux guest prints \"sched: CPU #{vcpu}'s smt-sibling CPU #{first} is not on the same node!\""
        )),
    );
}
