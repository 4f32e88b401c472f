//! A guest compiled from a text, read back from the raw bytes of its tables.

use topoc::HostProfile;
use topoc::cpuid::{Key, Registers};

use super::golden_host::host_of;
use super::words::{Entry, entries};

/// What KVM's answers hold of the CPU that was asked: an ID that no guest here has.
const ASKED: u32 = 0x5a;

/// The tables of all vCPUs, and the IDs that the VMM is told to create.
pub struct Guest {
    tables: Vec<Vec<Entry>>,
    /// `vcpu_id` by vCPU index.
    pub ids: Vec<u32>,
}

impl Guest {
    /// Compiles a spec for a host.
    pub fn new(host: &HostProfile, spec: &str) -> Self {
        let text = format!("version: 1\nhost: {{ fidelity: none }}\n{spec}\n");
        let parsed = topoc::spec::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{:?}", e.diagnostics()));
        let compiled = topoc::compile(parsed.spec(), host).unwrap_or_else(|error| panic!("{spec}: {error}"));
        Self {
            tables: compiled.blobs().iter().map(|blob| entries(blob)).collect(),
            ids: compiled.manifest().vcpus.iter().map(|vcpu| vcpu.vcpu_id).collect(),
        }
    }

    /// How many vCPUs there are.
    pub fn len(&self) -> usize {
        self.tables.len()
    }

    /// The entries of one vCPU, as they stand.
    pub fn entries(&self, vcpu: usize) -> &[Entry] {
        &self.tables[vcpu]
    }

    /// Every entry of a leaf: its subleaf, 0 where the leaf has none, and its registers.
    pub fn leaf(&self, vcpu: usize, leaf: u32) -> Vec<(u32, [u32; 4])> {
        let of = self.tables[vcpu].iter().filter(|entry| entry.leaf == leaf);
        of.map(|entry| (entry.subleaf.unwrap_or(0), entry.words)).collect()
    }

    /// The registers of a leaf; all 0 where there is none.
    pub fn get(&self, vcpu: usize, leaf: u32, subleaf: u32) -> [u32; 4] {
        self.leaf(vcpu, leaf).iter().find(|(at, _)| *at == subleaf).map_or([0; 4], |(_, words)| *words)
    }

    /// The valid rows of a topology leaf: shift, count, type.
    pub fn rows(&self, vcpu: usize, leaf: u32) -> Vec<[u32; 3]> {
        let rows = self.leaf(vcpu, leaf).into_iter().filter(|(_, words)| words[2] & 0xff00 != 0);
        rows.map(|(_, [eax, ebx, ecx, _])| [eax & 0x1f, ebx & 0xffff, ecx >> 8 & 0xff]).collect()
    }

    /// IDs that share each cache of leaf 4 or 8000001DH, in order of the subleaves.
    pub fn shares(&self, vcpu: usize, leaf: u32) -> Vec<u32> {
        let caches = self.leaf(vcpu, leaf).into_iter().filter(|(_, words)| words[0] & 0x1f != 0);
        caches.map(|(_, [eax, ..])| (eax >> 14 & 0xfff) + 1).collect()
    }
}

/// The bits `high..=low` of a word.
pub fn bits(word: u32, high: u32, low: u32) -> u32 {
    word >> low & (u32::MAX >> (31 - (high - low)))
}

/// A host whose KVM answers as KVM does since Linux 6.2: topology leaves of one subleaf without a level,
/// with the ID of the CPU that was asked. `machine` is one of `golden.json`.
pub fn host(machine: &str) -> HostProfile {
    asked_on(machine, ASKED)
}

/// The same, asked on the CPU of this ID.
pub fn asked_on(machine: &str, id: u32) -> HostProfile {
    let mut host = host_of(machine);
    let table = host.kvm.as_mut().unwrap().supported_cpuid.as_mut().unwrap();
    for leaf in [0xb, 0x1f] {
        if table.leaf(leaf).next().is_some() {
            table.remove_leaf(leaf);
            table.insert(Key::subleaf(leaf, 0), Registers { edx: id, ..Registers::default() }).unwrap();
        }
    }
    if let Some(registers) = table.get_mut(Key::leaf(0x8000_001e)) {
        *registers = Registers::default();
    }
    table.remove_leaf(0x8000_0026);
    let leaf_1 = table.get_mut(Key::leaf(1)).unwrap();
    leaf_1.ebx = leaf_1.ebx & 0x00ff_ffff | id << 24;
    host
}
