//! The example hosts that are put together from published figures, and what holds for all of them.
//!
//! `TOPOC_UPDATE=1` writes the files anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use topoc::cpuid::{CpuidTable, Key, Registers, Vendor};
use topoc::profile::{CpusPart, HostProfile, NumaNode, NumaPart, Origin, OriginKind, base_table};
use topoc::spec::CpuList;

/// Xeon Platinum 8480+: what all CPUs of the machine answer alike. Signature 806F8's words are those
/// of public captures of the same design; cores, caches and frequencies are of the data sheet.
const XEON_8480: &str = "
    0x00000000    00000020 756e6547 6c65746e 49656e69
    0x00000002    00feff01 000000f0 00000000 00000000
    0x00000004.0  fc004121 02c0003f 0000003f 00000000
    0x00000004.1  fc004122 01c0003f 0000003f 00000000
    0x00000004.2  fc004143 03c0003f 000007ff 00000000
    0x00000004.3  fc1fc163 0380003f 0001bfff 00000004
    0x00000004.4  00000000 00000000 00000000 00000000
    0x00000005    00000040 00000040 00000003 00001020
    0x00000006    0045cef7 00000002 00000009 00000000
    0x00000007.0  00000002 f3bf2ffb bb417fee ffdd4430
    0x00000007.1  00001c30 00000000 00000000 00000000
    0x00000007.2  00000000 00000000 00000000 00000017
    0x0000000a    08300805 00000000 0000000f 00008604
    0x0000000d.0  000602e7 00002b00 00002b00 00000000
    0x0000000d.1  0000001f 00002a80 0000dd00 00000000
    0x0000000d.2  00000100 00000240 00000000 00000000
    0x0000000d.5  00000040 00000440 00000000 00000000
    0x0000000d.6  00000200 00000480 00000000 00000000
    0x0000000d.7  00000400 00000680 00000000 00000000
    0x0000000d.8  00000080 00000000 00000001 00000000
    0x0000000d.9  00000008 00000a80 00000000 00000000
    0x0000000d.10 00000008 00000000 00000001 00000000
    0x0000000d.11 00000010 00000000 00000001 00000000
    0x0000000d.12 00000018 00000000 00000001 00000000
    0x0000000d.14 00000030 00000000 00000001 00000000
    0x0000000d.15 00000328 00000000 00000001 00000000
    0x0000000d.17 00000040 00000ac0 00000002 00000000
    0x0000000d.18 00002000 00000b00 00000006 00000000
    0x00000014.0  00000001 0000005f 00000007 00000000
    0x00000014.1  02490002 003f003f 00000000 00000000
    0x00000016    000007d0 00000ed8 00000064 00000000
    0x00000018.0  00000008 00000000 00000000 00000000
    0x00000018.1  00000000 00080001 00000020 00004022
    0x00000018.2  00000000 00080006 00000004 00004022
    0x00000018.3  00000000 0010000f 00000001 00004125
    0x00000018.4  00000000 00040001 00000010 00004024
    0x00000018.5  00000000 00040006 00000008 00004024
    0x00000018.6  00000000 00080008 00000001 00004124
    0x00000018.7  00000000 00080007 00000080 00004043
    0x00000018.8  00000000 00080009 00000080 00004043
    0x0000001b.0  00000001 00000001 00000000 00000000
    0x0000001b.1  00000000 00000000 00000000 00000000
    0x0000001c    4000000b 00000007 00000007 00000000
    0x0000001d.0  00000001 00000000 00000000 00000000
    0x0000001d.1  04002000 00080040 00000010 00000000
    0x0000001e.0  00000000 00004010 00000000 00000000
    0x80000000    80000008 00000000 00000000 00000000
    0x80000001    00000000 00000000 00000121 2c100800
    0x80000006    00000000 00000000 08007040 00000000
    0x80000007    00000000 00000000 00000000 00000100
    0x80000008    00003934 00000200 00000000 00000000
