//! `host::node_too_little_memory`

use super::shortage;
use crate::diag::Diagnostic;
use crate::lint::words::{list, size};
use crate::lint::{Facts, profile, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(there)) = (facts.topology, facts.host_nodes()) else { return };
    let Some(severity) = shortage(facts) else { return };
    for (at, host) in there.iter().enumerate() {
        let Some(has) = host.memory else { continue };
        let bound: Vec<_> = (0_u32..)
            .zip(topology.nodes())
            .filter(|(_, node)| node.host_node == Some(host.id))
            .filter_map(|(number, node)| Some((number, &node.path, node.memory?)))
            .collect();
        let wanted = bound.iter().fold(0, |sum: u64, (.., memory)| sum.saturating_add(*memory));
        if wanted <= has {
            continue;
        }
        let numbers: Vec<u32> = bound.iter().map(|(number, ..)| *number).collect();
        let (nodes, have) = if numbers.len() == 1 { ("node", "has") } else { ("nodes", "have") };
        let message = format!(
            "{nodes} {} {have} {} of memory on node {} of the host, which has {}",
            list(&numbers),
            size(wanted),
            host.id,
            size(has)
        );
        let mut diagnostic = Diagnostic::new("host::node_too_little_memory", severity, message);
        for (_, path, memory) in bound {
            diagnostic = diagnostic.label(value(&format!("{path}.memory")), size(memory));
        }
        out.push(
            diagnostic
                .label(profile(&format!("numa.nodes[{at}]")), format!("{} there", size(has)))
                .help(format!("write less `memory`, or another `host_node` than {}", host.id)),
        );
    }
}
