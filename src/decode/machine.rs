//! All vCPUs together: who shares a core, a die, a socket, a cache, a node.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::answers::Answers;
use super::bits::block;
use super::cache::{Cache, CacheName};
use super::check;
use super::cpu::{CoreType, Cpu, cpu};
use super::domain::Domain;
use super::finding::{Finding, merge};
use super::names::Names;
use super::set::CpuSet;
use super::vendor::{Signature, Vendor};

/// The sets of vCPUs that share one unit of a domain, by first vCPU.
pub type Partition = Vec<CpuSet>;

/// One cache of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SharedCache {
    /// The vCPUs that share it
    pub cpus: CpuSet,
    /// Bytes
    pub size: u64,
    /// Ways of associativity; 0 where the leaf does not say
    pub ways: u32,
    /// Bytes of a line
    pub line: u32,
    /// Sets
    pub sets: u64,
}

/// Where one vCPU lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// vCPU index: the place of its table in the input
    pub vcpu: usize,
    /// The x2APIC ID
    pub x2apic_id: u32,
    /// For each enumerated domain, which of the machine's units it is: the index into `Machine::domains`
    pub units: BTreeMap<Domain, usize>,
    /// The node that AMD's 8000001EH names
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<u32>,
    /// The core's type, where the table tells
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core_type: Option<CoreType>,
}

/// What a guest concludes from the tables of all its vCPUs. Serialises to the same JSON for the same tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The first vCPU's vendor
    pub vendor: Option<Vendor>,
    /// The first vCPU's signature
    pub signature: Option<Signature>,
    /// Every enumerated domain from core to package, with its sets by first vCPU
    pub domains: BTreeMap<Domain, Partition>,
    /// The caches by level and kind, each list by first vCPU
    pub caches: BTreeMap<CacheName, Vec<SharedCache>>,
    /// AMD's nodes by number
    pub nodes: BTreeMap<u32, CpuSet>,
    /// By vCPU index
    pub places: Vec<Place>,
    /// What does not fit together, within the tables and between them
    pub findings: Vec<Finding>,
    /// By vCPU index: everything that its table says
    #[serde(skip)]
    pub cpus: Vec<Cpu>,
    /// What the CPUs are called where they are shown
    #[serde(skip)]
    pub names: Names,
}

impl Machine {
    /// The sets of a domain; empty where no table enumerates it.
    pub fn sets(&self, domain: Domain) -> &[CpuSet] {
        self.domains.get(&domain).map_or(&[], Vec::as_slice)
    }
}

/// Reads the tables of all vCPUs of a machine, in vCPU order.
pub fn machine(tables: &[Answers]) -> Machine {
    assemble(tables, true, Names::default())
}

/// Reads the tables of some vCPUs of a machine: as [`machine()`], but counts are not held against the vCPUs seen.
pub fn part_of_machine(tables: &[Answers]) -> Machine {
    assemble(tables, false, Names::default())
}

pub(super) fn assemble(tables: &[Answers], whole: bool, names: Names) -> Machine {
    let mut cpus: Vec<Cpu> = tables.iter().map(cpu).collect();
    for (index, cpu) in cpus.iter_mut().enumerate() {
        for finding in &mut cpu.findings {
            finding.cpus = CpuSet::from_iter([index]);
        }
    }
    let domains = domains(&cpus);
    let mut machine = Machine {
        vendor: cpus.first().map(|cpu| cpu.vendor.clone()),
        signature: cpus.first().map(|cpu| cpu.signature),
        places: places(&cpus, &domains),
        caches: caches(&cpus),
        nodes: nodes(&cpus),
        domains,
        findings: Vec::new(),
        cpus,
        names,
    };
    let mut found: Vec<Finding> = machine.cpus.iter().flat_map(|cpu| cpu.findings.clone()).collect();
    check::together(&machine, whole, &mut found);
    machine.findings = merge(found);
    machine
}

/// The indices of equal keys, by first index.
pub(super) fn group<K: std::hash::Hash + Eq>(keys: impl Iterator<Item = Option<K>>) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut known: HashMap<K, usize> = HashMap::new();
    for (index, key) in keys.enumerate() {
        let Some(key) = key else { continue };
        let at = *known.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(at) {
            group.push(index);
        }
    }
    groups
}

fn domains(cpus: &[Cpu]) -> BTreeMap<Domain, Partition> {
    let mut domains: BTreeMap<Domain, Partition> = BTreeMap::new();
    for cpu in cpus {
        for shift in &cpu.shifts {
            domains.entry(shift.domain).or_default();
        }
    }
    for (domain, partition) in &mut domains {
        let keys = cpus.iter().map(|cpu| cpu.shift(*domain).map(|shift| block(cpu.x2apic_id, shift)));
        *partition = group(keys).into_iter().map(CpuSet::from_iter).collect();
    }
    domains
}

fn places(cpus: &[Cpu], domains: &BTreeMap<Domain, Partition>) -> Vec<Place> {
    let mut places: Vec<Place> = cpus
        .iter()
        .enumerate()
        .map(|(vcpu, cpu)| Place {
            vcpu,
            x2apic_id: cpu.x2apic_id,
            units: BTreeMap::new(),
            node: cpu.node.map(|node| node.id),
            core_type: cpu.core_type,
        })
        .collect();
    for (domain, partition) in domains {
        for (unit, set) in partition.iter().enumerate() {
            for &vcpu in set.as_slice() {
                if let Some(place) = places.get_mut(vcpu) {
                    place.units.insert(*domain, unit);
                }
            }
        }
    }
    places
}

/// The instances of each cache: vCPUs that see the same level and kind begin at the same ID share it.
fn caches(cpus: &[Cpu]) -> BTreeMap<CacheName, Vec<SharedCache>> {
    let mut instances: HashMap<(CacheName, u32), (&Cache, Vec<usize>)> = HashMap::new();
    for (index, cpu) in cpus.iter().enumerate() {
        for cache in &cpu.caches {
            let (_, sharers) =
                instances.entry((cache.name, cache.window.first)).or_insert_with(|| (cache, Vec::new()));
            if sharers.last() != Some(&index) {
                sharers.push(index);
            }
        }
    }
    let mut caches: BTreeMap<CacheName, Vec<SharedCache>> = BTreeMap::new();
    for ((name, _), (cache, sharers)) in instances {
        caches.entry(name).or_default().push(SharedCache {
            cpus: sharers.into_iter().collect(),
            size: cache.size,
            ways: cache.ways,
            line: cache.line,
            sets: cache.sets,
        });
    }
    for list in caches.values_mut() {
        list.sort_by(|a, b| a.cpus.cmp(&b.cpus));
    }
    caches
}

fn nodes(cpus: &[Cpu]) -> BTreeMap<u32, CpuSet> {
    let mut nodes: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, cpu) in cpus.iter().enumerate() {
        if let Some(node) = cpu.node {
            nodes.entry(node.id).or_default().push(index);
        }
    }
    nodes.into_iter().map(|(id, cpus)| (id, cpus.into_iter().collect())).collect()
}
