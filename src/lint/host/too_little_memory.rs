//! `host::too_little_memory`

use super::{no_fidelity, shortage};
use crate::diag::Diagnostic;
use crate::lint::words::size;
use crate::lint::{Facts, profile, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(there)) = (facts.topology, facts.host_memory()) else { return };
    let all = facts.spec.memory.filter(|_| facts.spec.numa.is_none()).map(|size| size.0);
    let of_nodes = topology.nodes().iter().filter_map(|node| node.memory).fold(0, u64::saturating_add);
    let wanted = all.unwrap_or(of_nodes);
    let Some(severity) = shortage(facts).filter(|_| wanted > there) else { return };
    let mut diagnostic = Diagnostic::new(
        "host::too_little_memory",
        severity,
        format!(
            "{} of memory, the host has {}",
            match all {
                Some(_) => format!("the machine has {}", size(wanted)),
                None => format!("the nodes have {}", size(wanted)),
            },
            size(there)
        ),
    );
    if all.is_some() {
        diagnostic = diagnostic.label(value("memory"), size(wanted));
    } else if facts.spec.numa.as_ref().is_some_and(|numa| numa.nodes.is_some()) {
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
            .help("write `host: { fidelity: none }` if guests may overcommit memory")
            .fix(no_fidelity(facts)),
    );
}