";

/// Xeon Gold 6140, likewise: signature 50654.
const XEON_6140: &str = "
    0x00000000    00000016 756e6547 6c65746e 49656e69
    0x00000002    76036301 00f0b5ff 00000000 00c30000
    0x00000004.0  7c004121 01c0003f 0000003f 00000000
    0x00000004.1  7c004122 01c0003f 0000003f 00000000
    0x00000004.2  7c004143 03c0003f 000003ff 00000000
    0x00000004.3  7c0fc163 0280003f 00008fff 00000004
    0x00000004.4  00000000 00000000 00000000 00000000
    0x00000005    00000040 00000040 00000003 00002020
    0x00000006    00000077 00000002 00000009 00000000
    0x00000007.0  00000000 d39f6ffb 00000018 00000000
    0x0000000a    07300404 00000000 00000000 00000603
    0x0000000d.0  000002ff 00000a88 00000a88 00000000
    0x0000000d.1  0000000f 00000a08 00000100 00000000
    0x0000000d.2  00000100 00000240 00000000 00000000
    0x0000000d.3  00000040 000003c0 00000000 00000000
    0x0000000d.4  00000040 00000400 00000000 00000000
    0x0000000d.5  00000040 00000440 00000000 00000000
    0x0000000d.6  00000200 00000480 00000000 00000000
    0x0000000d.7  00000400 00000680 00000000 00000000
    0x0000000d.8  00000080 00000000 00000001 00000000
    0x0000000d.9  00000008 00000a80 00000000 00000000
    0x00000014.0  00000001 0000000f 00000007 00000000
    0x00000015    00000002 000000b8 00000000 00000000
    0x00000016    000008fc 00000e74 00000064 00000000
    0x80000000    80000008 00000000 00000000 00000000
    0x80000001    00000000 00000000 00000121 2c100800
    0x80000006    00000000 00000000 01006040 00000000
    0x80000007    00000000 00000000 00000000 00000100
    0x80000008    0000302e 00000000 00000000 00000000
";

/// EPYC 9654, likewise: signature A10F11.
const EPYC_9654: &str = "
    0x00000000    00000010 68747541 444d4163 69746e65
    0x00000005    00000040 00000040 00000003 00000011
    0x00000006    00000004 00000000 00000001 00000000
    0x00000007.0  00000001 f1bf07a9 00415fce 10000010
    0x00000007.1  00000020 00000000 00000000 00000000
    0x0000000d.0  000002e7 00000988 00000988 00000000
    0x0000000d.1  0000000f 00000988 00001800 00000000
    0x0000000d.2  00000100 00000240 00000000 00000000
    0x0000000d.5  00000040 00000340 00000000 00000000
    0x0000000d.6  00000200 00000380 00000000 00000000
    0x0000000d.7  00000400 00000580 00000000 00000000
    0x0000000d.9  00000008 00000980 00000000 00000000
    0x0000000d.11 00000010 00000000 00000001 00000000
    0x0000000d.12 00000018 00000000 00000001 00000000
    0x80000000    80000028 68747541 444d4163 69746e65
    0x80000001    00a10f11 40000000 75c237ff 2fd3fbff
    0x80000005    ff48ff40 ff48ff40 20080140 20080140
    0x80000006    5c002200 6c004200 04006140 0c009140
    0x80000007    00000000 0000003b 00000000 00006799
    0x80000008    00003934 191ef257 000080bf 00010000
    0x8000000a    00000001 00008000 00000000 1ebfbcff
    0x80000019    f048f040 f0400000 00000000 00000000
    0x8000001a    00000006 00000000 00000000 00000000
    0x8000001b    00000bff 00000000 00000000 00000000
    0x8000001d.0  00004121 01c0003f 0000003f 00000000
    0x8000001d.1  00004122 01c0003f 0000003f 00000000
    0x8000001d.2  00004143 01c0003f 000007ff 00000002
    0x8000001d.3  0003c163 03c0003f 00007fff 00000001
    0x8000001d.4  00000000 00000000 00000000 00000000
    0x80000021    00062fcf 0000015c 00000000 00000000
