//! NUMA nodes: which vCPUs and how much memory each has, and how far apart they lie.

use super::members::Members;
use super::{Domain, Place, Topology, VcpuIndex};
use crate::source::SpecPath;
use crate::spec::{self, Distances, DistancesBySocket, Spec};

/// The distance between two nodes of one socket when the spec gives none.
pub const DEFAULT_SOCKET_DISTANCE: u32 = 12;

/// The distance between any other two nodes when the spec gives none. Linux takes the same without a
/// SLIT.
pub const DEFAULT_REMOTE_DISTANCE: u32 = 20;

/// The most nodes that topoc resolves: Linux is built for no more on x86 (`NODES_SHIFT` is 10 at most).
pub const MAX_NODES: usize = 1024;

/// A NUMA node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its vCPUs, ascending; empty for a node of memory alone.
    pub vcpus: Vec<VcpuIndex>,
    /// Its memory in bytes; `None` if the spec does not say.
    pub memory: Option<u64>,
    /// The host's node that backs it; `None` if the spec does not say.
    pub host_node: Option<u32>,
    /// Where the spec says so.
    pub path: SpecPath,
}

/// The nodes and their distances. What the spec names beyond what exists is passed over, and so are
/// nodes beyond [`MAX_NODES`] and the vCPUs of nodes that name each of them over and over: rules say so.
pub(super) fn resolve(spec: &Spec, topology: &Topology) -> (Vec<Node>, Vec<Vec<u32>>) {
    let Some(numa) = &spec.numa else { return (Vec::new(), Vec::new()) };
    let root = SpecPath::root().key("numa");
    let places = topology.places();
    let members = Members::of(places);
    let nodes: Vec<Node> = if let Some(list) = &numa.nodes {
        let mut named = 0;
        let node = |(i, node): (usize, &spec::Node)| {
            let vcpus = if named > 2 * places.len() { Vec::new() } else { members.of_node(node) };
            named += vcpus.len();
            Node {
                vcpus,
                memory: node.memory.map(|size| size.0),
                host_node: node.host_node,
                path: root.key("nodes").index(i),
            }
        };
        list.iter().enumerate().take(MAX_NODES).map(node).collect()
    } else if let Some(per) = numa.per {
        let node = |vcpus| Node {
            vcpus,
            memory: numa.memory.map(|size| size.0),
            host_node: None,
            path: root.key("per"),
        };
        members.per(per).into_iter().take(MAX_NODES).map(node).collect()
    } else {
        Vec::new()
    };
    let distances = distances(numa.distances.as_ref(), &nodes, places);
    (nodes, distances)
}

/// The SLIT as written, or by whether two nodes lie in one socket.
fn distances(written: Option<&Distances>, nodes: &[Node], places: &[Place]) -> Vec<Vec<u32>> {
    let by_socket = match written {
        Some(Distances::Matrix(rows)) => return rows.clone(),
        Some(Distances::BySocket(by_socket)) => *by_socket,
        None => DistancesBySocket::default(),
    };
    let near = by_socket.same_socket.unwrap_or(DEFAULT_SOCKET_DISTANCE);
    let far = by_socket.remote.unwrap_or(DEFAULT_REMOTE_DISTANCE);
    let sockets: Vec<Option<u32>> = nodes.iter().map(|node| node.socket(places)).collect();
    let cell = |i: usize, j: usize| match (sockets[i], sockets[j]) {
        _ if i == j => 10,
        (Some(here), Some(there)) if here == there => near,
        _ => far,
    };
    (0..nodes.len()).map(|i| (0..nodes.len()).map(|j| cell(i, j)).collect()).collect()
}

