//! What a guest asks of a host.

use std::collections::{BTreeMap, HashMap};

use super::Level;
use crate::spec::{CoreType, CpuList, Spec};
use crate::topology::{Caches, Domain, Numbered, Topology};

/// How true to the host the guest's shape must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Demand {
    /// Every unit of the guest is a unit of the host: what the guest takes for two is two.
    Exact,
    /// What the guest takes for shared is shared, and cores are cores. Dies, sockets, nodes and caches may be cut
    /// from larger ones.
    Sharing,
}

/// What a guest asks of a host. Plain data, so that a guest can be made up; what is shorter than `vcpus` reads as
/// nothing asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// How true it must be.
    pub demand: Demand,
    /// How many vCPUs there are.
    pub vcpus: usize,
    /// For each level of which the guest claims something, the number of each vCPU's unit; `None` for a vCPU that
    /// lies in none, such as one whose core has no L3. A node's number is its place in `nodes`.
    pub claims: BTreeMap<Level, Vec<Option<usize>>>,
    /// The type of each vCPU's core, where the spec says so.
    pub core_types: Vec<Option<CoreType>>,
    /// The NUMA nodes, those without vCPUs among them.
    pub nodes: Vec<WishNode>,
    /// The host's CPUs that may be used, by the kernel's numbers; `None`: all.
    pub allowed: Option<CpuList>,
    /// vCPUs whose CPU is settled, with the kernel's number of it.
    pub pins: Vec<(u32, u32)>,
}

/// A NUMA node of the guest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WishNode {
    /// Its memory in bytes; 0 where the spec does not say.
    pub memory: u64,
    /// The kernel's number of the host's node that is to back it.
    pub host_node: Option<u32>,
}

impl Wish {
    /// What a spec asks for.
    ///
    /// Cores, caches, sockets and nodes always make a claim, the other domains where the machine tells instances
    /// apart. A machine without `numa` claims nothing of nodes.
    #[must_use]
    pub fn of(
        spec: &Spec,
        topology: &Topology,
        numbered: &Numbered,
        caches: &Caches,
        demand: Demand,
    ) -> Self {
        let mut claims = BTreeMap::new();
        for domain in Domain::ALL {
            let Some(level) = Level::of_domain(domain) else { continue };
            if matches!(level, Level::Core | Level::Socket) || topology.has(domain) {
                claims.insert(level, instances(topology, domain));
            }
        }
        for (level, sets) in sharing_sets(topology, numbered, caches) {
            claims.insert(level, sets);
        }
        let nodes: Vec<WishNode> = topology
            .nodes()
            .iter()
            .map(|node| WishNode { memory: node.memory.unwrap_or(0), host_node: node.host_node })
            .collect();
        if !nodes.is_empty() {
            let node = |vcpu| topology.node_of(vcpu).and_then(|node| usize::try_from(node).ok());
            claims.insert(Level::Node, topology.vcpus().map(node).collect());
        }
        let host = spec.host.as_ref();
        Self {
            demand,
            vcpus: topology.places().len(),
            claims,
            core_types: topology.vcpus().map(|vcpu| topology.core_type(vcpu)).collect(),
            nodes,
            allowed: host.and_then(|host| host.cpus.clone()),
            pins: host
                .map(|host| host.pairs().map(|(_, vcpu, cpu)| (vcpu, cpu)).collect())
                .unwrap_or_default(),
        }
    }

    /// The number of a vCPU's unit.
    pub(super) fn unit(&self, level: Level, vcpu: usize) -> Option<usize> {
        *self.claims.get(&level)?.get(vcpu)?
    }

    /// The type of a vCPU's core.
    pub(super) fn core_type(&self, vcpu: usize) -> Option<CoreType> {
        *self.core_types.get(vcpu)?
    }

    /// Whether the guest has cores of several types.
    pub(super) fn is_hybrid(&self) -> bool {
        let mut types = self.core_types.iter().flatten();
        let first = types.next();
        types.any(|core_type| Some(core_type) != first)
    }

    /// Whether two units of a level must lie on two units of the host.
    pub(super) fn is_distinct(&self, level: Level) -> bool {
        self.demand == Demand::Exact || level == Level::Core
    }

    /// The vCPUs of each unit of a level that has any, by number.
    pub(super) fn members(&self, level: Level) -> BTreeMap<usize, Vec<usize>> {
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for vcpu in 0..self.vcpus {
            if let Some(unit) = self.unit(level, vcpu) {
                members.entry(unit).or_default().push(vcpu);
            }
        }
        members
    }
}

/// The number of each vCPU's instance of a domain.
fn instances(topology: &Topology, domain: Domain) -> Vec<Option<usize>> {
    let mut numbers = vec![None; topology.places().len()];
    for (number, instance) in topology.instances(domain).enumerate() {
        for vcpu in instance {
            numbers[usize::from(*vcpu)] = Some(number);
        }
    }
    numbers
}

/// The number of each vCPU's instance of each cache. As a guest reads them: vCPUs share a cache of one level and
/// kind where their IDs' windows begin alike.
fn sharing_sets(
    topology: &Topology,
    numbered: &Numbered,
    caches: &Caches,
) -> BTreeMap<Level, Vec<Option<usize>>> {
    let mut sets: BTreeMap<Level, Vec<Option<usize>>> = BTreeMap::new();
    let mut known: HashMap<(Level, u64), usize> = HashMap::new();
    let mut next_of: HashMap<Level, usize> = HashMap::new();
    for vcpu in topology.vcpus() {
        for cache in caches.of(topology.core_type(vcpu)) {
            let Some(level) = Level::of_cache(cache.level, cache.kind) else { continue };
            let span = cache.sharing.shift(numbered).span();
            let next = next_of.entry(level).or_default();
            let first = u64::from(numbered.id(vcpu).0) / span * span;
            let number = *known.entry((level, first)).or_insert(*next);
            *next += usize::from(number == *next);
            let of_level = sets.entry(level).or_insert_with(|| vec![None; topology.places().len()]);
            of_level[usize::from(vcpu)] = Some(number);
        }
    }
    sets
}