";

/// EPYC 7742, likewise: signature 830F10.
const EPYC_7742: &str = "
    0x00000000    00000010 68747541 444d4163 69746e65
    0x00000005    00000040 00000040 00000003 00000011
    0x00000006    00000004 00000000 00000001 00000000
    0x00000007.0  00000000 219c01a9 00400004 00000000
    0x0000000d.0  00000207 00000340 00000380 00000000
    0x0000000d.1  0000000f 00000340 00000000 00000000
    0x0000000d.2  00000100 00000240 00000000 00000000
    0x0000000d.9  00000040 00000340 00000000 00000000
    0x80000000    80000020 68747541 444d4163 69746e65
    0x80000001    00830f10 40000000 75c237ff 2fd3fbff
    0x80000005    ff40ff40 ff40ff40 20080140 20080140
    0x80000006    48006400 68006400 02006140 08009140
    0x80000007    00000000 0000001b 00000000 00006799
    0x80000008    00003030 018cf757 0000707f 00010000
    0x8000000a    00000001 00008000 00000000 0013bcff
    0x80000019    f040f040 00000000 00000000 00000000
    0x8000001a    00000006 00000000 00000000 00000000
    0x8000001b    000003ff 00000000 00000000 00000000
    0x8000001d.0  00004121 01c0003f 0000003f 00000000
    0x8000001d.1  00004122 01c0003f 0000003f 00000000
    0x8000001d.2  00004143 01c0003f 000003ff 00000002
    0x8000001d.3  0001c163 03c0003f 00003fff 00000001
    0x8000001d.4  00000000 00000000 00000000 00000000
";

/// One two-socket machine, both sockets alike, two threads a core, one node a socket.
struct Server {
    file: &'static str,
    note: &'static str,
    brand: &'static str,
    /// What all CPUs answer alike.
    words: &'static str,
    /// Leaf 1: EAX, EBX[23:16], ECX, EDX.
    leaf1: [u32; 4],
    /// Cores of a socket.
    cores: u32,
    /// The x2APIC ID of a core's first thread within its socket.
    core_id: fn(u32) -> u32,
    /// Bits of an x2APIC ID below the socket's.
    package_shift: u32,
    /// Leaf 0x80000026 as type, shift and number, inner to outer; none where it does not exist.
    levels: &'static [(u32, u32, u32)],
    /// GiB of a node.
    memory: u64,
    /// From the one node to the other. The firmware's choice; these are common.
    distance: u32,
}

const XEON: Server = Server {
    file: "two-socket-intel-xeon-8480plus.json",
    note: "Two Intel Xeon Platinum 8480+ (Sapphire Rapids), 56 cores and 112 threads each, one node a socket, \
           1 TiB. Assembled, not captured: cores, caches (L1D 48 KiB, L1I 32 KiB, L2 2 MiB, L3 105 MiB) and \
           frequencies are of Intel's data sheet; feature words, XSAVE areas and TLBs are of public captures of \
           the same signature, 806F8 (libcpuid's Xeon w7-2475X); x2APIC IDs are packed as such machines pack \
           them. Left out with their feature bits: resource monitoring and allocation (0xF, 0x10) and the TSC \
           ratio (0x15). No KVM part: what KVM passes is to be assumed.",
    brand: "Intel(R) Xeon(R) Platinum 8480+",
    words: XEON_8480,
    leaf1: [0x0008_06f8, 0x80, 0x7ffe_fbff, 0xbfeb_fbff],
    cores: 56,
    core_id: |core| core << 1,
    package_shift: 7,
    levels: &[],
    memory: 512,
    distance: 21,
};

