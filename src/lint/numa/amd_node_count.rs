//! `numa::amd_node_count`

use super::members;
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::words::many;
use crate::topology::Obstacle;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(numbered)) = (facts.topology, facts.numbered) else { return };
    let Some(Obstacle::Count { socket, nodes }) = numbered.amd_nodes().obstacle() else { return };
    let has = many(nodes, "node", "nodes");
    let message = if matches!(nodes, 1 | 2 | 4 | 8) {
        format!("socket {socket} has {has} and socket 0 has another number: CPUID.8000001EH says one for all")
    } else {
        format!("socket {socket} has {has}, CPUID.8000001EH:ECX[10:8] says 1, 2, 4 or 8 nodes of a socket")
    };
    let first = topology
        .vcpus()
        .find(|vcpu| topology.place(*vcpu).index(crate::topology::Domain::Package) == socket)
        .and_then(|vcpu| topology.node_of(vcpu))
        .unwrap_or(0);
    out.push(
        Diagnostic::new("numa::amd_node_count", Severity::Warning, message)
            .label(members(facts, topology, first), format!("a node of socket {socket}"))
            .help("give each socket 1, 2, 4 or 8 nodes, or go on: CPUID will say 1 node, and ACPI alone the others"),
    );
}
