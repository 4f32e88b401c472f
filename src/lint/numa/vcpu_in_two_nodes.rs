//! `numa::vcpu_in_two_nodes`

use super::members;
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::words::vcpus;
use crate::topology::VcpuIndex;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    for (number, node) in (0_u32..).zip(topology.nodes()) {
        // A vCPU belongs to the first node that names it.
        let taken = |vcpu: &u32| topology.node_of(VcpuIndex(*vcpu)) != Some(number);
        let both: Vec<u32> = node.vcpus.iter().map(|vcpu| vcpu.0).filter(taken).collect();
        let Some(owner) = both.first().and_then(|vcpu| topology.node_of(VcpuIndex(*vcpu))) else {
            continue;
        };
        let same: Vec<u32> =
            both.into_iter().filter(|vcpu| topology.node_of(VcpuIndex(*vcpu)) == Some(owner)).collect();
        out.push(
            Diagnostic::new(
                "numa::vcpu_in_two_nodes",
                Severity::Error,
                format!("{} in node {number} and in node {owner}, a vCPU lies in one node", are(&same)),
            )
            .label(members(facts, topology, number), format!("node {number} names {}", vcpus(&same)))
            .label(members(facts, topology, owner), format!("node {owner} has named {}", vcpus(&same)))
            .help(format!("leave {} out of node {number} or out of node {owner}", vcpus(&same))),
        );
    }
}

fn are(numbers: &[u32]) -> String {
    format!("{} {}", vcpus(numbers), if numbers.len() == 1 { "is" } else { "are" })
}
