//! T080 to T092: the table as KVM takes it.

use super::machines::{Machine, Maker, plain};
use super::{Condition, Holds, Told, ensure};

const INTEL: (&str, &str) = ("G3", "topology: { sockets: 2, cores: 3, threads: 2 }");
const SAPPHIRE: (&str, &str) = ("two-socket-intel-xeon-8480plus", "topology: { cores: 4, threads: 2 }");

/// Leaves that KVM looks up by subleaf.
const BY_SUBLEAF: [u32; 16] =
    [4, 7, 0xb, 0xd, 0xf, 0x10, 0x12, 0x14, 0x17, 0x18, 0x1d, 0x1e, 0x1f, 0x24, 0x8000_001d, 0x8000_0026];

pub const CONDITIONS: &[Condition] = &[
    Condition {
        number: "T080",
        holds: t080,
        on: INTEL,
        breach: |m| (0..300).for_each(|n| m.add_all(plain(0x8000_1000 + n, [1; 4]))),
        told: Told::Refused,
    },
    Condition {
        number: "T081",
        holds: t081,
        on: SAPPHIRE,
        breach: |m| m.change_all((0x8000_0008, 0), 0, |eax| eax & !0xff00 | 39 << 8),
        told: Told::Finds("virtual-address-bits"),
    },
    Condition {
        number: "T082",
        holds: t082,
        on: INTEL,
        breach: |m| m.add_all(plain(1, [0; 4])),
        told: Told::Refused,
    },
    Condition {
        number: "T083",
        holds: t083,
        on: INTEL,
        breach: |m| {
            m.drop_all(|e| e[0] == 7 && e[1] != 0);
            m.tables.iter_mut().flatten().filter(|e| e[0] == 7).for_each(|e| e[2] = 0);
        },
        told: Told::Finds("index-flag"),
    },
    Condition {
        number: "T084",
        holds: t084,
        on: SAPPHIRE,
        breach: |m| m.change_all((0xd, 0), 0, |eax| eax | 3 << 17),
        told: Told::Silent,
    },
    Condition {
        number: "T085",
        holds: t085,
        on: INTEL,
        breach: |m| m.drop_all(|e| e[0] >> 28 == 4),
        told: Told::Finds("hypervisor-leaves"),
    },
    Condition {
        number: "T086",
        holds: t086,
        on: INTEL,
        breach: |m| m.drop_all(|e| e[0] == 0x8000_0000),
        told: Told::Finds("range-missing"),
    },
    Condition {
        number: "T087",
        holds: t087,
        on: INTEL,
        breach: |m| m.add_all(plain(0x21, [1; 4])),
        told: Told::Finds("beyond-maximum-leaf"),
    },
    Condition {
        number: "T088",
        holds: t088,
        on: INTEL,
        breach: |m| m.change_all((1, 0), 2, |ecx| ecx | 1 << 27),
        told: Told::Silent,
    },
    Condition {
        number: "T089",
        holds: t089,
        on: INTEL,
        breach: |m| m.tables.iter_mut().for_each(|table| table[0][2] = 2),
        told: Told::Refused,
    },
    Condition {
        number: "T091",
        holds: t091,
        on: INTEL,
        breach: |m| m.tables[1].retain(|e| e[0] != 2),
        told: Told::Silent,
    },
    Condition {
        number: "T092",
        holds: t092,
        on: INTEL,
        breach: |m| m.change(1, (1, 0), 0, |eax| eax + 1),
        told: Told::Finds("signature-differs"),
    },
];

/// More entries than KVM takes.
pub fn t080(m: &Machine) -> Holds {
    let most = m.tables.iter().map(Vec::len).max().unwrap_or(0);
    ensure!(most <= 256, "{most} entries");
    Ok(())
}

/// A width of linear addresses that KVM_SET_CPUID2 refuses.
pub fn t081(m: &Machine) -> Holds {
    let bits = m.get(0, 0x8000_0008, 0)[0] >> 8 & 0xff;
    ensure!([0, 48, 57].contains(&bits), "{bits} bits");
    Ok(())
}

/// An input twice, or a leaf with and without an index.
pub fn t082(m: &Machine) -> Holds {
    for table in &m.tables {
        for (n, entry) in table.iter().enumerate() {
            let hides =
                |e: &&super::machines::Entry| e[0] == entry[0] && (e[1] == entry[1] || e[2] != entry[2]);
            ensure!(!table[..n].iter().any(|e| hides(&e)), "{:x}.{} twice", entry[0], entry[1]);
        }
    }
    Ok(())
}

