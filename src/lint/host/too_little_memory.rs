//! `host::too_little_memory`

use super::shortage;
use crate::diag::Diagnostic;
use crate::lint::words::size;
use crate::lint::{Facts, profile, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(there)) = (facts.topology, facts.host_memory()) else { return };
    let wanted = topology.nodes().iter().filter_map(|node| node.memory).fold(0, u64::saturating_add);
    let Some(severity) = shortage(facts).filter(|_| wanted > there) else { return };
    let mut diagnostic = Diagnostic::new(
        "host::too_little_memory",
        severity,
        format!("the nodes have {} of memory, the host has {}", size(wanted), size(there)),
    );
    if facts.spec.numa.as_ref().is_some_and(|numa| numa.nodes.is_some()) {
        for node in topology.nodes() {
            if let Some(memory) = node.memory {
                diagnostic = diagnostic.label(value(&format!("{}.memory", node.path)), size(memory));
            }
        }
    } else {
        let nodes = topology.nodes().len();
        diagnostic = diagnostic.label(value("numa.memory"), format!("times {nodes} nodes"));
    }
    out.push(
        diagnostic
            .label(profile("numa.nodes"), format!("{} there", size(there)))
            .help("write `host: { fidelity: none }` if guests may overcommit memory"),
    );
}