/// The numbers of the 18 cores of a die, with the gaps that published dumps of the 6140 have.
const SKYLAKE_CORES: [u32; 18] = [0, 1, 2, 3, 4, 8, 9, 10, 11, 16, 17, 18, 19, 20, 24, 25, 26, 27];

const SKYLAKE: Server = Server {
    file: "two-socket-intel-xeon-gold-6140.json",
    note: "Two Intel Xeon Gold 6140 (Skylake), 18 cores and 36 threads each, one node a socket, 384 GiB. \
           Assembled, not captured: cores, caches (L1D and L1I 32 KiB, L2 1 MiB, L3 24.75 MiB) and frequencies \
           are of Intel's data sheet; feature words, XSAVE areas, TLBs and x2APIC IDs are as hwloc's published \
           dump of such a machine, signature 50654, has them: its microcode is older than IBRS. Leaf 0x1F \
           does not exist on Skylake. Left out with their feature bits: resource monitoring and allocation \
           (0xF, 0x10). No KVM part: what KVM passes is to be assumed.",
    brand: "Intel(R) Xeon(R) Gold 6140 CPU @ 2.30GHz",
    words: XEON_6140,
    leaf1: [0x0005_0654, 0x40, 0x7ffe_fbff, 0xbfeb_fbff],
    cores: 18,
    core_id: |core| SKYLAKE_CORES[usize::try_from(core).unwrap()] << 1,
    package_shift: 6,
    levels: &[],
    memory: 192,
    distance: 21,
};

const GENOA: Server = Server {
    file: "two-socket-amd-epyc-9654.json",
    note: "Two AMD EPYC 9654 (Genoa, Zen 4), 96 cores and 192 threads each in 12 dies of one complex of 8 cores, \
           one node a socket, 1.5 TiB. Assembled, not captured: cores and caches (L1D and L1I 32 KiB, L2 1 MiB, \
           L3 32 MiB a complex) are of AMD's data sheet; feature words are of libcpuid's capture of a Ryzen 9 \
           7900X, of the same Zen 4 design, with what Firecracker's published fingerprint of Genoa has in its \
           place: signature, package type, PCID, LA57, address sizes; leaves 0xB and 0x80000026 are as published dumps of \
           the 9654 have them. Left out with their feature bits: resource control (0xF, 0x10, 0x80000020). Left \
           out: memory encryption (0x8000001F), performance monitoring (0x80000022). No KVM part: what KVM \
           passes is to be assumed.",
    brand: "AMD EPYC 9654 96-Core Processor                ",
    words: EPYC_9654,
    leaf1: [0x00a1_0f11, 0xc0, 0x7efa_320b, 0x178b_fbff],
    cores: 96,
    core_id: |core| ((core / 8) << 4) | ((core % 8) << 1),
    package_shift: 8,
    levels: &[(1, 1, 2), (2, 4, 16), (3, 4, 16), (4, 8, 192)],
    memory: 768,
    distance: 32,
};

const ROME: Server = Server {
    file: "two-socket-amd-epyc-7742.json",
    note: "Two AMD EPYC 7742 (Rome, Zen 2), 64 cores and 128 threads each in 16 complexes of 4 cores, one node a \
           socket, 1 TiB. Assembled, not captured: cores and caches (L1D and L1I 32 KiB, L2 512 KiB, L3 16 MiB a \
           complex) are of AMD's data sheet; feature words are of libcpuid's capture of an EPYC 7402P, of the \
           same signature, 830F10. Leaf 0x80000026 does not exist on Zen 2. Left out with their feature bits: \
           resource control (0xF, 0x10, 0x80000020). Left out: memory encryption (0x8000001F). No KVM part: \
           what KVM passes is to be assumed.",
    brand: "AMD EPYC 7742 64-Core Processor                ",
    words: EPYC_7742,
    leaf1: [0x0083_0f10, 0x80, 0x7ed8_320b, 0x178b_fbff],
    cores: 64,
    core_id: |core| core << 1,
    package_shift: 7,
    levels: &[],
    memory: 512,
    distance: 32,
};

