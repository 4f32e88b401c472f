//! AMD's nodes in CPUID and in the ID: node bits at the top of the package's field.
//!
//! Source: APM Vol. 3, `Fn8000_001E_ECX`; Linux `arch/x86/kernel/cpu/topology_amd.c`, which notes
//! the place of the node bits that FreeBSD relies on.

use std::collections::HashMap;

use super::apic_id::{Layout, Width};
use super::{Domain, Shift, Topology, VcpuIndex};

/// What CPUID says of the nodes of an AMD machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmdNodes {
    per_package: u32,
    local: Vec<u32>,
    shift: Option<Shift>,
    obstacle: Option<Obstacle>,
}

/// Why the nodes of the spec do not stand in CPUID as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A socket has a number of nodes that NodesPerProcessor cannot say: it holds 1, 2, 4 or 8.
    Count {
        /// The socket.
        socket: u32,
        /// Its nodes.
        nodes: u32,
    },
    /// A node has vCPUs of several sockets that have more nodes besides.
    SpansSockets {
        /// The node.
        node: u32,
    },
    /// The nodes of a socket are not made of whole dies, nor of whole complexes or cores with
    /// equally many nodes in each die, so that their bits cannot come first.
    NotWhole {
        /// The socket.
        socket: u32,
    },
}

impl AmdNodes {
    /// Nodes per package as NodesPerProcessor has it: 1, 2, 4 or 8.
    #[must_use]
    pub const fn per_package(&self) -> u32 {
        self.per_package
    }

    /// The node of a vCPU within its package.
    #[must_use]
    pub fn local(&self, vcpu: VcpuIndex) -> u32 {
        self.local.get(usize::from(vcpu)).copied().unwrap_or(0)
    }

    /// The bits below the node's field; `None` with one node per package.
    #[must_use]
    pub const fn shift(&self) -> Option<Shift> {
        self.shift
    }

    /// Why CPUID says one node per package although the spec has others.
    #[must_use]
    pub const fn obstacle(&self) -> Option<Obstacle> {
        self.obstacle
    }
}

/// A domain's field in two parts: the node, and the index within the node.
#[derive(Debug)]
pub(super) struct Split {
    pub(super) domain: Domain,
    node: Width,
    inner: Width,
    fields: Vec<u32>,
}

impl Split {
    pub(super) const fn width(&self) -> Width {
        Width(self.node.0 + self.inner.0)
    }

    /// The whole field of a vCPU: node first.
    pub(super) fn field(&self, vcpu: VcpuIndex) -> u32 {
        self.fields[usize::from(vcpu)]
    }
}

/// How the nodes go into the IDs, before the widths of all fields are known.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) split: Option<Split>,
    per_package: u32,
    local: Vec<u32>,
    obstacle: Option<Obstacle>,
}

impl Plan {
    pub(super) const fn one_per_package() -> Self {
        Self { split: None, per_package: 1, local: Vec::new(), obstacle: None }
    }

    fn refused(obstacle: Obstacle) -> Self {
        Self { obstacle: Some(obstacle), ..Self::one_per_package() }
    }

    pub(super) fn finish(self, layout: &Layout) -> AmdNodes {
        let shift = self.split.as_ref().map(|split| Shift(layout.shift(split.domain).0 + split.inner.0));
        AmdNodes { per_package: self.per_package, local: self.local, shift, obstacle: self.obstacle }
    }
}

/// Finds the field that the nodes split. `l3` is the least number of bits below a node that has an L3
/// of its own.
pub(super) fn plan(topology: &Topology, l3: Shift) -> Plan {
    let vcpus = topology.tree();
    let node = |vcpu: VcpuIndex| topology.node_of(vcpu);
    let mut local = vec![0; vcpus.len()];
    let mut per_package = None;
    let mut packages_of_node: Vec<Option<u32>> = vec![None; topology.nodes().len()];
    let mut spans = None;
    let mut counts = Vec::new();
    for package in vcpus.chunk_by(|a, b| topology.place(*a).same(topology.place(*b), Domain::Package)) {
        let socket = topology.place(package[0]).index(Domain::Package);
        let ranks = ranks(package, node);
        for (vcpu, rank) in package.iter().zip(&ranks) {
            local[usize::from(*vcpu)] = *rank;
            if let Some(n) = node(*vcpu) {
                let owner = packages_of_node[usize::try_from(n).unwrap_or(0)].get_or_insert(socket);
                if *owner != socket {
                    spans.get_or_insert(n);
                }
            }
        }
        counts.push((socket, ranks.into_iter().max().unwrap_or(0) + 1));
    }
    for (socket, nodes) in &counts {
        if !matches!(nodes, 1 | 2 | 4 | 8) || *per_package.get_or_insert(*nodes) != *nodes {
            return Plan::refused(Obstacle::Count { socket: *socket, nodes: *nodes });
        }
    }
    let per_package = per_package.unwrap_or(1);
    if per_package == 1 {
        return Plan::one_per_package();
    }
    if let Some(node) = spans {
        return Plan::refused(Obstacle::SpansSockets { node });
    }
    match split(topology, vcpus, &local, per_package, l3) {
        Ok(split) => Plan { split: Some(split), per_package, local, obstacle: None },
        Err(socket) => Plan::refused(Obstacle::NotWhole { socket }),
    }
}

