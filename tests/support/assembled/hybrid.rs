//! Hosts whose cores are of two types.

use super::{CpuidTable, HostProfile, brand, one_node, parsed, profile_of};

/// One machine of one socket.
pub struct Hybrid {
    /// The file's name.
    pub file: &'static str,
    pub note: &'static str,
    pub brand: &'static str,
    /// What all CPUs answer alike, but for the ID in it.
    pub words: &'static str,
    /// What CPUs of each type answer beside it: performance, then efficiency.
    pub own: [&'static str; 2],
    /// The x2APIC ID of each CPU, in the kernel's order.
    pub ids: fn() -> Vec<u32>,
    /// The first ID of an efficiency core. All above it are theirs.
    pub efficiency_from: u32,
    /// GiB of its one node.
    pub memory: u64,
    /// KiB of an instance of each cache, inner to outer, of either type.
    pub kib: [&'static [u64]; 2],
}

impl Hybrid {
    /// 0 for performance, 1 for efficiency.
    pub fn type_of(&self, id: u32) -> usize {
        usize::from(id >= self.efficiency_from)
    }

    /// The whole table of the CPU of this ID.
    pub fn table(&self, id: u32) -> CpuidTable {
        let mut table = parsed(self.words);
        let own = parsed(self.own[self.type_of(id)]);
        own.iter().for_each(|(key, words)| table.insert(key, *words).unwrap());
        brand(&mut table, self.brand);
        let keys: Vec<_> = table.iter().map(|(key, _)| key).collect();
        for key in keys {
            let words = table.get_mut(key).unwrap();
            match key.leaf {
                0x1 => words.ebx |= id << 24,
                0xb | 0x1f | 0x8000_0026 => words.edx = id,
                _ => {}
            }
        }
        if table.lookup(0x8000_0001, 0).ecx >> 22 & 1 == 1 {
            table.insert("0x8000001e".parse().unwrap(), [id, 0x100 | id >> 1, 0, 0].into()).unwrap();
        }
        table
    }

    pub fn profile(&self) -> HostProfile {
        let tables: Vec<CpuidTable> = (self.ids)().into_iter().map(|id| self.table(id)).collect();
        profile_of(self.note, &tables, one_node(tables.len(), self.memory))
    }
}

/// Core i7-1370P: what all of its CPUs answer alike.
const CORE_I7_1370P: &str = "
    0x00000000    00000020 756e6547 6c65746e 49656e69
    0x00000001    000b06a2 00800800 7ffafbff bfebfbff
    0x00000002    00feff01 000000f0 00000000 00000000
    0x00000004.3  fc1fc163 02c0003f 00007fff 00000004
    0x00000004.4  00000000 00000000 00000000 00000000
    0x00000005    00000040 00000040 00000003 10102020
    0x00000006    0057cff7 00000002 00000009 00000000
    0x00000007.0  00000002 239c27eb 98c027bc fc1cc410
    0x00000007.1  00400810 00000000 00000000 00040000
    0x00000007.2  00000000 00000000 00000000 0000001f
    0x0000000a    07300605 00000000 00000007 00008603
    0x0000000b.1  00000007 00000014 00000201 00000000
    0x0000000b.2  00000000 00000000 00000002 00000000
    0x0000000d.0  00000207 00000a88 00000a88 00000000
    0x0000000d.1  0000000f 00000670 00019900 00000000
    0x0000000d.2  00000100 00000240 00000000 00000000
    0x0000000d.8  00000080 00000000 00000001 00000000
    0x0000000d.9  00000008 00000a80 00000000 00000000
    0x0000000d.11 00000010 00000000 00000001 00000000
    0x0000000d.12 00000018 00000000 00000001 00000000
    0x0000000d.15 00000328 00000000 00000001 00000000
    0x0000000d.16 00000008 00000000 00000001 00000000
    0x00000014.1  02490002 003f003f 00000000 00000000
    0x00000015    00000002 00000072 0249f000 00000000
    0x00000019    00000007 00000014 00000003 00000000
    0x0000001b.0  00000001 00000001 00000000 00000000
    0x0000001b.1  00000000 00000000 00000000 00000000
    0x0000001f.1  00000007 00000014 00000201 00000000
    0x0000001f.2  00000000 00000000 00000002 00000000
    0x00000020.0  00000000 00000001 00000000 00000000
    0x80000000    80000008 00000000 00000000 00000000
    0x80000001    00000000 00000000 00000121 2c100800
    0x80000007    00000000 00000000 00000000 00000100
    0x80000008    0000302e 00000000 00000000 00000000
";

/// Its performance cores.
const RAPTOR_COVE: &str = "
    0x00000004.0  fc004121 02c0003f 0000003f 00000000
    0x00000004.1  fc004122 01c0003f 0000003f 00000000
    0x00000004.2  fc01c143 0240003f 000007ff 00000000
    0x0000000b.0  00000001 00000002 00000100 00000000
    0x00000014.0  00000001 0000005f 00000007 00000000
    0x00000016    00000898 00001450 00000064 00000000
    0x00000018.0  00000008 00000000 00000000 00000000
    0x00000018.1  00000000 00080001 00000020 00004022
    0x00000018.2  00000000 00080006 00000004 00004022
    0x00000018.3  00000000 0010000f 00000001 00004125
    0x00000018.4  00000000 00040001 00000010 00004024
    0x00000018.5  00000000 00040006 00000008 00004024
    0x00000018.6  00000000 00080008 00000001 00004124
    0x00000018.7  00000000 00080007 00000080 00004043
    0x00000018.8  00000000 00080009 00000080 00004043
    0x0000001a    40000001 00000000 00000000 00000000
    0x0000001c    4000000b 00000007 00000007 00000000
    0x0000001f.0  00000001 00000002 00000100 00000000
    0x80000006    00000000 00000000 05007040 00000000
";

/// Its efficiency cores.
const GRACEMONT: &str = "
    0x00000004.0  fc004121 01c0003f 0000003f 00000000
    0x00000004.1  fc004122 01c0003f 0000007f 00000000
    0x00000004.2  fc01c143 03c0003f 000007ff 00000000
    0x0000000b.0  00000001 00000001 00000100 00000000
    0x00000014.0  00000001 0000005f 80000007 00000000
    0x00000016    00000898 00000f3c 00000064 00000000
    0x00000018.0  00000004 00000000 00000000 00000000
    0x00000018.1  00000000 00300001 00000001 00000121
    0x00000018.2  00000000 00040003 00000200 00000043
    0x00000018.3  00000000 00400001 00000001 00000122
    0x00000018.4  00000000 00080008 00000001 00000143
    0x0000001a    20000001 00000000 00000000 00000000
    0x0000001c    c000000b 00000007 00000007 00000000
    0x0000001f.0  00000001 00000001 00000100 00000000
    0x80000006    00000000 00000000 08008040 00000000
";

pub const RAPTOR_LAKE: Hybrid = Hybrid {
    file: "one-socket-intel-core-i7-1370p.json",
    note: "One Intel Core i7-1370P (Raptor Lake), 6 performance cores of two threads and 8 efficiency cores in two \
           groups of four with an L2, 32 GiB. Assembled, not captured: cores, caches (performance: L1D 48 KiB, L1I 32 \
           KiB, L2 1.25 MiB; efficiency: L1D 32 KiB, L1I 64 KiB, L2 2 MiB; L3 24 MiB) and frequencies are of Intel's \
           data sheet; feature words, XSAVE areas, TLBs, core types and x2APIC IDs are as hwloc's published dump of such \
           a machine, signature B06A2, has them. Left out with their bits: hardware feedback and Thread Director \
           (0x6). No KVM part: what KVM passes is to be assumed.",
    brand: "13th Gen Intel(R) Core(TM) i7-1370P",
    words: CORE_I7_1370P,
    own: [RAPTOR_COVE, GRACEMONT],
    ids: || {
        let performance = (0..6).flat_map(|core| [core << 3, core << 3 | 1]);
        performance.chain((0..8).map(|core| 0x30 + 2 * core)).collect()
    },
    efficiency_from: 0x30,
    memory: 32,
    kib: [&[48, 32, 1280, 24 << 10], &[32, 64, 2 << 10, 24 << 10]],
};

/// Ryzen AI 9 HX 370: what all of its CPUs answer alike.
const RYZEN_HX_370: &str = "
    0x00000000    00000010 68747541 444d4163 69746e65
    0x00000001    00b20f40 00180800 7ed8320b 178bfbff
    0x00000005    00000040 00000040 00000003 00000021
    0x00000006    00000004 00000000 00000001 00000000
    0x00000007.0  00000001 f1bf07ab 19405fde 10000110
    0x00000007.1  00000030 00000000 00000000 00000000
    0x0000000b.0  00000001 00000002 00000100 00000000
    0x0000000b.1  00000005 00000018 00000201 00000000
    0x0000000b.2  00000000 00000000 00000002 00000000
    0x0000000d.0  000002e7 00000988 00000988 00000000
    0x0000000d.1  0000000f 00000998 00001800 00000000
    0x0000000d.2  00000100 00000240 00000000 00000000
    0x0000000d.5  00000040 00000340 00000000 00000000
    0x0000000d.6  00000200 00000380 00000000 00000000
    0x0000000d.7  00000400 00000580 00000000 00000000
    0x0000000d.9  00000008 00000980 00000000 00000000
    0x0000000d.11 00000010 00000000 00000001 00000000
    0x0000000d.12 00000018 00000000 00000001 00000000
    0x80000000    80000028 68747541 444d4163 69746e65
    0x80000001    00b20f40 10000000 75c237ff 2fd3fbff
    0x80000005    ff60ff40 ff60ff40 300c0140 20080140
    0x80000007    00000000 0000003b 00000000 00006799
    0x80000008    00003030 791ef217 00005017 00010000
    0x8000000a    00000001 00008000 00000000 febfbdff
    0x80000019    f060f040 40200000 00000000 00000000
    0x8000001a    00000006 00000000 00000000 00000000
    0x8000001b    00081bff 00000000 00000000 00000000
    0x8000001d.0  00004121 02c0003f 0000003f 00000000
    0x8000001d.1  00004122 01c0003f 0000003f 00000000
    0x8000001d.2  00004143 03c0003f 000003ff 00000002
    0x8000001d.4  00000000 00000000 00000000 00000000
    0x80000021    593fffcf 00080382 00000000 00000000
    0x80000026.2  40000005 00000018 00000302 00000000
    0x80000026.3  00000005 00000018 00000403 00000000
    0x80000026.4  00000000 00000000 00000004 00000000
";

/// Its performance cores.
const ZEN_5: &str = "
    0x80000006    40802040 60804040 04008140 00809140
    0x8000001d.3  0001c163 03c0003f 00003fff 00000001
    0x80000026.0  60000001 00000002 00000100 00000000
    0x80000026.1  c0000004 00000008 00000201 00000000
";

/// Its efficiency cores.
const ZEN_5C: &str = "
    0x80000006    40802040 60804040 04008140 00409140
    0x8000001d.3  0003c163 03c0003f 00001fff 00000001
    0x80000026.0  60000001 10000002 00000100 00000000
    0x80000026.1  c0000004 00000010 00000201 00000000
";

pub const STRIX_POINT: Hybrid = Hybrid {
    file: "one-socket-amd-ryzen-ai-9-hx-370.json",
    note: "One AMD Ryzen AI 9 HX 370 (Strix Point, Zen 5), a complex of 4 performance cores and one of 8 efficiency \
           cores, all of two threads, 32 GiB. Assembled, not captured: cores and caches (L1D 48 KiB, L1I 32 KiB, L2 1 \
           MiB; L3 16 MiB of the first complex, 8 MiB of the second) are of AMD's data sheet; feature words, XSAVE areas, \
           TLBs, leaf 0x80000026 and x2APIC IDs are as hwloc's published dump of such a machine, signature B20F40, has \
           them; leaf 0xB, which the dump leaves out, is of AMD's manual. Left out with their feature bits: resource \
           control (0xF, 0x10, 0x80000020). Left out: memory encryption (0x8000001F), performance monitoring \
           (0x80000022). No KVM part: what KVM passes is to be assumed.",
    brand: "AMD Ryzen AI 9 HX 370 w/ Radeon 890M           ",
    words: RYZEN_HX_370,
    own: [ZEN_5, ZEN_5C],
    // The first threads of all cores, then the second ones.
    ids: || {
        let first = || (0..4).chain(8..16).map(|core| core << 1);
        first().chain(first().map(|id| id | 1)).collect()
    },
    efficiency_from: 0x10,
    memory: 32,
    kib: [&[48, 32, 1 << 10, 16 << 10], &[48, 32, 1 << 10, 8 << 10]],
};
