//! What a VMM is given of a machine: the tables, and what the manifest says of its vCPUs and nodes.

use topoc::Compiled;

/// A compiled machine.
#[derive(Clone)]
pub struct Guest {
    /// The table of each vCPU: the bytes of a `struct kvm_cpuid2`.
    pub tables: Vec<Vec<u8>>,
    /// The x2APIC ID of each vCPU.
    pub ids: Vec<u32>,
    /// The NUMA node of each vCPU; empty for a machine without nodes.
    pub nodes: Vec<u32>,
    /// The distances between nodes, row by row.
    pub distances: Vec<Vec<u8>>,
}

impl Guest {
    pub fn new(compiled: &Compiled) -> Self {
        let manifest = compiled.manifest();
        let row = |row: &Vec<u32>| row.iter().map(|distance| u8::try_from(*distance).unwrap()).collect();
        Self {
            tables: compiled.blobs().to_vec(),
            ids: manifest.vcpus.iter().map(|vcpu| vcpu.vcpu_id).collect(),
            nodes: manifest.vcpus.iter().filter_map(|vcpu| vcpu.node).collect(),
            distances: manifest.distances.iter().map(row).collect(),
        }
    }
}
