//! `numa::no_memory`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{remove, suggested};
use crate::lint::words::many;
use crate::lint::{Facts, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    // What is written of no node at all is left to the monitor.
    let written: Vec<_> = topology.nodes().iter().filter_map(|node| Some((node, node.memory?))).collect();
    if written.is_empty() || written.iter().any(|(_, memory)| *memory > 0) {
        return;
    }
    let nodes = u64::try_from(topology.nodes().len()).unwrap_or(u64::MAX);
    let message = format!(
        "the {} of memory between them, at least one has some",
        match nodes {
            1 => "1 node has 0 bytes".to_owned(),
            _ => format!("{} have 0 bytes", many(nodes, "node", "nodes")),
        }
    );
    let mut edits = Vec::new();
    let mut diagnostic = Diagnostic::new("numa::no_memory", Severity::Error, message);
    if facts.spec.numa.as_ref().is_some_and(|numa| numa.nodes.is_some()) {
        for (node, _) in written {
            let path = format!("{}.memory", node.path);
            edits.push(remove(&path));
            diagnostic = diagnostic.label(value(&path), "none");
        }
    } else {
        edits.push(remove("numa.memory"));
        diagnostic = diagnostic.label(value("numa.memory"), "none");
    }
    out.push(
        diagnostic
            .help("write `memory: 64GiB`, or leave `memory` out to say nothing of it")
            .fix(suggested(edits))
            .note("a Linux guest prints \"No NUMA configuration found\" and puts all CPUs into one node"),
    );
}
