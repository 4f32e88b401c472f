//! `numa::empty_node`

use crate::diag::{At, Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::mend::{remove, suggested};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    for (number, node) in topology.nodes().iter().enumerate() {
        if !node.vcpus.is_empty() || node.memory.is_some_and(|memory| memory > 0) {
            continue;
        }
        let message = format!("node {number} has 0 vCPUs and no memory, a node has one of the two at least");
        out.push(
            Diagnostic::new("numa::empty_node", Severity::Error, message)
                .label(At::Value(node.path.clone()), format!("node {number}"))
                .help("write `memory: 64GiB` in it, or name its vCPUs, or leave the node out")
                .fix(suggested([remove(node.path.as_str())]))
                .note("SRAT could not name it, and a Linux guest would give its number to the next node"),
        );
    }
}
