//! T001 to T039: IDs, and the leaves that list levels.

use super::machines::{Machine, Maker};
use super::{Condition, Holds, Told, ensure};

const LEAVES: [u32; 3] = [0xb, 0x1f, 0x8000_0026];

const INTEL: (&str, &str) = ("G3", "topology: { sockets: 2, dies: 2, cores: 3, threads: 2 }");
const ZEN_4: (&str, &str) = ("G13", "topology: { sockets: 2, complexes: 2, cores: 3, threads: 2 }");

pub const CONDITIONS: &[Condition] = &[
    Condition {
        number: "T001",
        holds: t001,
        on: INTEL,
        breach: |m| twin(m),
        told: Told::Finds("apic-id-twice"),
    },
    Condition { number: "T002", holds: t002, on: INTEL, breach: |m| m.ids[1] = 17, told: Told::Silent },
    Condition {
        number: "T003",
        holds: t003,
        on: INTEL,
        breach: |m| m.change(1, (1, 0), 1, |ebx| ebx & 0x00ff_ffff),
        told: Told::Finds("initial-apic-id-differs"),
    },
    Condition {
        number: "T004",
        holds: t004,
        on: INTEL,
        // The subleaf that ends the leaf.
        breach: |m| m.change(1, (0xb, 2), 3, |_| 0),
        told: Told::Finds("apic-id-differs"),
    },
    Condition {
        number: "T005",
        holds: t005,
        on: ZEN_4,
        breach: |m| m.change(1, (0x8000_001e, 0), 0, |_| 0),
        told: Told::Finds("apic-id-differs"),
    },
    Condition { number: "T014", holds: t014, on: INTEL, breach: |m| swap(m, 2), told: Told::Silent },
    Condition { number: "T015", holds: t015, on: INTEL, breach: |m| swap(m, 1), told: Told::Silent },
    Condition {
        number: "T017",
        holds: t017,
        on: INTEL,
        breach: contiguous,
        told: Told::Finds("count-not-population"),
    },
    Condition {
        number: "T020",
        holds: t020,
        on: INTEL,
        breach: |m| m.change(1, (0xb, 1), 0, |_| 5),
        told: Told::Finds("rows-differ"),
    },
    Condition {
        number: "T021",
        holds: t021,
        on: INTEL,
        breach: |m| m.change_all((0x1f, 1), 0, |_| 0),
        told: Told::Finds("shift-decreases"),
    },
    Condition {
        number: "T022",
        holds: t022,
        on: INTEL,
        breach: |m| m.change_all((0x1f, 2), 2, |_| 0x202),
        told: Told::Finds("domain-order"),
    },
    Condition {
        number: "T023",
        holds: t023,
        on: INTEL,
        breach: |m| m.change_all((0xb, 0), 1, |_| 0),
        told: Told::Finds("first-row"),
    },
    Condition {
        number: "T024",
        holds: t024,
        on: INTEL,
        breach: |m| m.change_all((0xb, 1), 2, |_| 0x200),
        told: Told::Finds("subleaf-echo"),
    },
    Condition {
        number: "T025",
        holds: t025,
        on: ZEN_4,
        breach: |m| m.drop_all(|e| e[0] == 0x8000_0026 && e[1] == 4),
        told: Told::Finds("no-terminator"),
    },
    Condition {
        number: "T026",
        holds: t026,
        on: INTEL,
        breach: |m| m.change_all((0xb, 1), 1, |_| 0),
        told: Told::Finds("row-missing"),
    },
    Condition {
        number: "T027",
        holds: t027,
        on: INTEL,
        breach: |m| m.change_all((0x1f, 2), 0, |_| 5),
        told: Told::Finds("package-shift-differs"),
    },
    Condition {
        number: "T028",
        holds: t028,
        on: INTEL,
        breach: |m| m.change_all((0xb, 1), 2, |_| 0x501),
        told: Told::Finds("domain-type-unknown"),
    },
    Condition {
        number: "T029",
        holds: t029,
        on: INTEL,
        breach: |m| m.change_all((0x1f, 1), 1, |_| 64),
        told: Told::Finds("count-implausible"),
    },
    Condition {
        number: "T030",
        holds: t030,
        on: INTEL,
        breach: |m| m.change_all((0xb, 1), 1, |_| 11),
        told: Told::Finds("count-not-population"),
    },
    Condition {
        number: "T031",
        holds: t031,
        on: INTEL,
        breach: |m| m.change_all((0xb, 0), 0, |_| 0),
        told: Told::Finds("threads-without-bit"),
    },
    Condition {
        number: "T032",
        holds: t032,
        on: INTEL,
        breach: |m| m.drop_all(|e| e[0] == 0x1f),
        told: Told::Finds("leaf-1f-empty"),
    },
    Condition {
        number: "T033",
        holds: t033,
        on: INTEL,
        breach: |m| {
            m.change_all((0, 0), 0, |_| 0xd);
            m.drop_all(|e| (0xe..0x4000_0000).contains(&e[0]));
        },
        told: Told::Finds("cache-span-no-domain"),
    },
    Condition {
        number: "T036",
        holds: t036,
        on: ZEN_4,
        breach: |m| {
            m.change_all((0, 0), 0, |_| 0x1f);
            m.add_all([0x1f, 0, 1, 1, 2, 0x100, 0, 0, 0, 0]);
        },
        told: Told::Finds("leaf-1f-on-amd"),
    },
    Condition {
        number: "T038",
        holds: t038,
        on: ("G9", "topology: { parts: [{ cores: 2, threads: 2 }, { cores: 2 }] }"),
        breach: |m| {
            for leaf in [0xb, 0x1f] {
                m.change_all((leaf, 0), 0, |_| 0);
            }
        },
        told: Told::Finds("threads-without-bit"),
    },
];