const SERVERS: [&Server; 4] = [&XEON, &SKYLAKE, &GENOA, &ROME];

impl Server {
    /// The kernel numbers the first threads of all cores, socket by socket, then the second ones.
    fn place(&self, cpu: u32) -> (u32, u32, u32) {
        let of_all = cpu % (2 * self.cores);
        (of_all / self.cores, of_all % self.cores, cpu / (2 * self.cores))
    }

    fn id(&self, cpu: u32) -> u32 {
        let (socket, core, thread) = self.place(cpu);
        socket << self.package_shift | (self.core_id)(core) | thread
    }

    fn vendor(&self) -> Vendor {
        if self.brand.starts_with("AMD") { Vendor::Amd } else { Vendor::Intel }
    }

    /// The whole table of one CPU.
    fn table(&self, cpu: u32) -> CpuidTable {
        let mut table = CpuidTable::new();
        for line in self.words.lines().filter(|line| !line.is_empty()) {
            let (key, words) = line.trim().split_once(' ').unwrap();
            table.insert(key.parse().unwrap(), words.trim_start().parse().unwrap()).unwrap();
        }
        // 0x1F is within reach on Sapphire Rapids alone.
        let max_leaf = table.lookup(0, 0).eax;
        let mut put = |key: Key, words: [u32; 4]| table.insert(key, words.into()).unwrap();
        let id = self.id(cpu);
        let [signature, addressable, ecx, edx] = self.leaf1;
        put(Key::leaf(1), [signature, id << 24 | addressable << 16 | 0x800, ecx, edx]);
        let threads = 2 * self.cores;
        for leaf in [0xb, 0x1f].into_iter().filter(|leaf| *leaf <= max_leaf) {
            put(Key::subleaf(leaf, 0), [1, 2, 0x100, id]);
            put(Key::subleaf(leaf, 1), [self.package_shift, threads, 0x201, id]);
            put(Key::subleaf(leaf, 2), [0, 0, 2, id]);
        }
        if self.vendor() == Vendor::Amd {
            let (socket, ..) = self.place(cpu);
            let core = (id & ((1 << self.package_shift) - 1)) >> 1;
            put(Key::leaf(0x8000_001e), [id, 0x100 | core, socket, 0]);
        }
        if !self.levels.is_empty() {
            for (subleaf, (kind, shift, number)) in (0..).zip(self.levels) {
                put(Key::subleaf(0x8000_0026, subleaf), [*shift, *number, kind << 8 | subleaf, id]);
            }
            let end = u32::try_from(self.levels.len()).unwrap();
            put(Key::subleaf(0x8000_0026, end), [0, 0, end, id]);
        }
        let mut brand = [0; 48];
        brand[..self.brand.len()].copy_from_slice(self.brand.as_bytes());
        for (leaf, bytes) in (0x8000_0002..).zip(brand.chunks_exact(16)) {
            let mut words = bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap()));
            put(Key::leaf(leaf), std::array::from_fn(|_| words.next().unwrap()));
        }
        table
    }

    fn profile(&self) -> HostProfile {
        let cpus = 4 * self.cores;
        let first = self.table(0);
        let differ = |cpu: u32| -> BTreeMap<Key, Registers> {
            let table = self.table(cpu);
            table
                .iter()
                .filter(|(key, words)| first.get(*key) != Some(words))
                .map(|(key, words)| (key, *words))
                .collect()
        };
        let node = |id: u32| {
            let (first, second) = (id * self.cores, (id + 2) * self.cores);
            let ranges = vec![(first, first + self.cores - 1, 1), (second, second + self.cores - 1, 1)];
            NumaNode { id, cpus: CpuList { ranges }, memory: Some(self.memory << 30) }
        };
        HostProfile {
            origin: Origin {
                kind: OriginKind::Assembled,
                note: Some(self.note.to_owned()),
                ..Origin::default()
            },
            cpus: Some(CpusPart {
                online: CpuList { ranges: vec![(0, cpus - 1, 1)] },
                differences: (1..cpus).map(|cpu| (cpu, differ(cpu))).collect(),
                cpuid: first.clone(),
            }),
            numa: Some(NumaPart {
                nodes: vec![node(0), node(1)],
                distances: vec![vec![10, self.distance], vec![self.distance, 10]],
            }),
            ..HostProfile::default()
        }
    }
}

