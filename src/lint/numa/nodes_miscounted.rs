//! `numa::nodes_miscounted`

use super::members;
use crate::cpuid::Vendor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::words::many;
use crate::topology::Domain;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    if !facts.reader().may_be_linux() {
        return;
    }
    // On AMD `numa::amd_node_count` and `numa::amd_layout` ask for more.
    let Some(topology) = facts.topology.filter(|_| !facts.vendor.is_some_and(Vendor::is_amd_like)) else {
        return;
    };
    let sockets = topology.instances(Domain::Package).count();
    let all = topology.nodes().len();
    let counted = all.div_ceil(sockets.max(1)).max(1);
    for (number, socket) in topology.instances(Domain::Package).enumerate() {
        let mut nodes: Vec<u32> = socket.iter().filter_map(|vcpu| topology.node_of(*vcpu)).collect();
        nodes.sort_unstable();
        nodes.dedup();
        if nodes.len() <= counted {
            continue;
        }
        let count = |count: usize, one, more| many(u64::try_from(count).unwrap_or(u64::MAX), one, more);
        let message = format!(
            "socket {number} has vCPUs of {}, Linux counts {counted} for each: {} over {}",
            count(nodes.len(), "node", "nodes"),
            count(all, "node", "nodes"),
            count(sockets, "socket", "sockets"),
        );
        let mut diagnostic = Diagnostic::new("numa::nodes_miscounted", Severity::Warning, message);
        for node in &nodes {
            diagnostic = diagnostic.label(members(facts, topology, *node), format!("node {node}"));
        }
        diagnostic =
            diagnostic.help("give each socket equally many nodes, none of which reaches into another");
        if counted == 1 {
            diagnostic = diagnostic.note("a Linux guest prints a warning with a stack trace at boot");
        }
        // The others are out of the same division: one cure serves all.
        out.push(diagnostic);
        return;
    }
}
