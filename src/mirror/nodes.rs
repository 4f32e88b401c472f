//! The host's nodes as nodes of the guest.

use std::collections::HashMap;

use super::chosen::Chosen;
use crate::decode::CpuSet;
use crate::profile::{HostProfile, NumaNode};
use crate::spec::{self, ComplexPath, DiePath, Distances, DistancesBySocket, NodePer, Numa, Size, Spec};
use crate::topology::{Domain, Topology, VcpuIndex};

/// Of a node's CPUs, the most dies or complexes that are named; more are a list of vCPUs.
const NAMED: usize = 4;

/// The nodes of a machine, or its memory.
#[derive(Default)]
pub(super) struct Nodes {
    pub numa: Option<Numa>,
    pub memory: Option<Size>,
    /// What of the host's nodes the guest cannot have, in words.
    pub unlike: Vec<String>,
}

impl Nodes {
    /// Puts them into the spec.
    pub fn into_spec(self, spec: &mut Spec) -> Vec<String> {
        (spec.numa, spec.memory) = (self.numa, self.memory);
        self.unlike
    }

    /// The nodes of the profile, else those that AMD's CPUID tells.
    pub fn of(profile: &HostProfile, chosen: &Chosen, topology: &Topology) -> Self {
        let known = profile.numa.as_ref().filter(|part| !part.nodes.is_empty());
        let Some(part) = known else { return told(chosen, topology) };
        let index: HashMap<u32, usize> = chosen.numbers.iter().copied().zip(0..).collect();
        let of_node = |node: &NumaNode| -> Vec<usize> {
            let mut cpus: Vec<usize> = node.cpus.iter().filter_map(|cpu| index.get(&cpu).copied()).collect();
            cpus.sort_unstable();
            cpus
        };
        // Nodes of memory alone belong to no CPU: they come along where all CPUs do.
        let taken: Vec<(usize, &NumaNode, Vec<usize>)> = part
            .nodes
            .iter()
            .enumerate()
            .map(|(at, node)| (at, node, of_node(node)))
            .filter(|(_, node, cpus)| !cpus.is_empty() || (chosen.whole && whole_mib(node.memory).is_some()))
            .collect();
        if let [(_, node, cpus)] = taken.as_slice()
            && part.nodes.len() == 1
            && cpus.len() == chosen.len()
        {
            return Self { memory: whole_mib(node.memory), ..Self::default() };
        }
        let sets: Vec<&[usize]> = taken.iter().map(|(.., cpus)| cpus.as_slice()).collect();
        if let Some(why) = is_no_partition(&sets, chosen, topology) {
            return Self { unlike: vec![why], ..Self::default() };
        }
        let node = |(_, node, cpus): &(usize, &NumaNode, Vec<usize>)| spec::Node {
            memory: whole_mib(node.memory),
            host_node: Some(node.id),
            ..named(cpus, topology)
        };
        let order: Vec<usize> = taken.iter().map(|(at, ..)| *at).collect();
        let numa = Numa {
            nodes: Some(taken.iter().map(node).collect()),
            distances: distances(&part.distances, &order, &sets, topology),
            ..Numa::default()
        };
        Self { numa: Some(numa), ..Self::default() }
    }
}

/// Memory in whole MiB, rounded down; `None` for none.
fn whole_mib(memory: Option<u64>) -> Option<Size> {
    memory.map(|bytes| bytes >> 20 << 20).filter(|bytes| *bytes > 0).map(Size)
}

/// Nodes as AMD's 8000001EH tells them, without memory; none where each socket is one, as it is without `numa`.
fn told(chosen: &Chosen, topology: &Topology) -> Nodes {
    let sets: Vec<&[usize]> = chosen.machine.nodes.values().map(CpuSet::as_slice).collect();
    let vcpus: Vec<Vec<VcpuIndex>> = sets.iter().map(|set| indices(set)).collect();
    let is_each = |domain| topology.instances(domain).eq(vcpus.iter().map(Vec::as_slice));
    if sets.is_empty() || !chosen.processor.has_topology_extensions() || is_each(Domain::Package) {
        return Nodes::default();
    }
    if let Some(why) = is_no_partition(&sets, chosen, topology) {
        return Nodes { unlike: vec![why], ..Nodes::default() };
    }
    let per = [(NodePer::Die, Domain::Die), (NodePer::Complex, Domain::Complex)];
    let per =
        per.into_iter().find(|(_, domain)| topology.has(*domain) && is_each(*domain)).map(|(per, _)| per);
    let nodes = per.is_none().then(|| sets.iter().map(|set| named(set, topology)).collect());
    Nodes { numa: Some(Numa { nodes, per, ..Numa::default() }), ..Nodes::default() }
}

/// Why these are no nodes of a guest: each vCPU lies in one, and no core is cut.
fn is_no_partition(sets: &[&[usize]], chosen: &Chosen, topology: &Topology) -> Option<String> {
    let mut node_of = vec![None; chosen.len()];
    for (node, cpu) in sets.iter().enumerate().flat_map(|(node, set)| set.iter().map(move |cpu| (node, *cpu)))
    {
        if node_of.get(cpu).copied().flatten().is_some() {
            return Some(format!("nodes: CPU {} lies in two of them", chosen.listed([cpu])));
        }
        *node_of.get_mut(cpu)? = Some(node);
    }
    if let Some(cpu) = node_of.iter().position(Option::is_none) {
        return Some(format!("nodes: CPU {} lies in none of them", chosen.listed([cpu])));
    }
    let of = |vcpu: &VcpuIndex| node_of.get(usize::from(*vcpu)).copied().flatten();
    let cut = topology
        .instances(Domain::Core)
        .find(|core| core.windows(2).any(|pair| of(&pair[0]) != of(&pair[1])))?;
    Some(format!(
        "nodes: CPUs {} are of one core and lie in several",
        chosen.listed(cut.iter().map(|v| usize::from(*v)))
    ))
}

