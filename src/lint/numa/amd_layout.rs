//! `numa::amd_layout`

use super::members;
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::topology::{Domain, Obstacle};

const NAME: &str = "numa::amd_layout";

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(numbered)) = (facts.topology, facts.numbered) else { return };
    let diagnostic = match numbered.amd_nodes().obstacle() {
        Some(Obstacle::SpansSockets { node }) => {
            let sockets = socket_count(facts, node);
            Diagnostic::new(
                NAME,
                Severity::Error,
                format!("node {node} has vCPUs of {sockets} sockets, which have other nodes besides: on AMD a node lies in 1"),
            )
            .label(members(facts, topology, node), format!("node {node}"))
            .help("give each node dies or vCPUs of one socket, or each socket to one node")
        }
        Some(Obstacle::NotWhole { socket }) => {
            let vcpu = topology.vcpus().find(|vcpu| topology.place(*vcpu).index(Domain::Package) == socket);
            let node = vcpu.and_then(|vcpu| topology.node_of(vcpu)).unwrap_or(0);
            let whole = if topology.has(Domain::Die) {
                "dies, or of equally many in each die"
            } else if topology.has(Domain::Complex) {
                "complexes"
            } else {
                "cores"
            };
            Diagnostic::new(
                NAME,
                Severity::Error,
                format!(
                    "the nodes of socket {socket} are not made of whole {whole}: on AMD the node is the top of the \
                     package's part of the ID"
                ),
            )
            .label(members(facts, topology, node), format!("a node of socket {socket}"))
            .help("write `numa: { per: die }`, or give each node equally many whole dies")
        }
        Some(Obstacle::Count { .. }) | None => return,
    };
    out.push(diagnostic);
}

/// In how many sockets a node has vCPUs.
fn socket_count(facts: &Facts<'_>, node: u32) -> usize {
    let Some(topology) = facts.topology else { return 0 };
    let mut sockets: Vec<_> = topology
        .vcpus()
        .filter(|vcpu| topology.node_of(*vcpu) == Some(node))
        .map(|vcpu| topology.place(vcpu).index(Domain::Package))
        .collect();
    sockets.dedup();
    sockets.len()
}