/// The nodes as whole dies of a package or, where each die holds equally many nodes, as whole
/// complexes (or cores, without complexes) of a die.
fn split(
    topology: &Topology,
    vcpus: &[VcpuIndex],
    local: &[u32],
    per_package: u32,
    l3: Shift,
) -> Result<Split, u32> {
    let whole = |domain| !topology.domain_spans_nodes(domain);
    let dies = topology.count(Domain::Die);
    let (domain, parent, nodes_in_parent) = if whole(Domain::Die) {
        (Domain::Die, Domain::Package, per_package)
    } else if per_package.is_multiple_of(dies) && topology.has(Domain::Complex) && whole(Domain::Complex) {
        (Domain::Complex, Domain::Die, per_package / dies)
    } else if per_package.is_multiple_of(dies) && !topology.has(Domain::Complex) && whole(Domain::Core) {
        (Domain::Core, Domain::Die, per_package / dies)
    } else {
        return Err(0);
    };
    let mut inner = match domain {
        Domain::Core => Width(l3.0.saturating_sub(Width::of(topology.count(Domain::Thread)).0)),
        _ => Width(0),
    };
    let mut fields = vec![(0, 0); vcpus.len()];
    for group in vcpus.chunk_by(|a, b| topology.place(*a).same(topology.place(*b), parent)) {
        let ranks = ranks(group, |vcpu| Some(local[usize::from(vcpu)]));
        if ranks.iter().max().map_or(0, |rank| rank + 1) != nodes_in_parent {
            return Err(topology.place(group[0]).index(Domain::Package));
        }
        let mut members = vec![0_u32; usize::try_from(nodes_in_parent).unwrap_or(0)];
        let mut at = 0;
        for instance in group.chunk_by(|a, b| topology.place(*a).same(topology.place(*b), domain)) {
            let rank = ranks[at];
            let member = &mut members[usize::try_from(rank).unwrap_or(0)];
            for vcpu in instance {
                fields[usize::from(*vcpu)] = (rank, *member);
            }
            *member += 1;
            at += instance.len();
        }
        inner = inner.max(members.into_iter().map(Width::of).max().unwrap_or(Width(0)));
    }
    let fields = fields.into_iter().map(|(rank, member)| (rank << inner.0) | member).collect();
    Ok(Split { domain, node: Width::of(nodes_in_parent), inner, fields })
}