fn indices(cpus: &[usize]) -> Vec<VcpuIndex> {
    cpus.iter().filter_map(|cpu| u32::try_from(*cpu).ok()).map(VcpuIndex).collect()
}

/// A node of these CPUs by what they make up: sockets, else a few dies or complexes, else vCPUs.
fn named(cpus: &[usize], topology: &Topology) -> spec::Node {
    let vcpus = indices(cpus);
    if vcpus.is_empty() {
        return spec::Node::default();
    }
    if let Some(sockets) = whole(&vcpus, topology, Domain::Package) {
        let sockets = sockets.into_iter().map(|path| path.die.socket).collect();
        return spec::Node { sockets: Some(sockets), ..spec::Node::default() };
    }
    let few = |domain| {
        let paths = topology.has(domain).then(|| whole(&vcpus, topology, domain)).flatten();
        paths.filter(|paths| paths.len() <= NAMED)
    };
    if let Some(paths) = few(Domain::Die) {
        let dies = paths.into_iter().map(|path| path.die).collect();
        return spec::Node { dies: Some(dies), ..spec::Node::default() };
    }
    if let Some(complexes) = few(Domain::Complex) {
        return spec::Node { complexes: Some(complexes), ..spec::Node::default() };
    }
    spec::Node { vcpus: Some(vcpus.iter().map(|vcpu| vcpu.0).collect()), ..spec::Node::default() }
}

/// The instances of a domain that these vCPUs make up, by their places; `None` where they make up none or more.
/// Dies count through the die groups of a socket.
fn whole(vcpus: &[VcpuIndex], topology: &Topology, domain: Domain) -> Option<Vec<ComplexPath>> {
    let mut paths = Vec::new();
    let mut covered = 0;
    let mut path = ComplexPath { die: DiePath { socket: 0, die: 0 }, complex: 0 };
    let mut last: Option<VcpuIndex> = None;
    for instance in topology.instances(domain) {
        let first = *instance.first()?;
        let same = |domain| last.is_some_and(|last| topology.place(last).same(topology.place(first), domain));
        if same(Domain::Die) {
            path.complex += 1;
        } else if same(Domain::Package) {
            (path.die.die, path.complex) = (path.die.die + 1, 0);
        } else if last.is_some() {
            path = ComplexPath { die: DiePath { socket: path.die.socket + 1, die: 0 }, complex: 0 };
        }
        last = Some(first);
        let inside = instance.iter().filter(|vcpu| vcpus.binary_search(vcpu).is_ok()).count();
        if inside == instance.len() {
            paths.push(path);
        } else if inside > 0 {
            return None;
        }
        covered += inside;
    }
    (covered == vcpus.len()).then_some(paths)
}

/// The distances of the chosen nodes, as short as they can be said; `None` where the host does not tell or they are what
/// they are without.
fn distances(
    rows: &[Vec<u32>],
    order: &[usize],
    sets: &[&[usize]],
    topology: &Topology,
) -> Option<Distances> {
    let row = |at: &usize| -> Option<Vec<u32>> {
        let row = rows.get(*at)?;
        order.iter().map(|to| row.get(*to).copied()).collect()
    };
    let matrix: Vec<Vec<u32>> = order.iter().map(row).collect::<Option<_>>()?;
    let socket = |set: &[usize]| {
        let sockets = indices(set).into_iter().map(|vcpu| topology.place(vcpu).index(Domain::Package));
        let mut sockets: Vec<u32> = sockets.collect();
        sockets.dedup();
        if let [one] = sockets.as_slice() { Some(*one) } else { None }
    };
    let sockets: Vec<Option<u32>> = sets.iter().map(|set| socket(set)).collect();
    let (mut near, mut far) = (Vec::new(), Vec::new());
    for (i, row) in matrix.iter().enumerate() {
        for (j, distance) in row.iter().enumerate() {
            let is_near = sockets[i].is_some() && sockets[i] == sockets[j];
            match () {
                () if i == j && *distance == 10 => {}
                () if i == j => return Some(Distances::Matrix(matrix)),
                () if is_near => near.push(*distance),
                () => far.push(*distance),
            }
        }
    }
    near.dedup();
    far.dedup();
    let (near, far) = match (near.as_slice(), far.as_slice()) {
        ([] | [_], [] | [_]) => (near.first().copied(), far.first().copied()),
        _ => return Some(Distances::Matrix(matrix)),
    };
    let same_socket = near.filter(|near| *near != crate::topology::DEFAULT_SOCKET_DISTANCE);
    let remote = far.filter(|far| *far != crate::topology::DEFAULT_REMOTE_DISTANCE);
    let by_socket = DistancesBySocket { same_socket, remote };
    (by_socket != DistancesBySocket::default()).then_some(Distances::BySocket(by_socket))
}
