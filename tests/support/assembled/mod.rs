//! Hosts that are put together from published figures.

mod amd;
mod before_zen;
mod centaur;
mod hybrid;
mod hygon;
mod intel;

use std::collections::BTreeMap;

use topoc::cpuid::{CpuidTable, Key, Registers, Vendor};
use topoc::profile::{CpusPart, HostProfile, NumaNode, NumaPart, Origin, OriginKind};
use topoc::spec::CpuList;

pub use hybrid::Hybrid;

/// Those whose cores are of two types.
pub const HYBRIDS: [&Hybrid; 2] = [&hybrid::RAPTOR_LAKE, &hybrid::STRIX_POINT];

/// Those whose sockets and cores are alike.
pub const SERVERS: [&Server; 9] = [
    &intel::XEON,
    &intel::SKYLAKE,
    &amd::GENOA,
    &amd::ROME,
    &before_zen::INTERLAGOS,
    &before_zen::MAGNY_COURS,
    &hygon::DHYANA,
    &centaur::KAISHENG,
    &centaur::ZXD,
];

/// One machine whose sockets are alike.
pub struct Server {
    /// The file's name.
    pub file: &'static str,
    pub note: &'static str,
    pub brand: &'static str,
    /// What all CPUs answer alike.
    pub words: &'static str,
    /// Leaf 1: EAX, EBX[23:16], ECX, EDX.
    pub leaf1: [u32; 4],
    pub sockets: u32,
    /// Nodes of a socket, each of as many cores in a row.
    pub nodes: u32,
    /// Cores of a socket.
    pub cores: u32,
    /// Threads of a core.
    pub threads: u32,
    /// The x2APIC ID of a core's first thread within its socket.
    pub core_id: fn(u32) -> u32,
    /// The core's number that 8000001EH gives, by the core's number in its socket.
    pub core_number: fn(u32) -> u32,
    /// Bits of an x2APIC ID below the socket's.
    pub package_shift: u32,
    pub levels: Levels,
    /// GiB of a node.
    pub memory: u64,
    /// To the node itself, and to those of the other socket; between them, where a socket has several,
    /// to its others. The firmware's choice; these are common.
    pub distances: &'static [u32],
    /// KiB of an instance of each cache, inner to outer.
    pub kib: &'static [u64],
}

