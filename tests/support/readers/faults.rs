//! Single wrong fields, as a compiler with one mistake would write them, and who of the readers finds the
//! machine changed by it.

use super::Reader;
use crate::support::words::Entry;

/// One mistake.
pub struct Fault {
    /// What is wrong.
    pub name: &'static str,
    /// The example and the host that it is made in.
    pub machine: (&'static str, &'static str),
    /// Makes it.
    pub make: fn(&mut [Vec<Entry>]),
    /// Who notices it; for the others it is no fault.
    pub seen_by: &'static [Reader],
}

/// The last bits of IDs in `numa-per-die`, on both vendors: one of the thread, two of the core, one of the
/// die, one of the socket.
const DIES: &str = "numa-per-die";

const INTEL: &str = "Xeon 8480+";
const AMD: &str = "EPYC 9654";

/// Changes one entry of every table.
fn all(tables: &mut [Vec<Entry>], leaf: u32, subleaf: u32, change: impl Fn(&mut [u32; 4])) {
    let mut changed = 0;
    for entry in tables.iter_mut().flatten() {
        if (entry.leaf, entry.subleaf.unwrap_or(0)) == (leaf, subleaf) {
            let old = entry.words;
            change(&mut entry.words);
            changed += u32::from(entry.words != old);
        }
    }
    assert!(changed > 0, "{leaf:x}H, {subleaf}: nothing changed");
}

/// Puts a value into bits `low` and up.
const fn put(word: &mut u32, low: u32, width: u32, value: u32) {
    let mask = (1_u32 << width) - 1;
    *word = *word & !(mask << low) | value << low;
}