/// For each vCPU, the rank of its node among the nodes of the group, by first appearance.
fn ranks(group: &[VcpuIndex], node: impl Fn(VcpuIndex) -> Option<u32>) -> Vec<u32> {
    let mut seen = HashMap::new();
    let mut next = 0;
    group
        .iter()
        .map(|vcpu| {
            *seen.entry(node(*vcpu)).or_insert_with(|| {
                next += 1;
                next - 1
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Numbered;
    use super::super::resolve::tests::spec;
    use super::*;
    use crate::cpuid::Vendor;
    use crate::spec::{self, CpuList, Numa, Spec};

    fn numbered(text: &str, nodes: &[&[(u32, u32)]]) -> Numbered {
        let nodes = nodes
            .iter()
            .map(|ranges| spec::Node {
                vcpus: Some(CpuList { ranges: ranges.iter().map(|(a, b)| (*a, *b, 1)).collect() }),
                ..spec::Node::default()
            })
            .collect();
        let numa = Some(Numa { nodes: Some(nodes), ..Numa::default() });
        let topology = Topology::resolve(&Spec { numa, ..spec(text) }).unwrap();
        Numbered::number(&topology, Some(Vendor::Amd))
    }

    fn ids(n: &Numbered) -> Vec<u32> {
        n.ids().iter().map(|id| id.0).collect()
    }

    /// Six dies in two nodes: die fields 0-2 and 4-6.
    #[test]
    fn dies_of_a_node_take_the_low_part_of_the_die_field() {
        let n = numbered("dies 6", &[&[(0, 2)], &[(3, 5)]]);
        assert_eq!(ids(&n), [0, 1, 2, 4, 5, 6]);
        assert_eq!(n.amd_nodes().per_package(), 2);
        assert_eq!(n.amd_nodes().shift(), Some(Shift(2)));
    }

    /// Die 0 and 2 in one node, 1 and 3 in the other: the IDs follow the nodes, the index the tree.
    #[test]
    fn interleaved_dies_are_numbered_by_node() {
        let n = numbered("dies 4", &[&[(0, 0), (2, 2)], &[(1, 1), (3, 3)]]);
        assert_eq!(ids(&n), [0, 2, 1, 3]);
    }

    #[test]
    fn nodes_of_a_die_split_its_complexes() {
        let n = numbered("dies 2 complexes 3 cores 2", &[&[(0, 3)], &[(4, 5)], &[(6, 9)], &[(10, 11)]]);
        // Die 1 bit, node 1 bit, complex 1 bit, core 1 bit.
        assert_eq!(ids(&n), [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13]);
        assert_eq!(n.amd_nodes().per_package(), 4);
        assert_eq!(n.amd_nodes().local(VcpuIndex(10)), 3);
        assert_eq!(n.amd_nodes().shift(), Some(Shift(2)));
    }

    /// Two nodes of two cores, with an L3 each: Linux on Hygon takes one for every 8 IDs.
    #[test]
    fn nodes_of_cores_are_8_ids_apart_on_hygon() {
        let numa = Some(Numa {
            nodes: Some(
                [(0, 1), (2, 3)]
                    .map(|(first, last)| spec::Node {
                        vcpus: Some(CpuList { ranges: vec![(first, last, 1)] }),
                        ..spec::Node::default()
                    })
                    .to_vec(),
            ),
            ..Numa::default()
        });
        let topology = Topology::resolve(&Spec { numa, ..spec("cores 4") }).unwrap();
        let n = Numbered::number(&topology, Some(Vendor::Hygon));
        assert_eq!(ids(&n), [0, 1, 8, 9]);
        assert_eq!(n.amd_nodes().shift(), Some(Shift(3)));
    }

    /// Without complexes a node is whole cores: two nodes of two cores in each of two dies.
    #[test]
    fn nodes_of_a_die_without_complexes_split_its_cores() {
        let n = numbered("dies 2 cores 4", &[&[(0, 1)], &[(2, 3)], &[(4, 4), (6, 6)], &[(5, 5), (7, 7)]]);
        assert_eq!((n.amd_nodes().obstacle(), n.amd_nodes().per_package()), (None, 4));
        // Die 1 bit, node 1 bit, core 1 bit: the last two nodes take every other core.
        assert_eq!(ids(&n), [0, 1, 2, 3, 4, 6, 5, 7]);
        assert_eq!(n.amd_nodes().shift(), Some(Shift(1)));
    }

    /// A node of three dies and one of a single die: as wide as the larger one, so three bits for four dies.
    #[test]
    fn nodes_that_are_unlike_are_as_wide_as_the_larger() {
        let n = numbered("sockets 2 dies 4", &[&[(0, 2)], &[(3, 3)], &[(4, 6)], &[(7, 7)]]);
        assert_eq!(ids(&n), [0, 1, 2, 4, 8, 9, 10, 12]);
    }

    #[test]
    fn what_cannot_be_laid_out_says_why() {
        let n = numbered("dies 3", &[&[(0, 0)], &[(1, 1)], &[(2, 2)]]);
        assert_eq!(n.amd_nodes().obstacle(), Some(Obstacle::Count { socket: 0, nodes: 3 }));
        assert_eq!(n.amd_nodes().per_package(), 1);
        let n = numbered("sockets 2 dies 2", &[&[(0, 0), (2, 2)], &[(1, 1), (3, 3)]]);
        assert_eq!(n.amd_nodes().obstacle(), Some(Obstacle::SpansSockets { node: 0 }));
        let n = numbered("dies 2 complexes 2 cores 2", &[&[(0, 0)], &[(1, 7)]]);
        assert_eq!(n.amd_nodes().obstacle(), Some(Obstacle::NotWhole { socket: 0 }));
        // Whole cores, but halves of complexes; and whole complexes nor cores.
        let n = numbered("complexes 2 cores 4", &[&[(0, 1), (4, 5)], &[(2, 3), (6, 7)]]);
        assert_eq!(n.amd_nodes().obstacle(), Some(Obstacle::NotWhole { socket: 0 }));
        let n = numbered("cores 2 threads 2", &[&[(0, 0), (2, 2)], &[(1, 1), (3, 3)]]);
        assert_eq!(n.amd_nodes().obstacle(), Some(Obstacle::NotWhole { socket: 0 }));
        let n = numbered("sockets 2 dies 2", &[&[(0, 1)], &[(2, 3)]]);
        assert_eq!((n.amd_nodes().obstacle(), n.amd_nodes().per_package()), (None, 1));
        let n = numbered("sockets 2 dies 2", &[&[(0, 3)]]);
        assert_eq!((n.amd_nodes().obstacle(), n.amd_nodes().per_package()), (None, 1));
    }
}
