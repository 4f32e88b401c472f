//! `numa::vcpu_without_node`

use crate::diag::{At, Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::words::{list, many, vcpus};
use crate::source::SpecPath;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    if topology.nodes().is_empty() {
        return;
    }
    let without: Vec<u32> =
        topology.vcpus().filter(|vcpu| topology.node_of(*vcpu).is_none()).map(|vcpu| vcpu.0).collect();
    if without.is_empty() {
        return;
    }
    let nodes = many(u128::from(u32::try_from(topology.nodes().len()).unwrap_or(u32::MAX)), "node", "nodes");
    out.push(
        Diagnostic::new(
            "numa::vcpu_without_node",
            Severity::Error,
            format!(
                "{} {} in none of the {nodes}",
                vcpus(&without),
                if without.len() == 1 { "lies" } else { "lie" }
            ),
        )
        .label(At::Key(SpecPath::from("numa.nodes")), format!("no node names {}", vcpus(&without)))
        .help(format!("write `vcpus: {}` in one of the nodes, or spread them", list(&without)))
        .note("a Linux guest would put them into nodes of its own choice"),
    );
}