/// vCPU 1 as a copy of vCPU 0.
fn twin(m: &mut Machine) {
    m.tables[1] = m.tables[0].clone();
    m.ids[1] = m.ids[0];
}

/// Another vCPU boots.
fn swap(m: &mut Machine, other: usize) {
    m.tables.swap(0, other);
    m.ids.swap(0, other);
}

/// IDs one after another, as if no count left a gap.
fn contiguous(m: &mut Machine) {
    for (vcpu, id) in (0..m.len()).zip(0..) {
        m.ids[vcpu] = id;
        m.change(vcpu, (1, 0), 1, |ebx| ebx & 0x00ff_ffff | id << 24);
        for leaf in [0xb, 0x1f] {
            (0..4).filter(|n| leaf == 0x1f || *n < 3).for_each(|n| m.change(vcpu, (leaf, n), 3, |_| id));
        }
    }
}

/// Two vCPUs with one ID.
pub fn t001(m: &Machine) -> Holds {
    let mut ids = m.ids.clone();
    ids.sort_unstable();
    ids.dedup();
    ensure!(ids.len() == m.len(), "{} IDs of {} vCPUs", ids.len(), m.len());
    Ok(())
}

/// The ID that the VMM is told is not the one in the table.
pub fn t002(m: &Machine) -> Holds {
    for (vcpu, id) in m.ids.iter().enumerate() {
        let read = if m.is_before_zen() { m.get(vcpu, 1, 0)[1] >> 24 } else { m.get(vcpu, 0xb, 0)[3] };
        ensure!(read == *id, "vCPU {vcpu}: {read} in the table, {id} in the manifest");
    }
    Ok(())
}

/// The initial APIC ID is not the low byte.
pub fn t003(m: &Machine) -> Holds {
    for (vcpu, id) in m.ids.iter().enumerate() {
        let read = m.get(vcpu, 1, 0)[1] >> 24;
        ensure!(read == id & 0xff, "vCPU {vcpu}: {read} of {id}");
    }
    Ok(())
}

/// EDX of a subleaf, the last included, is not the ID.
pub fn t004(m: &Machine) -> Holds {
    for (vcpu, id) in m.ids.iter().enumerate() {
        for entry in m.tables[vcpu].iter().filter(|e| LEAVES.contains(&e[0])) {
            ensure!(entry[6] == *id, "vCPU {vcpu}: EDX of {:x}.{} is {}", entry[0], entry[1], entry[6]);
        }
    }
    Ok(())
}

