//! Counts and nodes of a spec to a place for every vCPU.

use std::fmt;

use super::{Domain, Node, nodes};
use crate::spec::Spec;

/// The most vCPUs that topoc resolves. KVM's own limit is far below it.
pub const MAX_VCPUS: u64 = 1 << 20;

/// A vCPU as an object of the VM: its file number, and its place in creation and MADT order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VcpuIndex(pub u32);

impl fmt::Display for VcpuIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<VcpuIndex> for usize {
    fn from(index: VcpuIndex) -> Self {
        // Lossless: MAX_VCPUS fits every usize that Rust's standard library runs on with threads.
        Self::try_from(index.0).unwrap_or(Self::MAX)
    }
}

/// Where a vCPU lies: at every domain, its index within its parent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place([u32; 8]);

impl Place {
    /// The index within its parent at `domain`.
    #[must_use]
    pub const fn index(&self, domain: Domain) -> u32 {
        self.0[domain.rank()]
    }

    fn set(&mut self, domain: Domain, index: u32) {
        self.0[domain.rank()] = index;
    }

    /// Whether both places lie in the same instance of `domain`.
    #[must_use]
    pub fn same(&self, other: &Self, domain: Domain) -> bool {
        self.0[domain.rank()..] == other.0[domain.rank()..]
    }
}

/// The resolved machine: every vCPU's place, and the nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    counts: [u32; 8],
    places: Vec<Place>,
    nodes: Vec<Node>,
    node_of: Vec<Option<u32>>,
    distances: Vec<Vec<u32>>,
}

impl Topology {
    /// What the spec means, with 1 for each count that it leaves out.
    ///
    /// `None` where there is nothing to resolve: a count is zero, or there are more than
    /// [`MAX_VCPUS`]. Rules say so.
    #[must_use]
    pub fn resolve(spec: &Spec) -> Option<Self> {
        let counts = Self::written_counts(spec).map(|count| count.unwrap_or(1));
        let total = counts.iter().try_fold(1_u64, |total, count| total.checked_mul(u64::from(*count)))?;
        if total == 0 || total > MAX_VCPUS {
            return None;
        }
        let places = places(&counts, usize::try_from(total).ok()?);
        let (nodes, distances) = nodes::resolve(spec, &places);
        let mut node_of = vec![None; places.len()];
        for (number, node) in (0_u32..).zip(&nodes) {
            for vcpu in &node.vcpus {
                node_of[usize::from(*vcpu)].get_or_insert(number);
            }
        }
        Some(Self { counts, places, nodes, node_of, distances })
    }

    /// The counts as written, by rank of their domain.
    #[must_use]
    pub fn written_counts(spec: &Spec) -> [Option<u32>; 8] {
        let t = spec.topology.clone().unwrap_or_default();
        [t.threads, t.cores, t.modules, t.tiles, t.complexes, t.dies, t.die_groups, t.sockets]
    }

    /// The largest number of `domain`s that one parent holds; for packages, the machine's.
    #[must_use]
    pub const fn count(&self, domain: Domain) -> u32 {
        self.counts[domain.rank()]
    }

    /// Whether the machine tells instances of `domain` apart at all: a parent holds several.
    #[must_use]
    pub const fn has(&self, domain: Domain) -> bool {
        self.count(domain) > 1
    }

    /// The places of all vCPUs, by index.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// How many vCPUs there are.
    #[must_use]
    pub fn vcpu_count(&self) -> u32 {
        // Lossless: at most MAX_VCPUS.
        u32::try_from(self.places.len()).unwrap_or(u32::MAX)
    }

    /// The indices of all vCPUs.
    pub fn vcpus(&self) -> impl DoubleEndedIterator<Item = VcpuIndex> + use<> {
        (0..self.vcpu_count()).map(VcpuIndex)
    }

    /// Where a vCPU lies.
    #[must_use]
    pub fn place(&self, vcpu: VcpuIndex) -> &Place {
        &self.places[usize::from(vcpu)]
    }

    /// The NUMA nodes in order of their numbers; empty for a machine without `numa`.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node of a vCPU: the first that names it. `None` for a machine without `numa`, or a vCPU
    /// that no node names (a rule refuses that).
    #[must_use]
    pub fn node_of(&self, vcpu: VcpuIndex) -> Option<u32> {
        self.node_of[usize::from(vcpu)]
    }

