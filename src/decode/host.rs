//! A host's own CPUs as they describe themselves, under its kernel's numbers, with the nodes that the kernel knows.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::answers::Answers;
use super::cache::CacheName;
use super::cpu::CoreType;
use super::domain::Domain;
use super::finding::Finding;
use super::machine::{Machine, Place, SharedCache, assemble};
use super::names::Names;
use super::set::CpuSet;
use super::vendor::{Signature, Vendor};

/// A host: what its CPUs say of themselves, and what its kernel says of nodes. Serialises with the kernel's numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The machine, its CPUs by index: their place in the profile's list.
    pub machine: Machine,
    /// The nodes in the order of the profile; empty where it has none.
    pub numa: Vec<NumaNode>,
}

/// A node as the kernel knows it. CPUID tells of none but AMD's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NumaNode {
    /// The kernel's number
    pub node: u32,
    /// The kernel's numbers of its CPUs
    pub cpus: CpuSet,
    /// Bytes of memory, where known
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// To every node in turn; empty where not known
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distances: Vec<u32>,
}

/// Reads the tables of all of a host's CPUs, each with the kernel's number, in ascending order.
pub fn host(cpus: impl IntoIterator<Item = (u32, Answers)>, numa: Vec<NumaNode>) -> Host {
    let (numbers, tables): (Vec<u32>, Vec<Answers>) = cpus.into_iter().unzip();
    Host { machine: assemble(&tables, true, Names::of_host(numbers)), numa }
}

/// The JSON of a host: that of a machine, but that CPUs have the kernel's numbers.
#[derive(Serialize)]
struct Form<'h> {
    vendor: &'h Option<Vendor>,
    signature: Option<Signature>,
    domains: BTreeMap<Domain, Vec<CpuSet>>,
    caches: BTreeMap<CacheName, Vec<SharedCache>>,
    nodes: BTreeMap<u32, CpuSet>,
    numa: &'h [NumaNode],
    places: Vec<PlaceForm<'h>>,
    findings: Vec<Finding>,
}

#[derive(Serialize)]
struct PlaceForm<'h> {
    /// The kernel's number, in place of the index
    cpu: usize,
    x2apic_id: u32,
    units: &'h BTreeMap<Domain, usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    core_type: Option<CoreType>,
}

impl<'h> PlaceForm<'h> {
    fn of(place: &'h Place, names: &Names) -> PlaceForm<'h> {
        PlaceForm {
            cpu: names.number(place.vcpu),
            x2apic_id: place.x2apic_id,
            units: &place.units,
            node: place.node,
            core_type: place.core_type,
        }
    }
}

impl Serialize for Host {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Machine { vendor, signature, domains, caches, nodes, places, findings, names, .. } =
            &self.machine;
        let sets = |sets: &Vec<CpuSet>| sets.iter().map(|set| names.set(set)).collect();
        let caches_of = |list: &Vec<SharedCache>| {
            list.iter().map(|cache| SharedCache { cpus: names.set(&cache.cpus), ..cache.clone() }).collect()
        };
        let finding = |finding: &Finding| Finding { cpus: names.set(&finding.cpus), ..finding.clone() };
        let form = Form {
            vendor,
            signature: *signature,
            domains: domains.iter().map(|(domain, list)| (*domain, sets(list))).collect(),
            caches: caches.iter().map(|(name, list)| (*name, caches_of(list))).collect(),
            nodes: nodes.iter().map(|(node, set)| (*node, names.set(set))).collect(),
            numa: &self.numa,
            places: places.iter().map(|place| PlaceForm::of(place, names)).collect(),
            findings: findings.iter().map(finding).collect(),
        };
        form.serialize(serializer)
    }
}