/// EAX of 8000001EH is not the ID.
pub fn t005(m: &Machine) -> Holds {
    for (vcpu, id) in m.ids.iter().enumerate().filter(|(vcpu, _)| m.has(*vcpu, 0x8000_001e)) {
        let read = m.get(vcpu, 0x8000_001e, 0)[0];
        ensure!(read == *id, "vCPU {vcpu}: {read} of {id}");
    }
    Ok(())
}

/// The vCPU that boots has another ID than 0.
pub fn t014(m: &Machine) -> Holds {
    ensure!(m.ids[0] == 0, "vCPU 0 has ID {}", m.ids[0]);
    Ok(())
}

/// The vCPU that boots is not the first thread of its core.
pub fn t015(m: &Machine) -> Holds {
    ensure!(m.ids[0] & !(u32::MAX << m.core_shift(0)) == 0, "vCPU 0 has ID {}", m.ids[0]);
    Ok(())
}

/// IDs without room for their counts: what the shifts cut off is not what the rows count.
pub fn t017(m: &Machine) -> Holds {
    t030(m)
}

/// A shift that differs between vCPUs.
pub fn t020(m: &Machine) -> Holds {
    for leaf in LEAVES {
        let shape = |vcpu| m.rows(vcpu, leaf).iter().map(|row| (row.shift, row.kind)).collect::<Vec<_>>();
        let other = (0..m.len()).find(|vcpu| shape(*vcpu) != shape(0));
        ensure!(other.is_none(), "{leaf:x}: {other:?} is not as vCPU 0");
    }
    Ok(())
}

/// Shifts that fall.
pub fn t021(m: &Machine) -> Holds {
    for leaf in LEAVES {
        ensure!(m.rows(0, leaf).is_sorted_by_key(|row| row.shift), "{leaf:x}: {:?}", m.rows(0, leaf));
    }
    Ok(())
}

/// Types out of order, or twice.
pub fn t022(m: &Machine) -> Holds {
    for leaf in LEAVES {
        ensure!(m.rows(0, leaf).is_sorted_by(|a, b| a.kind < b.kind), "{leaf:x}: {:?}", m.rows(0, leaf));
    }
    Ok(())
}

/// The first row is not that of threads, or counts none.
pub fn t023(m: &Machine) -> Holds {
    for leaf in LEAVES.into_iter().filter(|leaf| m.has(0, *leaf)) {
        let [_, ebx, ecx, _] = m.get(0, leaf, 0);
        ensure!((ecx >> 8 & 0xff, ebx & 0xffff != 0) == (1, true), "{leaf:x}: {ebx:x} {ecx:x}");
    }
    Ok(())
}

/// `ECX[7:0]` is not the subleaf.
pub fn t024(m: &Machine) -> Holds {
    for entry in m.tables.iter().flatten().filter(|e| LEAVES.contains(&e[0])) {
        ensure!(entry[5] & 0xff == entry[1], "{:x}.{} echoes {}", entry[0], entry[1], entry[5] & 0xff);
    }
    Ok(())
}

/// No subleaf that ends the leaf.
pub fn t025(m: &Machine) -> Holds {
    for leaf in LEAVES.into_iter().filter(|leaf| m.has(0, *leaf)) {
        let end = u32::try_from(m.rows(0, leaf).len()).unwrap();
        ensure!(m.entry(0, leaf, end).is_some(), "{leaf:x}.{end} is not there");
        let [eax, ebx, ecx, _] = m.get(0, leaf, end);
        ensure!((eax, ebx, ecx) == (0, 0, end), "{leaf:x}.{end} is no end: {eax:x} {ebx:x} {ecx:x}");
    }
    Ok(())
}

/// No row of cores in 0BH and 1FH, no row of the package in 80000026H.
pub fn t026(m: &Machine) -> Holds {
    for (leaf, kind) in [(0xb, 2), (0x1f, 2), (0x8000_0026, 4)] {
        let rows = m.rows(0, leaf);
        ensure!(!m.has(0, leaf) || rows.iter().any(|row| row.kind == kind), "{leaf:x}: {rows:?}");
    }
    Ok(())
}