/// The leaves in which the levels stand, each level as type, shift and number, inner to outer.
#[derive(Clone, Copy)]
pub enum Levels {
    /// None: 80000008H tells.
    None,
    /// Leaf 0BH.
    LeafB,
    /// Leaves 0BH and 1FH.
    Leaf1f(&'static [(u32, u32, u32)]),
    /// Leaves 0BH and 80000026H.
    Extended(&'static [(u32, u32, u32)]),
}

/// What most servers have.
const TWO_SOCKETS: Server = Server {
    file: "",
    note: "",
    brand: "",
    words: "",
    leaf1: [0; 4],
    sockets: 2,
    nodes: 1,
    cores: 1,
    threads: 2,
    core_id: |core| core,
    core_number: |id| id,
    package_shift: 0,
    levels: Levels::LeafB,
    memory: 0,
    distances: &[10],
    kib: &[],
};

impl Server {
    pub fn cpus(&self) -> u32 {
        self.sockets * self.cores * self.threads
    }

    /// Socket, core and thread: the kernel numbers the first threads of all cores, socket by socket,
    /// then the second ones.
    fn place(&self, cpu: u32) -> (u32, u32, u32) {
        let all = self.sockets * self.cores;
        let of_all = cpu % all;
        (of_all / self.cores, of_all % self.cores, cpu / all)
    }

    pub fn id(&self, cpu: u32) -> u32 {
        let (socket, core, thread) = self.place(cpu);
        socket << self.package_shift | (self.core_id)(core) | thread
    }

    /// The node of a CPU, over all sockets.
    fn node(&self, cpu: u32) -> u32 {
        let (socket, core, _) = self.place(cpu);
        socket * self.nodes + core / (self.cores / self.nodes)
    }

    pub fn vendor(&self) -> Vendor {
        let leaf0 = self.table(0).lookup(0, 0);
        Vendor::from_words(leaf0.ebx, leaf0.ecx, leaf0.edx).unwrap()
    }

    /// The whole table of one CPU.
    pub fn table(&self, cpu: u32) -> CpuidTable {
        let mut table = parsed(self.words);
        let leaf0 = table.lookup(0, 0);
        let is_amd = Vendor::from_words(leaf0.ebx, leaf0.ecx, leaf0.edx).unwrap().is_amd_like();
        let has_1e = is_amd && table.lookup(0x8000_0001, 0).ecx >> 22 & 1 == 1;
        let mut put = |key: Key, words: [u32; 4]| table.insert(key, words.into()).unwrap();
        let id = self.id(cpu);
        let [signature, addressable, ecx, edx] = self.leaf1;
        put(Key::leaf(1), [signature, id << 24 | addressable << 16 | 0x800, ecx, edx]);
        let mut list = |leaf: u32, levels: &[(u32, u32, u32)]| {
            for (subleaf, (kind, shift, number)) in (0..).zip(levels) {
                put(Key::subleaf(leaf, subleaf), [*shift, *number, kind << 8 | subleaf, id]);
            }
            let end = u32::try_from(levels.len()).unwrap();
            put(Key::subleaf(leaf, end), [0, 0, end, id]);
        };
        let thread_shift = self.threads.trailing_zeros();
        let b = [(1, thread_shift, self.threads), (2, self.package_shift, self.cores * self.threads)];
        if !matches!(self.levels, Levels::None) {
            list(0xb, &b);
        }
        match self.levels {
            Levels::Leaf1f(levels) => list(0x1f, levels),
            Levels::Extended(levels) => list(0x8000_0026, levels),
            Levels::None | Levels::LeafB => {}
        }
        if has_1e {
            let core = (id & ((1 << self.package_shift) - 1)) >> thread_shift;
            let number = (self.threads - 1) << 8 | (self.core_number)(core);
            put(Key::leaf(0x8000_001e), [id, number, (self.nodes - 1) << 8 | self.node(cpu), 0]);
        }
        brand(&mut table, self.brand);
        table
    }

    pub fn profile(&self) -> HostProfile {
        let tables: Vec<CpuidTable> = (0..self.cpus()).map(|cpu| self.table(cpu)).collect();
        let nodes = self.sockets * self.nodes;
        let node = |id: u32| {
            let (all, of_node) = (self.sockets * self.cores, self.cores / self.nodes);
            let run = |thread: u32| (thread * all + id * of_node, thread * all + (id + 1) * of_node - 1, 1);
            let ranges = (0..self.threads).map(run).collect();
            NumaNode { id, cpus: CpuList { ranges }, memory: Some(self.memory << 30) }
        };
        let distance = |from: u32, to: u32| match (from == to, from / self.nodes == to / self.nodes) {
            (true, _) => self.distances[0],
            (false, true) => self.distances[1],
            (false, false) => *self.distances.last().unwrap(),
        };
        let numa = NumaPart {
            nodes: (0..nodes).map(node).collect(),
            distances: (0..nodes).map(|from| (0..nodes).map(|to| distance(from, to)).collect()).collect(),
        };
        profile_of(self.note, &tables, numa)
    }
}

/// Words as lines of key and registers.
fn parsed(words: &str) -> CpuidTable {
    let mut table = CpuidTable::new();
    for line in words.lines().filter(|line| !line.is_empty()) {
        let (key, words) = line.trim().split_once(' ').unwrap();
        table.insert(key.parse().unwrap(), words.trim_start().parse().unwrap()).unwrap();
    }
    table
}

/// Puts the brand string into its three leaves.
fn brand(table: &mut CpuidTable, text: &str) {
    let mut brand = [0; 48];
    brand[..text.len()].copy_from_slice(text.as_bytes());
    for (leaf, bytes) in (0x8000_0002..).zip(brand.chunks_exact(16)) {
        let mut words = bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap()));
        let words: [u32; 4] = std::array::from_fn(|_| words.next().unwrap());
        table.insert(Key::leaf(leaf), words.into()).unwrap();
    }
}

/// A profile of CPUs with these tables, by number.
fn profile_of(note: &str, tables: &[CpuidTable], numa: NumaPart) -> HostProfile {
    let first = &tables[0];
    let differ = |table: &CpuidTable| -> BTreeMap<Key, Registers> {
        let own = table.iter().filter(|(key, words)| first.get(*key) != Some(words));
        own.map(|(key, words)| (key, *words)).collect()
    };
    let last = u32::try_from(tables.len()).unwrap() - 1;
    HostProfile {
        origin: Origin { kind: OriginKind::Assembled, note: Some(note.to_owned()), ..Origin::default() },
        cpus: Some(CpusPart {
            online: CpuList { ranges: vec![(0, last, 1)] },
            differences: (1..).zip(&tables[1..]).map(|(cpu, table)| (cpu, differ(table))).collect(),
            cpuid: first.clone(),
        }),
        numa: Some(numa),
        ..HostProfile::default()
    }
}

/// One node of all CPUs and so many GiB.
fn one_node(cpus: usize, gib: u64) -> NumaPart {
    let cpus = CpuList { ranges: vec![(0, u32::try_from(cpus).unwrap() - 1, 1)] };
    NumaPart { nodes: vec![NumaNode { id: 0, cpus, memory: Some(gib << 30) }], distances: vec![vec![10]] }
}