    /// The SLIT: as written, else 10 on the diagonal and 20 elsewhere.
    #[must_use]
    pub fn distances(&self) -> &[Vec<u32>] {
        &self.distances
    }

    /// The vCPUs of each instance of `domain`, in order.
    pub fn instances(&self, domain: Domain) -> impl Iterator<Item = &[Place]> {
        self.places.chunk_by(move |a, b| a.same(b, domain))
    }

    /// The number of vCPUs in the instance of `domain` that holds `vcpu`.
    #[must_use]
    pub fn population(&self, vcpu: VcpuIndex, domain: Domain) -> u32 {
        let place = self.place(vcpu);
        let start = self
            .places
            .partition_point(|p| p.0.iter().rev().lt(place.0.iter().rev()) && !p.same(place, domain));
        let len = self.places[start..].partition_point(|p| p.same(place, domain));
        u32::try_from(len).unwrap_or(u32::MAX)
    }

    /// Whether some instance of `domain` holds vCPUs of more than one node.
    #[must_use]
    pub fn domain_spans_nodes(&self, domain: Domain) -> bool {
        let mut first = 0;
        self.instances(domain).any(|instance| {
            let nodes = &self.node_of[first..first + instance.len()];
            first += instance.len();
            nodes.iter().any(|node| *node != nodes[0])
        })
    }
}

/// All places depth first: the threads of a core are neighbours.
fn places(counts: &[u32; 8], total: usize) -> Vec<Place> {
    let mut places = Vec::with_capacity(total);
    let mut place = Place::default();
    loop {
        places.push(place);
        let Some(domain) = Domain::ALL.into_iter().find(|d| place.index(*d) + 1 < counts[d.rank()]) else {
            return places;
        };
        place.set(domain, place.index(domain) + 1);
        for inner in Domain::ALL.into_iter().take_while(|d| *d < domain) {
            place.set(inner, 0);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::spec;

    /// A machine of these counts, written as in `sockets 2 dies 3 cores 6 threads 2`.
    pub(crate) fn spec(text: &str) -> Spec {
        let mut topology = spec::Topology::default();
        let words: Vec<_> = text.split(' ').collect();
        for pair in words.chunks(2) {
            let count = Some(pair[1].parse().unwrap());
            *match pair[0] {
                "sockets" => &mut topology.sockets,
                "die_groups" => &mut topology.die_groups,
                "dies" => &mut topology.dies,
                "complexes" => &mut topology.complexes,
                "tiles" => &mut topology.tiles,
                "modules" => &mut topology.modules,
                "cores" => &mut topology.cores,
                "threads" => &mut topology.threads,
                other => panic!("{other}"),
            } = count;
        }
        Spec { version: Some(1), topology: Some(topology), ..Spec::default() }
    }

    #[test]
    fn places_run_depth_first() {
        let t = Topology::resolve(&spec("sockets 2 cores 3 threads 2")).unwrap();
        let places: Vec<_> = t
            .places()
            .iter()
            .map(|p| (p.index(Domain::Package), p.index(Domain::Core), p.index(Domain::Thread)))
            .collect();
        assert_eq!(places[..4], [(0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1)]);
        assert_eq!(places[6], (1, 0, 0));
        assert_eq!(t.vcpu_count(), 12);
        assert_eq!(t.instances(Domain::Core).count(), 6);
        assert_eq!(t.population(VcpuIndex(7), Domain::Core), 2);
        assert_eq!(t.population(VcpuIndex(7), Domain::Package), 6);
        assert_eq!(t.population(VcpuIndex(7), Domain::Thread), 1);
    }

    #[test]
    fn nothing_resolves_from_zero_or_from_too_many() {
        assert!(Topology::resolve(&spec("cores 0")).is_none());
        assert!(Topology::resolve(&spec("sockets 1024 cores 1024 threads 2")).is_none());
        assert!(Topology::resolve(&spec("sockets 4294967295 cores 4294967295 threads 4294967295")).is_none());
        assert!(Topology::resolve(&spec("sockets 1024 cores 1024")).is_some());
    }
}
