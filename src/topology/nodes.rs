//! NUMA nodes: which vCPUs and how much memory each has, and how far apart they lie.

use super::{Domain, Topology, VcpuIndex};
use crate::source::SpecPath;
use crate::spec::{self, NodePer, Spec};

/// The distance between two nodes when the spec gives none. Linux takes the same without a SLIT.
pub const DEFAULT_REMOTE_DISTANCE: u32 = 20;

/// A NUMA node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its vCPUs, ascending; empty for a node of memory alone.
    pub vcpus: Vec<VcpuIndex>,
    /// Its memory in bytes; `None` if the spec does not say.
    pub memory: Option<u64>,
    /// Where the spec says so.
    pub path: SpecPath,
}

/// The nodes and their distances. What the spec names beyond what exists is passed over: a rule
/// says so.
pub(super) fn resolve(spec: &Spec, topology: &Topology) -> (Vec<Node>, Vec<Vec<u32>>) {
    let Some(numa) = &spec.numa else { return (Vec::new(), Vec::new()) };
    let root = SpecPath::root().key("numa");
    let nodes: Vec<Node> = if let Some(list) = &numa.nodes {
        list.iter()
            .enumerate()
            .map(|(i, node)| Node {
                vcpus: members(node, topology),
                memory: node.memory.map(|size| size.0),
                path: root.key("nodes").index(i),
            })
            .collect()
    } else if let Some(per) = numa.per {
        let domain = match per {
            NodePer::Socket => Domain::Package,
            NodePer::Die => Domain::Die,
        };
        topology
            .instances(domain)
            .map(|instance| Node {
                vcpus: ascending(instance.to_vec()),
                memory: numa.memory.map(|size| size.0),
                path: root.key("per"),
            })
            .collect()
    } else {
        Vec::new()
    };
    let distances = numa.distances.clone().unwrap_or_else(|| {
        let count = nodes.len();
        (0..count)
            .map(|i| (0..count).map(|j| if i == j { 10 } else { DEFAULT_REMOTE_DISTANCE }).collect())
            .collect()
    });
    (nodes, distances)
}

/// The vCPUs that a node names by sockets, dies or indices.
fn members(node: &spec::Node, topology: &Topology) -> Vec<VcpuIndex> {
    let mut members = Vec::new();
    if let Some(sockets) = &node.sockets {
        for package in topology.instances(Domain::Package) {
            if sockets.contains(&topology.place(package[0]).index(Domain::Package)) {
                members.extend(package);
            }
        }
    }
    if let Some(dies) = &node.dies {
        for (path, die) in dies_of_sockets(topology) {
            if dies.contains(&path) {
                members.extend(die);
            }
        }
    }
    if let Some(vcpus) = &node.vcpus {
        let last = topology.vcpu_count().saturating_sub(1);
        for (first, end, stride) in &vcpus.ranges {
            let stride = usize::try_from((*stride).max(1)).unwrap_or(usize::MAX);
            members.extend((*first..=(*end).min(last)).step_by(stride).map(VcpuIndex));
        }
    }
    ascending(members)
}

/// Every die with its index within its socket, counted across die groups.
fn dies_of_sockets(topology: &Topology) -> impl Iterator<Item = (spec::DiePath, &[VcpuIndex])> {
    let mut last: Option<spec::DiePath> = None;
    topology.instances(Domain::Die).map(move |instance| {
        let socket = topology.place(instance[0]).index(Domain::Package);
        let die = match last {
            Some(previous) if previous.socket == socket => previous.die + 1,
            _ => 0,
        };
        let path = spec::DiePath { socket, die };
        last = Some(path);
        (path, instance)
    })
}

fn ascending(mut vcpus: Vec<VcpuIndex>) -> Vec<VcpuIndex> {
    vcpus.sort_unstable();
    vcpus.dedup();
    vcpus
}

#[cfg(test)]
mod tests {
    use super::super::Topology;
    use super::super::resolve::tests::spec;
    use super::*;
    use crate::spec::{CpuList, DiePath, Numa, Size};

    fn vcpus(t: &Topology) -> Vec<Vec<u32>> {
        t.nodes().iter().map(|n| n.vcpus.iter().map(|v| v.0).collect()).collect()
    }

    #[test]
    fn short_form_makes_a_node_per_die() {
        let numa = Numa { per: Some(NodePer::Die), memory: Some(Size(1 << 30)), ..Numa::default() };
        let t = Topology::resolve(&Spec { numa: Some(numa), ..spec("sockets 2 dies 2 cores 2") }).unwrap();
        assert_eq!(vcpus(&t), [vec![0, 1], vec![2, 3], vec![4, 5], vec![6, 7]]);
        assert_eq!(t.nodes()[3].memory, Some(1 << 30));
        assert_eq!(t.distances()[0], [10, 20, 20, 20]);
        assert_eq!(t.node_of(VcpuIndex(5)), Some(2));
    }

    #[test]
    fn long_form_names_sockets_dies_and_vcpus() {
        let nodes = vec![
            spec::Node { sockets: Some(vec![1]), ..Default::default() },
            spec::Node { dies: Some(vec![DiePath { socket: 0, die: 3 }]), ..Default::default() },
            spec::Node {
                vcpus: Some(CpuList { ranges: vec![(0, 2, 2), (1, 90, 90)] }),
                ..Default::default()
            },
            spec::Node { memory: Some(Size(4096)), ..Default::default() },
        ];
        let numa = Numa { nodes: Some(nodes), ..Numa::default() };
        let t =
            Topology::resolve(&Spec { numa: Some(numa), ..spec("sockets 2 die_groups 2 dies 2 cores 1") })
                .unwrap();
        assert_eq!(vcpus(&t), [vec![4, 5, 6, 7], vec![3], vec![0, 1, 2], vec![]]);
        assert!(!t.domain_spans_nodes(Domain::Die));
        assert!(t.domain_spans_nodes(Domain::DieGroup));
    }
}
