//! Counts, parts and nodes of a spec to a place for every vCPU.

use std::fmt;

use super::{Block, Domain, Node, PlaceFault, nodes, order};
use crate::spec::{CoreType, PlacePath, Spec};

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

    pub(super) fn set(&mut self, domain: Domain, index: u32) {
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
    /// By vCPU index.
    places: Vec<Place>,
    /// By vCPU index.
    core_types: Vec<Option<CoreType>>,
    /// The vCPUs depth first, so that those of an instance of any domain are neighbours.
    tree: Vec<VcpuIndex>,
    /// By vCPU index: how many vCPUs its instance of each domain holds.
    populations: Vec<[u32; 8]>,
    /// By package, in order: how many instances of each domain it holds.
    in_package: Vec<[u32; 8]>,
    nodes: Vec<Node>,
    node_of: Vec<Option<u32>>,
    distances: Vec<Vec<u32>>,
    place_faults: Vec<PlaceFault>,
    /// By vCPU index.
    present: Vec<bool>,
    /// As written, by rank of their domain.
    id_bits: [Option<u32>; 8],
}

impl Topology {
    /// What the spec means, with 1 for each count that it leaves out.
    ///
    /// `None` where there is nothing to resolve: a count is zero, a part stands where it cannot be, or
    /// there are more than [`MAX_VCPUS`]. Rules say so.
    #[must_use]
    pub fn resolve(spec: &Spec) -> Option<Self> {
        let block = Block::of(spec);
        let is_zero = |block: &&Block| block.counts.contains(&Some(0));
        if block.all().iter().any(is_zero)
            || !block.misplaced().is_empty()
            || block.vcpus() > u128::from(MAX_VCPUS)
        {
            return None;
        }
        let (places, core_types): (Vec<Place>, Vec<_>) = block.places().into_iter().unzip();
        let tree: Vec<VcpuIndex> = (0..).map(VcpuIndex).take(places.len()).collect();
        let mut topology = Self {
            counts: [1; 8],
            populations: vec![[1; 8]; places.len()],
            in_package: Vec::new(),
            nodes: Vec::new(),
            node_of: vec![None; places.len()],
            distances: Vec::new(),
            place_faults: Vec::new(),
            present: vec![true; places.len()],
            id_bits: [None; 8],
            places,
            core_types,
            tree,
        };
        topology.count_all();
        let written = spec.topology.clone().unwrap_or_default();
        let (order, faults) = order::order(&written, &topology);
        topology.reorder(&order);
        topology.place_faults = faults;
        if let Some(present) = &written.present {
            topology.present = topology.vcpus().map(|vcpu| present.contains(vcpu.0)).collect();
        }
        let bits = written.id_bits.unwrap_or_default();
        topology.id_bits =
            [bits.thread, bits.core, bits.module, bits.tile, bits.complex, bits.die, bits.die_group, None];
        let (nodes, distances) = nodes::resolve(spec, &topology);
        for (number, node) in (0_u32..).zip(&nodes) {
            for vcpu in &node.vcpus {
                topology.node_of[usize::from(*vcpu)].get_or_insert(number);
            }
        }
        Some(Self { nodes, distances, ..topology })
    }

    /// Counts what each instance holds.
    fn count_all(&mut self) {
        for place in &self.places {
            for domain in Domain::ALL {
                let count = &mut self.counts[domain.rank()];
                *count = (*count).max(place.index(domain) + 1);
            }
        }
        let mut in_package = vec![[0; 8]; self.instances(Domain::Package).count()];
        let mut populations = std::mem::take(&mut self.populations);
        for domain in Domain::ALL {
            let mut package = 0;
            let mut last = None;
            for instance in self.instances(domain) {
                let place = self.place(instance[0]);
                if last.is_some_and(|last: &Place| !last.same(place, Domain::Package)) {
                    package += 1;
                }
                last = Some(place);
                in_package[package][domain.rank()] += 1;
                let population = u32::try_from(instance.len()).unwrap_or(u32::MAX);
                for vcpu in instance {
                    populations[usize::from(*vcpu)][domain.rank()] = population;
                }
            }
        }
        self.in_package = in_package;
        self.populations = populations;
    }

    /// Gives the vCPUs, which are in the order of the tree, another: for each index, its place there.
    fn reorder(&mut self, order: &[usize]) {
        self.places = order.iter().map(|at| self.places[*at]).collect();
        self.core_types = order.iter().map(|at| self.core_types[*at]).collect();
        self.populations = order.iter().map(|at| self.populations[*at]).collect();
        for (index, at) in (0..).zip(order) {
            self.tree[*at] = VcpuIndex(index);
        }
    }

    /// Why the places that the spec lists are no order of its vCPUs; then they have none.
    #[must_use]
    pub fn place_faults(&self) -> &[PlaceFault] {
        &self.place_faults
    }

    /// A place as specs write it: socket, every level of which a parent holds several, core and thread.
    #[must_use]
    pub fn path(&self, place: &Place) -> PlacePath {
        let always = [Domain::Package, Domain::Core, Domain::Thread];
        let named = Domain::ALL.into_iter().rev().filter(|d| always.contains(d) || self.has(*d));
        PlacePath(named.map(|domain| place.index(domain)).collect())
    }

    /// Whether a vCPU is there at boot.
    #[must_use]
    pub fn is_present(&self, vcpu: VcpuIndex) -> bool {
        self.present[usize::from(vcpu)]
    }