impl Node {
    /// The one socket in which all of its vCPUs lie.
    #[must_use]
    pub fn socket(&self, places: &[Place]) -> Option<u32> {
        let socket = |vcpu: &VcpuIndex| places[usize::from(*vcpu)].index(Domain::Package);
        let first = self.vcpus.first().map(socket)?;
        self.vcpus.iter().all(|vcpu| socket(vcpu) == first).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Topology;
    use super::super::resolve::tests::spec;
    use super::*;
    use crate::spec::{ComplexPath, CpuList, DiePath, NodePer, Numa, Size};

    fn vcpus(t: &Topology) -> Vec<Vec<u32>> {
        t.nodes().iter().map(|n| n.vcpus.iter().map(|v| v.0).collect()).collect()
    }

    #[test]
    fn short_form_makes_a_node_per_die() {
        let numa = Numa { per: Some(NodePer::Die), memory: Some(Size(1 << 30)), ..Numa::default() };
        let t = Topology::resolve(&Spec { numa: Some(numa), ..spec("sockets 2 dies 2 cores 2") }).unwrap();
        assert_eq!(vcpus(&t), [vec![0, 1], vec![2, 3], vec![4, 5], vec![6, 7]]);
        assert_eq!(t.nodes()[3].memory, Some(1 << 30));
        assert_eq!(t.distances()[0], [10, 12, 20, 20]);
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

    #[test]
    fn complexes_are_named_within_their_die() {
        let complexes = [(0, 0, 1), (1, 3, 0)]
            .map(|(socket, die, complex)| ComplexPath { die: DiePath { socket, die }, complex });
        let nodes = vec![
            spec::Node { complexes: Some(complexes.to_vec()), ..Default::default() },
            spec::Node { sockets: Some(vec![0]), vcpus: Some("2-3".parse().unwrap()), ..Default::default() },
        ];
        let numa = Numa { nodes: Some(nodes), ..Numa::default() };
        let t = Topology::resolve(&Spec {
            numa: Some(numa),
            ..spec("sockets 2 die_groups 2 dies 2 complexes 2 cores 1")
        })
        .unwrap();
        assert_eq!(vcpus(&t), [vec![1, 14], vec![0, 1, 2, 3, 4, 5, 6, 7]]);
        let numa = Numa { per: Some(NodePer::Complex), ..Numa::default() };
        let t = Topology::resolve(&Spec { numa: Some(numa), ..spec("dies 2 complexes 2 cores 2") }).unwrap();
        assert_eq!(vcpus(&t), [vec![0, 1], vec![2, 3], vec![4, 5], vec![6, 7]]);
    }

    /// A node of memory alone lies in no socket, and so does one of two.
    #[test]
    fn distances_go_by_the_socket() {
        let node = |sockets: &[u32]| spec::Node { sockets: Some(sockets.to_vec()), ..Default::default() };
        let dies = |die| spec::Node { dies: Some(vec![DiePath { socket: 0, die }]), ..Default::default() };
        let nodes = vec![dies(0), dies(1), spec::Node::default(), node(&[1]), node(&[2, 3])];
        let by_socket = DistancesBySocket { same_socket: Some(11), remote: None };
        let numa =
            Numa { nodes: Some(nodes), distances: Some(Distances::BySocket(by_socket)), ..Numa::default() };
        let t = Topology::resolve(&Spec { numa: Some(numa), ..spec("sockets 4 dies 2") }).unwrap();
        assert_eq!(t.distances()[0], [10, 11, 20, 20, 20]);
        assert_eq!(t.distances()[2], [20, 20, 10, 20, 20]);
        assert_eq!(t.distances()[4], [20, 20, 20, 20, 10]);
    }

    /// What a hostile spec asks for is cut short: a matrix of 2^40 numbers, 1,024 times 2^20 vCPUs.
    #[test]
    fn nodes_without_end_cost_little() {
        let numa = Numa { per: Some(NodePer::Socket), ..Numa::default() };
        let t = Topology::resolve(&Spec { numa: Some(numa), ..spec("sockets 1048576") }).unwrap();
        assert_eq!((t.nodes().len(), t.distances().len()), (MAX_NODES, MAX_NODES));
        let all = spec::Node { sockets: Some(vec![0]), ..Default::default() };
        let numa = Numa { nodes: Some(vec![all; 5000]), ..Numa::default() };
        let t = Topology::resolve(&Spec { numa: Some(numa), ..spec("cores 65536") }).unwrap();
        assert_eq!(t.nodes().iter().map(|node| node.vcpus.len()).sum::<usize>(), 3 * 65536);
    }
}