/// In every subleaf of a leaf, up to the end of its list.
fn levels(tables: &mut [Vec<Entry>], leaf: u32, count: u32, change: impl Fn(&mut [u32; 4])) {
    (0..count).for_each(|subleaf| all(tables, leaf, subleaf, &change));
}

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "a table given to two vCPUs",
        machine: (DIES, INTEL),
        make: |tables| tables[1] = tables[0].clone(),
        seen_by: &[
            Reader::Hwloc,
            Reader::HwlocWithout1f,
            Reader::HwlocLegacy,
            Reader::CpuidTool,
            Reader::Libcpuid,
            Reader::RawCpuid,
        ],
    },
    Fault {
        name: "01H:EBX[31:24], initial APIC ID, of vCPU 0 everywhere",
        machine: (DIES, INTEL),
        make: |tables| all(tables, 1, 0, |words| put(&mut words[1], 24, 8, 0)),
        seen_by: &[Reader::HwlocLegacy, Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "01H:EBX[23:16], IDs of a package, halved",
        machine: (DIES, INTEL),
        make: |tables| all(tables, 1, 0, |words| put(&mut words[1], 16, 8, 8)),
        seen_by: &[Reader::HwlocLegacy, Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "04H:EAX[31:26], cores of a package, 0",
        machine: (DIES, INTEL),
        make: |tables| levels(tables, 4, 4, |words| put(&mut words[0], 26, 6, 0)),
        seen_by: &[Reader::HwlocLegacy, Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "04H:EAX[25:14], sharers of the L3, those of the socket",
        machine: (DIES, INTEL),
        make: |tables| all(tables, 4, 3, |words| put(&mut words[0], 14, 12, 15)),
        seen_by: &[
            Reader::Hwloc,
            Reader::HwlocWithout1f,
            Reader::HwlocLegacy,
            Reader::CpuidTool,
            Reader::Libcpuid,
            Reader::RawCpuid,
        ],
    },
    Fault {
        name: "04H:EAX[25:14], sharers of the L2, one thread",
        machine: (DIES, INTEL),
        make: |tables| all(tables, 4, 2, |words| put(&mut words[0], 14, 12, 0)),
        seen_by: &[
            Reader::Hwloc,
            Reader::HwlocWithout1f,
            Reader::HwlocLegacy,
            Reader::CpuidTool,
            Reader::Libcpuid,
            Reader::RawCpuid,
        ],
    },
    Fault {
        name: "04H:ECX, sets of the L3, halved",
        machine: (DIES, INTEL),
        make: |tables| all(tables, 4, 3, |words| words[2] /= 2),
        seen_by: &[
            Reader::Hwloc,
            Reader::HwlocWithout1f,
            Reader::HwlocLegacy,
            Reader::CpuidTool,
            Reader::Libcpuid,
            Reader::RawCpuid,
        ],
    },
    Fault {
        name: "0BH:EAX of the threads, shift to the core, 1 too large",
        machine: (DIES, INTEL),
        make: |tables| all(tables, 0xb, 0, |words| words[0] += 1),
        seen_by: &[Reader::HwlocWithout1f, Reader::CpuidTool, Reader::Libcpuid, Reader::RawCpuid],
    },
    Fault {
        name: "0BH:EAX of the cores, shift to the package, 1 too small",
        machine: (DIES, INTEL),
        make: |tables| all(tables, 0xb, 1, |words| words[0] -= 1),
        seen_by: &[Reader::HwlocWithout1f, Reader::CpuidTool, Reader::Libcpuid, Reader::RawCpuid],
    },
    Fault {
        name: "0BH:EBX of the cores, threads of a package, halved",
        machine: (DIES, INTEL),
        make: |tables| all(tables, 0xb, 1, |words| words[1] /= 2),
        seen_by: &[Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "0BH:EDX, dies swapped",
        machine: (DIES, INTEL),
        make: |tables| levels(tables, 0xb, 2, |words| words[3] ^= 8),
        seen_by: &[Reader::CpuidTool, Reader::Libcpuid, Reader::RawCpuid],
    },
    Fault {
        name: "1FH:EAX of the threads, shift to the core, 1 too large",
        machine: (DIES, INTEL),
        make: |tables| all(tables, 0x1f, 0, |words| words[0] += 1),
        seen_by: &[Reader::Hwloc, Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "1FH:EAX of the cores, shift to the die, 1 too small",
        machine: (DIES, INTEL),
        make: |tables| all(tables, 0x1f, 1, |words| words[0] -= 1),
        seen_by: &[Reader::Hwloc, Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "1FH:EAX of the dies, shift to the package, 1 too large",
        machine: (DIES, INTEL),
        make: |tables| all(tables, 0x1f, 2, |words| words[0] += 1),
        seen_by: &[Reader::Hwloc, Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "1FH:ECX[15:8], dies called modules",
        machine: (DIES, INTEL),
        make: |tables| all(tables, 0x1f, 2, |words| put(&mut words[2], 8, 8, 3)),
        seen_by: &[Reader::Hwloc, Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "1FH:EDX, dies swapped",
        machine: (DIES, INTEL),
        make: |tables| levels(tables, 0x1f, 3, |words| words[3] ^= 8),
        seen_by: &[Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "1FH:EAX of the cores, shift to the module, 1 too small",
        machine: ("modules", INTEL),
        make: |tables| all(tables, 0x1f, 1, |words| words[0] -= 1),
        seen_by: &[Reader::Hwloc, Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "a table given to two vCPUs",
        machine: (DIES, AMD),
        make: |tables| tables[1] = tables[0].clone(),
        seen_by: &[
            Reader::Hwloc,
            Reader::HwlocWithout26,
            Reader::HwlocLegacy,
            Reader::CpuidTool,
            Reader::Libcpuid,
            Reader::RawCpuid,
        ],
    },
    Fault {
        name: "0BH:EAX of the cores, shift to the package, 1 too small",
        machine: (DIES, AMD),
        make: |tables| all(tables, 0xb, 1, |words| words[0] -= 1),
        seen_by: &[
            Reader::Hwloc,
            Reader::HwlocWithout26,
            Reader::CpuidTool,
            Reader::Libcpuid,
            Reader::RawCpuid,
        ],
    },
    Fault {
        name: "01H:EBX[23:16], threads of a package, halved",
        machine: (DIES, AMD),
        make: |tables| all(tables, 1, 0, |words| put(&mut words[1], 16, 8, 8)),
        seen_by: &[Reader::HwlocLegacy, Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "80000006H:ECX[31:16], size of the L2, halved",
        machine: (DIES, AMD),
        make: |tables| all(tables, 0x8000_0006, 0, |words| put(&mut words[2], 16, 16, 512)),
        seen_by: &[Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "80000008H:ECX[7:0], threads of a package, halved",
        machine: (DIES, AMD),
        make: |tables| all(tables, 0x8000_0008, 0, |words| put(&mut words[2], 0, 8, 7)),
        seen_by: &[Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "80000008H:ECX[15:12], bits of a package's IDs, 1 too few",
        machine: (DIES, AMD),
        make: |tables| all(tables, 0x8000_0008, 0, |words| put(&mut words[2], 12, 4, 3)),
        seen_by: &[Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "8000001DH:EAX[25:14], sharers of the L3, those of the socket",
        machine: (DIES, AMD),
        make: |tables| all(tables, 0x8000_001d, 3, |words| put(&mut words[0], 14, 12, 15)),
        seen_by: &[
            Reader::Hwloc,
            Reader::HwlocWithout26,
            Reader::HwlocLegacy,
            Reader::CpuidTool,
            Reader::Libcpuid,
            Reader::RawCpuid,
        ],
    },
    Fault {
        name: "8000001DH:EAX[25:14], sharers of the L2, one thread",
        machine: (DIES, AMD),
        make: |tables| all(tables, 0x8000_001d, 2, |words| put(&mut words[0], 14, 12, 0)),
        seen_by: &[
            Reader::Hwloc,
            Reader::HwlocWithout26,
            Reader::HwlocLegacy,
            Reader::CpuidTool,
            Reader::Libcpuid,
            Reader::RawCpuid,
        ],
    },
    Fault {
        name: "8000001DH:ECX, sets of the L3, halved",
        machine: (DIES, AMD),
        make: |tables| all(tables, 0x8000_001d, 3, |words| words[2] /= 2),
        seen_by: &[
            Reader::Hwloc,
            Reader::HwlocWithout26,
            Reader::HwlocLegacy,
            Reader::CpuidTool,
            Reader::Libcpuid,
            Reader::RawCpuid,
        ],
    },
    Fault {
        name: "8000001EH:EAX, extended APIC ID, dies swapped",
        machine: (DIES, AMD),
        make: |tables| all(tables, 0x8000_001e, 0, |words| words[0] ^= 8),
        seen_by: &[Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "8000001EH:EBX[7:0], core ID, counted anew in each complex",
        machine: ("epyc-complexes", AMD),
        make: |tables| all(tables, 0x8000_001e, 0, |words| put(&mut words[1], 2, 6, 0)),
        seen_by: &[Reader::HwlocLegacy, Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "8000001EH:EBX[15:8], threads of a core, one",
        machine: (DIES, AMD),
        make: |tables| all(tables, 0x8000_001e, 0, |words| put(&mut words[1], 8, 8, 0)),
        seen_by: &[Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "8000001EH:ECX[7:0], node ID, 0 everywhere",
        machine: (DIES, AMD),
        make: |tables| all(tables, 0x8000_001e, 0, |words| put(&mut words[2], 0, 8, 0)),
        seen_by: &[
            Reader::Hwloc,
            Reader::HwlocWithout26,
            Reader::HwlocLegacy,
            Reader::CpuidTool,
            Reader::RawCpuid,
        ],
    },
    Fault {
        name: "8000001EH:ECX[10:8], nodes of a package, one",
        machine: (DIES, AMD),
        make: |tables| all(tables, 0x8000_001e, 0, |words| put(&mut words[2], 8, 3, 0)),
        seen_by: &[Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "80000026H:EAX of the complexes, shift to the die, 1 too small",
        machine: (DIES, AMD),
        make: |tables| all(tables, 0x8000_0026, 2, |words| words[0] -= 1),
        seen_by: &[Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "80000026H:EAX of the cores, shift to the complex, 1 too small",
        machine: ("epyc-complexes", AMD),
        make: |tables| all(tables, 0x8000_0026, 1, |words| words[0] -= 1),
        seen_by: &[Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "80000026H:EDX, dies swapped",
        machine: (DIES, AMD),
        make: |tables| levels(tables, 0x8000_0026, 4, |words| words[3] ^= 8),
        seen_by: &[Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "8000001DH:EAX[25:14], sharers of the L3, those of two",
        machine: ("hygon-complexes", "C86 7185"),
        make: |tables| all(tables, 0x8000_001d, 3, |words| put(&mut words[0], 14, 12, 15)),
        seen_by: &[Reader::Hwloc, Reader::HwlocLegacy, Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "04H:EAX[25:14], sharers of the L3, those of two",
        machine: ("kaisheng-clusters", "KH-40000"),
        make: |tables| all(tables, 4, 3, |words| put(&mut words[0], 14, 12, 7)),
        seen_by: &[
            Reader::Hwloc,
            Reader::HwlocWithout1f,
            Reader::HwlocLegacy,
            Reader::CpuidTool,
            Reader::RawCpuid,
        ],
    },
    Fault {
        name: "04H:EAX[25:14], sharers of the L2, one thread",
        machine: ("zx-d-pairs", "ZX-D 4600"),
        make: |tables| all(tables, 4, 2, |words| put(&mut words[0], 14, 12, 0)),
        seen_by: &[Reader::Hwloc, Reader::HwlocLegacy, Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "8000001EH:ECX[7:0], node ID, 0 everywhere",
        machine: ("opteron-nodes", "Opteron 6274"),
        make: |tables| all(tables, 0x8000_001e, 0, |words| put(&mut words[2], 0, 8, 0)),
        seen_by: &[Reader::Hwloc, Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "80000008H:ECX[15:12], bits of a package's IDs, 1 too few",
        machine: ("plain-cores", "Opteron 6164 HE"),
        make: |tables| all(tables, 0x8000_0008, 0, |words| put(&mut words[2], 12, 4, 2)),
        seen_by: &[Reader::Hwloc, Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "1FH:EBX of the cores, threads of the small die, those of the large one",
        machine: ("uneven-dies", INTEL),
        make: |tables| all(&mut tables[12..], 0x1f, 1, |words| words[1] = 12),
        seen_by: &[Reader::CpuidTool, Reader::RawCpuid],
    },
    Fault {
        name: "04H:EAX[25:14], sharers of the L2 of efficiency cores, one thread",
        machine: ("raptor-lake", "i7-1370P"),
        make: |tables| all(&mut tables[12..], 4, 2, |words| put(&mut words[0], 14, 12, 0)),
        seen_by: &[
            Reader::Hwloc,
            Reader::HwlocWithout1f,
            Reader::HwlocLegacy,
            Reader::CpuidTool,
            Reader::Libcpuid,
            Reader::RawCpuid,
        ],
    },
    Fault {
        name: "8000001DH:ECX, sets of the L3 of efficiency cores, those of performance cores",
        machine: ("hybrid-amd", "Ryzen AI 9 HX 370"),
        make: |tables| all(&mut tables[8..], 0x8000_001d, 3, |words| words[2] = words[2] * 2 + 1),
        seen_by: &[
            Reader::Hwloc,
            Reader::HwlocWithout26,
            Reader::HwlocLegacy,
            Reader::CpuidTool,
            Reader::RawCpuid,
        ],
    },
    Fault {
        name: "tables in the order of their IDs, where the spec has another",
        machine: ("hot-plug", INTEL),
        make: |tables| {
            let id = |table: &Vec<Entry>| table.iter().find(|entry| entry.leaf == 0xb).unwrap().words[3];
            tables.sort_by_key(id);
        },
        seen_by: &[
            Reader::Hwloc,
            Reader::HwlocWithout1f,
            Reader::HwlocLegacy,
            Reader::CpuidTool,
            Reader::Libcpuid,
            Reader::RawCpuid,
        ],
    },
];