/// An index where the leaf has none, or the other way about.
pub fn t083(m: &Machine) -> Holds {
    for entry in m.tables.iter().flatten() {
        let flag = u32::from(BY_SUBLEAF.contains(&entry[0]));
        ensure!(entry[2] == flag && (flag == 1 || entry[1] == 0), "{:x}: flags {}", entry[0], entry[2]);
    }
    Ok(())
}

/// States that the VMM's process needs a permission for.
pub fn t084(m: &Machine) -> Holds {
    let components = m.get(0, 0xd, 0)[0];
    ensure!(components >> 17 & 3 == 0, "components {components:x}");
    Ok(())
}

/// A hypervisor's bit and no range of its own.
pub fn t085(m: &Machine) -> Holds {
    let bit = m.get(0, 1, 0)[2] >> 31 == 1;
    ensure!(bit && m.has(0, 0x4000_0000), "bit {bit}, leaf {}", m.has(0, 0x4000_0000));
    Ok(())
}

/// A range without its first leaf, from which KVM would answer with another. Zhaoxin and Centaur have one more.
pub fn t086(m: &Machine) -> Holds {
    ensure!(m.has(0, 0) && m.has(0, 0x8000_0000), "0 or 80000000H is not there");
    ensure!(m.has(0, 0xc000_0000) == (m.maker == Maker::Centaur), "C0000000H");
    Ok(())
}

/// A leaf above the highest of its range.
pub fn t087(m: &Machine) -> Holds {
    for entry in m.tables.iter().flatten() {
        let highest = m.get(0, entry[0] & 0xf000_0000, 0)[0];
        ensure!(entry[0] <= highest.max(entry[0] & 0xf000_0000), "{:x} above {highest:x}", entry[0]);
    }
    Ok(())
}

/// What KVM rewrites, written otherwise: OSXSAVE, OSPKE, and the size at reset of leaf 0DH.
pub fn t088(m: &Machine) -> Holds {
    ensure!(m.get(0, 1, 0)[2] >> 27 & 1 == 0, "OSXSAVE");
    ensure!(m.get(0, 7, 0)[2] >> 4 & 1 == 0, "OSPKE");
    let size = m.get(0, 0xd, 0)[1];
    ensure!(!m.has(0, 0xd) || size == 576, "{size} bytes at reset");
    Ok(())
}

/// Flags beside the index, and words that are to be 0.
pub fn t089(m: &Machine) -> Holds {
    for entry in m.tables.iter().flatten() {
        ensure!(entry[2] <= 1 && entry[7..] == [0; 3], "{:x}: {:x?}", entry[0], &entry[7..]);
    }
    Ok(())
}

/// vCPUs with other entries than vCPU 0.
pub fn t091(m: &Machine) -> Holds {
    let keys = |vcpu: usize| m.tables[vcpu].iter().map(|e| (e[0], e[1], e[2])).collect::<Vec<_>>();
    let other = (0..m.len()).find(|vcpu| keys(*vcpu) != keys(0));
    ensure!(other.is_none(), "vCPU {other:?}");
    Ok(())
}

/// What describes the machine and differs between vCPUs. Where parts are unlike, counts and caches may.
pub fn t092(m: &Machine) -> Holds {
    for (table, entry) in m.tables.iter().flat_map(|table| table.iter().map(move |entry| (table, entry))) {
        let own: [u32; 4] = match (entry[0], m.is_uneven) {
            (1, false) => [0, 0xff00_0000, 0, 0],
            (1, true) => [0, 0xffff_0000, 0, 0],
            (0xb | 0x1f | 0x8000_0026, false) => [0, 0, 0, u32::MAX],
            (0xb | 0x1f | 0x8000_0026, true) => [0, 0xff00_ffff, 0, u32::MAX],
            (0x8000_001e, false) => [u32::MAX, 0xff, 0xff, 0],
            (0x8000_001e, true) => [u32::MAX, 0xffff, 0xff, 0],
            (4 | 0x1a | 0x8000_0005 | 0x8000_0006 | 0x8000_001d, true) => [u32::MAX; 4],
            (0x8000_0008, true) => [0, 0, 0xff, 0],
            _ => [0; 4],
        };
        // EBX of 8000001EH before Zen is the compute unit of the core.
        let first = m.get(0, entry[0], entry[1]);
        let differs = (0..4).find(|n| (first[*n] ^ entry[3 + n]) & !own[*n] != 0);
        ensure!(
            differs.is_none(),
            "register {differs:?} of {:x}.{} of vCPU {:?}",
            entry[0],
            entry[1],
            m.tables.iter().position(|t| std::ptr::eq(t, table))
        );
    }
    Ok(())
}