    /// The bits of an ID that the spec gives to `domain`.
    #[must_use]
    pub const fn id_bits(&self, domain: Domain) -> Option<u32> {
        self.id_bits[domain.rank()]
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

    /// All vCPUs depth first through the machine, whatever their index.
    #[must_use]
    pub fn tree(&self) -> &[VcpuIndex] {
        &self.tree
    }

    /// Where a vCPU lies.
    #[must_use]
    pub fn place(&self, vcpu: VcpuIndex) -> &Place {
        &self.places[usize::from(vcpu)]
    }

    /// The type of a vCPU's core, where the spec says so.
    #[must_use]
    pub fn core_type(&self, vcpu: VcpuIndex) -> Option<CoreType> {
        self.core_types[usize::from(vcpu)]
    }

    /// The types of core that there are, by their first vCPU; empty where the spec says none.
    #[must_use]
    pub fn core_types(&self) -> Vec<CoreType> {
        let mut found = Vec::new();
        for core_type in self.core_types.iter().flatten() {
            if !found.contains(core_type) {
                found.push(*core_type);
            }
        }
        found
    }

    /// Whether there are cores of several types.
    #[must_use]
    pub fn is_hybrid(&self) -> bool {
        self.core_types().len() > 1
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

    /// The SLIT: as written, else 10 on the diagonal, 12 between nodes of one socket and 20 elsewhere.
    #[must_use]
    pub fn distances(&self) -> &[Vec<u32>] {
        &self.distances
    }

    /// The vCPUs of each instance of `domain`, depth first.
    pub fn instances(&self, domain: Domain) -> impl Iterator<Item = &[VcpuIndex]> {
        self.tree.chunk_by(move |a, b| self.place(*a).same(self.place(*b), domain))
    }

    /// The number of vCPUs in the instance of `domain` that holds `vcpu`.
    #[must_use]
    pub fn population(&self, vcpu: VcpuIndex, domain: Domain) -> u32 {
        self.populations[usize::from(vcpu)][domain.rank()]
    }

    /// The number of vCPUs in the largest instance of `domain`.
    #[must_use]
    pub fn most(&self, domain: Domain) -> u32 {
        self.populations.iter().map(|counts| counts[domain.rank()]).max().unwrap_or(1)
    }

    /// Whether all instances of `domain` hold as many vCPUs.
    #[must_use]
    pub fn is_even(&self, domain: Domain) -> bool {
        let mut counts = self.populations.iter().map(|counts| counts[domain.rank()]);
        let first = counts.next();
        counts.all(|count| Some(count) == first)
    }

    /// How many instances of `domain` the package of a vCPU holds.
    #[must_use]
    pub fn in_package(&self, vcpu: VcpuIndex, domain: Domain) -> u32 {
        let package = usize::try_from(self.place(vcpu).index(Domain::Package)).ok();
        package.and_then(|package| self.in_package.get(package)).map_or(1, |counts| counts[domain.rank()])
    }

    /// Whether some instance of `domain` holds vCPUs of more than one node.
    #[must_use]
    pub fn domain_spans_nodes(&self, domain: Domain) -> bool {
        self.instances(domain)
            .any(|instance| instance.iter().any(|vcpu| self.node_of(*vcpu) != self.node_of(instance[0])))
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
    /// What an instance holds is counted in each package on its own.
    #[test]
    fn unlike_packages_are_counted_apart() {
        let text = "version: 1\ntopology: {present: 0-3, parts: [{sockets: 1, dies: 3, cores: 2}, {sockets: 1, cores: 4}]}\n";
        let t = Topology::resolve(spec::parse(text.as_bytes()).unwrap().spec()).unwrap();
        let of =
            |vcpu, domain| (t.in_package(VcpuIndex(vcpu), domain), t.population(VcpuIndex(vcpu), domain));
        assert_eq!((of(0, Domain::Die), of(6, Domain::Die)), ((3, 2), (1, 4)));
        assert_eq!((of(5, Domain::Core), of(9, Domain::Package)), ((6, 1), (1, 4)));
        assert_eq!((t.most(Domain::Package), t.most(Domain::Die), t.most(Domain::Core)), (6, 4, 1));
        assert!(!t.is_even(Domain::Package) && !t.is_even(Domain::Die) && t.is_even(Domain::Core));
        let present: Vec<bool> = t.vcpus().map(|vcpu| t.is_present(vcpu)).collect();
        assert_eq!(present, [true, true, true, true, false, false, false, false, false, false]);
    }

    /// A path names the domains of which there are several, and always socket, core and thread.
    #[test]
    fn a_path_names_what_must_be_told_apart() {
        let paths = |counts: &str| {
            let t = Topology::resolve(&spec(counts)).unwrap();
            t.places().iter().map(|place| t.path(place).0).collect::<Vec<_>>()
        };
        assert_eq!(paths("cores 2"), [[0, 0, 0], [0, 1, 0]]);
        assert_eq!(paths("dies 2"), [[0, 0, 0, 0], [0, 1, 0, 0]]);
    }

    #[test]
    fn types_are_those_of_the_cores() {
        let text = "version: 1\ntopology: {parts: [{core_type: efficiency, cores: 1}, {core_type: performance, cores: 1, threads: 2}]}\n";
        let hybrid = Topology::resolve(spec::parse(text.as_bytes()).unwrap().spec()).unwrap();
        assert_eq!(hybrid.core_types(), [CoreType::Efficiency, CoreType::Performance]);
        assert!(hybrid.is_hybrid());
        assert_eq!(hybrid.core_type(VcpuIndex(2)), Some(CoreType::Performance));
        let plain = Topology::resolve(&spec("cores 2")).unwrap();
        assert!(plain.core_types().is_empty() && !plain.is_hybrid());
    }
}