/// Leaves that end at other shifts.
pub fn t027(m: &Machine) -> Holds {
    let last = |leaf| m.rows(0, leaf).last().map(|row| row.shift);
    for leaf in [0x1f, 0x8000_0026].into_iter().filter(|leaf| m.has(0, *leaf)) {
        ensure!(last(leaf) == last(0xb), "{leaf:x} ends at {:?}, 0BH at {:?}", last(leaf), last(0xb));
    }
    Ok(())
}

/// A type that the leaf does not have.
pub fn t028(m: &Machine) -> Holds {
    for (leaf, most) in [(0xb, 2), (0x1f, 6), (0x8000_0026, 4)] {
        ensure!(m.rows(0, leaf).iter().all(|row| row.kind <= most), "{leaf:x}: {:?}", m.rows(0, leaf));
    }
    Ok(())
}

/// More threads than IDs, or fewer in an outer row.
pub fn t029(m: &Machine) -> Holds {
    for leaf in LEAVES {
        for vcpu in 0..m.len() {
            let rows = m.rows(vcpu, leaf);
            let fits = rows.iter().all(|row| u64::from(row.count) <= 1 << row.shift);
            ensure!(fits && rows.is_sorted_by_key(|row| row.count), "vCPU {vcpu}, {leaf:x}: {rows:?}");
        }
    }
    Ok(())
}

/// A row that does not count the vCPUs that lie there.
pub fn t030(m: &Machine) -> Holds {
    for leaf in LEAVES {
        for vcpu in 0..m.len() {
            for row in m.rows(vcpu, leaf) {
                let there = m.population(vcpu, row.shift);
                ensure!(row.count == there, "vCPU {vcpu}, {leaf:x}: {row:?} and {there} there");
            }
        }
    }
    Ok(())
}

/// Several threads of a core, and no bit for them.
pub fn t031(m: &Machine) -> Holds {
    for leaf in LEAVES {
        for vcpu in 0..m.len() {
            let first = m.rows(vcpu, leaf).first().copied();
            ensure!(first.is_none_or(|row| row.shift > 0 || row.count == 1), "{leaf:x}: {first:?}");
        }
    }
    Ok(())
}

/// The highest leaf reaches 1FH, which is empty.
pub fn t032(m: &Machine) -> Holds {
    let reaches = m.maker != Maker::Amd && m.get(0, 0, 0)[0] >= 0x1f;
    ensure!(!reaches || !m.rows(0, 0x1f).is_empty(), "1FH is empty");
    Ok(())
}

/// Levels between core and package that no leaf within the highest one names: on Intel 1FH, on AMD from Zen 4
/// on 80000026H. Both are always written there, so it is asked whether they are there.
pub fn t033(m: &Machine) -> Holds {
    let rows = |leaf| m.rows(0, leaf).len();
    if m.maker == Maker::Intel {
        ensure!(m.get(0, 0, 0)[0] >= 0x1f && rows(0x1f) >= 2, "no 1FH on Intel");
    }
    if m.maker == Maker::Amd && rows(0x8000_0026) > 0 {
        ensure!(m.get(0, 0x8000_0000, 0)[0] >= 0x8000_0026, "80000026H is out of reach");
    }
    Ok(())
}

/// 1FH on AMD.
pub fn t036(m: &Machine) -> Holds {
    ensure!(m.maker != Maker::Amd || !m.has(0, 0x1f) && m.get(0, 0, 0)[0] < 0x1f, "1FH on AMD");
    Ok(())
}

/// Cores of unlike numbers of threads, and no bit for any.
pub fn t038(m: &Machine) -> Holds {
    t031(m)?;
    let most = (0..m.len()).filter_map(|vcpu| Some(m.rows(vcpu, 0xb).first()?.count)).max().unwrap_or(1);
    ensure!(1 << m.core_shift(0) >= most, "{most} threads in {} bits", m.core_shift(0));
    Ok(())
}
