//! Rules on nodes.

pub(super) mod amd_layout;
pub(super) mod amd_node_count;
pub(super) mod cuts_core;
pub(super) mod distances_asymmetric;
pub(super) mod distances_not_slit;
pub(super) mod empty_node;
pub(super) mod memory_twice;
pub(super) mod named_twice;
pub(super) mod near_as_far;
pub(super) mod no_memory;
pub(super) mod no_such_cpu;
pub(super) mod nodes_miscounted;
pub(super) mod snc_order;
pub(super) mod too_many_nodes;
pub(super) mod two_forms;
pub(super) mod vcpu_in_two_nodes;
pub(super) mod vcpu_without_node;

use super::Facts;
use crate::diag::At;
use crate::source::SpecPath;
use crate::topology::Topology;

/// Where the spec names the CPUs of a node: the one key that does, else the node as a whole.
fn members(facts: &Facts<'_>, topology: &Topology, number: u32) -> At {
    let index = usize::try_from(number).unwrap_or(usize::MAX);
    let Some(node) = topology.nodes().get(index) else { return At::Value(SpecPath::from("numa")) };
    let written = facts.spec.numa.as_ref().and_then(|numa| numa.nodes.as_ref()?.get(index));
    let keys: Vec<_> = written
        .map(|node| {
            [
                ("sockets", node.sockets.is_some()),
                ("dies", node.dies.is_some()),
                ("complexes", node.complexes.is_some()),
                ("vcpus", node.vcpus.is_some()),
            ]
        })
        .into_iter()
        .flatten()
        .filter_map(|(key, is)| is.then_some(key))
        .collect();
    At::Value(match keys.as_slice() {
        [key] => node.path.key(key),
        _ => node.path.clone(),
    })
}