fn hosts() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/hosts")
}

#[test]
fn the_assembled_hosts_are_current() {
    for server in SERVERS {
        let path = hosts().join(server.file);
        let text = server.profile().to_json();
        if std::env::var_os("TOPOC_UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let current = std::fs::read_to_string(&path).unwrap() == text;
        assert!(current, "{}: run with TOPOC_UPDATE=1 to write it anew", server.file);
    }
}

#[test]
fn the_assembled_hosts_agree_with_themselves() {
    for server in SERVERS {
        let cpus = 4 * server.cores;
        let ids: BTreeSet<u32> = (0..cpus).map(|cpu| server.id(cpu)).collect();
        assert_eq!(ids.len(), usize::try_from(cpus).unwrap(), "{}: IDs", server.file);
        let table = server.table(cpus - 1);
        let caches = if server.vendor() == Vendor::Intel { 0x4 } else { 0x8000_001d };
        let size = |subleaf| {
            let words = table.lookup(caches, subleaf);
            let field = |low: u32, bits: u32| u64::from(words.ebx >> low & ((1 << bits) - 1)) + 1;
            field(22, 10) * field(12, 10) * field(0, 12) * (u64::from(words.ecx) + 1) / 1024
        };
        let expected = match server.cores {
            56 => [48, 32, 2 << 10, 105 << 10],
            18 => [32, 32, 1 << 10, 99 << 8],
            96 => [32, 32, 1 << 10, 32 << 10],
            _ => [32, 32, 512, 16 << 10],
        };
        assert_eq!([size(0), size(1), size(2), size(3)], expected, "{}: KiB", server.file);
        if server.vendor() == Vendor::Amd {
            // 0x80000006: L3 of the package in 512 KiB; 0x80000008: threads, and bits of an ID.
            let complexes = u64::from(2 * server.cores / ((table.lookup(caches, 3).eax >> 14 & 0xfff) + 1));
            assert_eq!(u64::from(table.lookup(0x8000_0006, 0).edx >> 18), complexes * expected[3] / 512);
            let sizes = table.lookup(0x8000_0008, 0).ecx;
            assert_eq!((sizes & 0xff, sizes >> 12), (2 * server.cores - 1, server.package_shift));
        }
    }
}

#[test]
fn every_example_host_reads_and_says_what_it_is() {
    let mut vendors = BTreeMap::new();
    for entry in std::fs::read_dir(hosts()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let profile =
            HostProfile::from_slice(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(profile.to_json(), text, "{name} is not in canonical form");
        let vendor = profile.vendor().unwrap().unwrap();
        assert!(name.contains(if vendor == Vendor::Intel { "-intel-" } else { "-amd-" }), "{name}");
        assert!(
            profile.origin.note.as_ref().is_some_and(|note| note.len() > 40),
            "{name} does not say what it is"
        );
        assert_eq!(profile.origin.host_name, None, "{name}");
        let captured = profile.origin.kind == OriginKind::Captured;
        assert_eq!(base_table(&profile).unwrap().assumed, !captured, "{name}");
        assert_eq!(captured, name.starts_with("live-"), "{name}");
        *vendors.entry((captured, vendor.to_string())).or_insert(0) += 1;
    }
    for kind in [(false, "Intel"), (false, "AMD")] {
        assert!(vendors.contains_key(&(kind.0, kind.1.to_owned())), "no {kind:?} among {vendors:?}");
    }
    assert!(vendors.keys().any(|(captured, _)| *captured), "none is captured");
}
