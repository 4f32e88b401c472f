//! The host as a place for vCPUs.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Level;
use crate::decode::{self, CoreType};
use crate::profile::HostProfile;

/// The host as a place for vCPUs: which of its CPUs have what in common. Plain data, so that a host can be made
/// up; what is shorter than `cpus` reads as unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostShape {
    /// The CPUs that were online, by the kernel's numbers, ascending. Below, a CPU is its place in this list.
    pub cpus: Vec<u32>,
    /// For each level that the host enumerates, the number of each CPU's unit; `None` for a CPU that lies in none,
    /// such as one without an L3. A node's number is its place in `nodes`.
    pub units: BTreeMap<Level, Vec<Option<usize>>>,
    /// The type of each CPU's core, on hosts that tell.
    pub core_types: Vec<Option<CoreType>>,
    /// The NUMA nodes, those without CPUs among them.
    pub nodes: Vec<HostNode>,
}

/// A NUMA node of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostNode {
    /// The kernel's number.
    pub number: u32,
    /// Its memory in bytes, where known.
    pub memory: Option<u64>,
}

impl HostShape {
    /// From a profile, and the machine that [`HostProfile::cpu_tables`] decode to, in their order. `None` where the
    /// profile does not have its CPUs' own CPUID.
    #[must_use]
    pub fn of(profile: &HostProfile, machine: &decode::Machine) -> Option<Self> {
        let cpus: Vec<u32> = profile.cpus.as_ref()?.online.iter().collect();
        if cpus.is_empty() || machine.cpus.len() != cpus.len() {
            return None;
        }
        let mut units = BTreeMap::new();
        for (domain, partition) in &machine.domains {
            if let Some(level) = Level::of_decoded(*domain) {
                units.insert(level, numbers(cpus.len(), partition.iter()));
            }
        }
        for (name, instances) in &machine.caches {
            if let Some(level) = Level::of_decoded_cache(*name) {
                units.insert(level, numbers(cpus.len(), instances.iter().map(|cache| &cache.cpus)));
            }
        }
        let mut nodes = Vec::new();
        if let Some(numa) = profile.numa.as_ref().filter(|numa| !numa.nodes.is_empty()) {
            let place: HashMap<u32, usize> = cpus.iter().copied().zip(0..).collect();
            let mut of_cpu = vec![None; cpus.len()];
            for (at, node) in numa.nodes.iter().enumerate() {
                nodes.push(HostNode { number: node.id, memory: node.memory });
                for cpu in node.cpus.iter().filter_map(|cpu| place.get(&cpu)) {
                    of_cpu[*cpu].get_or_insert(at);
                }
            }
            units.insert(Level::Node, of_cpu);
        }
        let core_types = machine.cpus.iter().map(|cpu| cpu.core_type).collect();
        Some(Self { cpus, units, core_types, nodes })
    }

    /// The number of a CPU's unit.
    pub(super) fn unit(&self, level: Level, cpu: usize) -> Option<usize> {
        *self.units.get(&level)?.get(cpu)?
    }

    /// Whether any CPU has a unit of the level: whether the host enumerates it.
    pub(super) fn has(&self, level: Level) -> bool {
        self.units.get(&level).is_some_and(|units| units.iter().any(Option::is_some))
    }

    /// How many units of the level there are.
    pub(super) fn count(&self, level: Level) -> u64 {
        let units: HashSet<usize> = self.units.get(&level).into_iter().flatten().flatten().copied().collect();
        u64::try_from(units.len()).unwrap_or(u64::MAX)
    }

    /// The type of a CPU's core.
    pub(super) fn core_type(&self, cpu: usize) -> Option<CoreType> {
        *self.core_types.get(cpu)?
    }

    /// Whether the host tells types of cores apart.
    pub(super) fn tells_types(&self) -> bool {
        self.core_types.iter().any(Option::is_some)
    }
}

/// For each CPU the number of the set that has it.
fn numbers<'s>(cpus: usize, sets: impl Iterator<Item = &'s decode::CpuSet>) -> Vec<Option<usize>> {
    let mut numbers = vec![None; cpus];
    for (number, set) in sets.enumerate() {
        for cpu in set.as_slice() {
            if let Some(at) = numbers.get_mut(*cpu) {
                *at = Some(number);
            }
        }
    }
    numbers
}
