//! `host::no_such_node`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{set, suggested};
use crate::lint::words::list;
use crate::lint::{Facts, profile, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(there)) = (facts.topology, facts.host_nodes()) else { return };
    let mut numbers: Vec<u32> = there.iter().map(|node| node.id).collect();
    numbers.sort_unstable();
    let last = numbers.last().copied().unwrap_or(0);
    for (number, node) in topology.nodes().iter().enumerate() {
        let Some(wanted) = node.host_node.filter(|wanted| !numbers.contains(wanted)) else { continue };
        let has = if numbers.len() == 1 { "node" } else { "nodes" };
        let message = format!(
            "node {number} is bound to node {wanted} of the host, which has {has} {}",
            list(&numbers)
        );
        out.push(
            Diagnostic::new("host::no_such_node", Severity::Error, message)
                .label(value(&format!("{}.host_node", node.path)), "no node of the host")
                .label(profile("numa.nodes"), format!("{has} {}", list(&numbers)))
                .help(format!("write `host_node: {last}`, or another of {}", list(&numbers)))
                .fix(suggested([set(format!("{}.host_node", node.path), last)])),
        );
    }
}
