//! T060 to T073: AMD's own leaves.

use super::machines::{Machine, Maker};
use super::{Condition, Holds, Told, ensure};

const ZEN_4: (&str, &str) = ("G13", "topology: { sockets: 2, complexes: 2, cores: 3, threads: 2 }");
const ZEN_2: (&str, &str) = ("G14", "topology: { sockets: 2, cores: 4, threads: 2 }");
const TWO_NODES: (&str, &str) =
    ("G13", "topology: { sockets: 2, dies: 2, cores: 3, threads: 2 }\nnuma: { per: die, memory: 1GiB }");
const INTEL: (&str, &str) = ("two-socket-intel-xeon-8480plus", "topology: { cores: 4, threads: 2 }");

const FEATURES: (u32, u32) = (0x8000_0001, 0);
const TOPOEXT: u32 = 1 << 22;
const PERFCTR_CORE: u32 = 1 << 23;
const CMP_LEGACY: u32 = 1 << 1;

pub const CONDITIONS: &[Condition] = &[
    Condition {
        number: "T060",
        holds: t060,
        on: ZEN_2,
        breach: |m| m.drop_all(|e| e[0] == 0x8000_001d),
        told: Told::Finds("topoext-without-leaves"),
    },
    Condition {
        number: "T061",
        holds: t061,
        on: ZEN_2,
        breach: |m| m.change_all(FEATURES, 2, |ecx| ecx & !TOPOEXT | PERFCTR_CORE),
        told: Told::Finds("perfctr-without-topoext"),
    },
    Condition {
        number: "T062",
        holds: t062,
        on: ZEN_2,
        breach: |m| m.change_all(FEATURES, 2, |ecx| ecx & !CMP_LEGACY),
        told: Told::Finds("cmp-legacy"),
    },
    Condition {
        number: "T063",
        holds: t063,
        on: INTEL,
        breach: |m| m.change_all(FEATURES, 2, |ecx| ecx | CMP_LEGACY),
        told: Told::Finds("amd-flags-elsewhere"),
    },
    Condition {
        number: "T064",
        holds: t064,
        on: ZEN_2,
        breach: |m| m.change_all((0x8000_0008, 0), 2, |ecx| ecx & 0xfff | 7 << 12),
        told: Told::Finds("package-shift-differs"),
    },
    Condition {
        number: "T065",
        holds: t065,
        on: ZEN_2,
        breach: |m| m.change_all((0x8000_0008, 0), 2, |ecx| ecx & !0xff | 15),
        told: Told::Finds("nc-count"),
    },
    Condition {
        number: "T066",
        holds: t066,
        on: ZEN_2,
        breach: |m| m.change_all((0x8000_001e, 0), 1, |ebx| ebx & 0xff),
        told: Told::Finds("threads-per-core"),
    },
    Condition {
        number: "T067",
        holds: t067,
        on: ZEN_2,
        breach: |m| m.change_all((0x8000_001e, 0), 1, |ebx| ebx & !0xff),
        told: Told::Finds("core-id"),
    },
    Condition {
        number: "T068",
        holds: t068,
        on: ZEN_2,
        breach: |m| m.change(1, (0x8000_001e, 0), 2, |ecx| ecx | 1 << 8),
        told: Told::Finds("nodes-per-processor"),
    },
    Condition {
        number: "T069",
        holds: t069,
        on: TWO_NODES,
        // The node of the last vCPU of a package for its first.
        breach: |m| m.change(0, (0x8000_001e, 0), 2, |ecx| ecx | 1),
        told: Told::Finds("node-id"),
    },
    Condition {
        number: "T071",
        holds: t071,
        on: INTEL,
        breach: |m| m.change_all((0x8000_0008, 0), 2, |_| 0x3007),
        told: Told::Finds("amd-flags-elsewhere"),
    },
    Condition {
        number: "T073",
        holds: t073,
        on: ZEN_2,
        breach: |m| {
            m.drop_all(|e| e[0] == 0xb);
        },
        told: Told::Silent,
    },
    Condition {
        number: "T128",
        holds: t128,
        on: TWO_NODES,
        breach: |m| m.nodes.rotate_left(3),
        told: Told::Silent,
    },
    Condition {
        number: "T070",
        holds: t070,
        on: ("G13", "topology: { parts: [{ complexes: 1, cores: 3 }, { complexes: 1, cores: 5 }] }"),
        breach: |m| m.change_all((0x8000_001d, 3), 0, |eax| eax & !(0xfff << 14) | 2 << 14),
        told: Told::Finds("cache-span-uneven"),
    },
    Condition {
        number: "T115",
        holds: t115,
        on: ZEN_4,
        breach: |m| m.add_all(super::machines::plain(0x1a, [0x4000_0001, 0, 0, 0])),
        told: Told::Finds("beyond-maximum-leaf"),
    },
];

fn features(m: &Machine) -> u32 {
    m.get(0, 0x8000_0001, 0)[2]
}

fn amd(m: &Machine) -> impl Iterator<Item = usize> {
    (0..m.len()).filter(|_| m.maker == Maker::Amd)
}

/// vCPUs that have 8000001EH as Zen means it.
fn zen(m: &Machine) -> impl Iterator<Item = usize> {
    amd(m).filter(|_| !m.is_before_zen())
}

/// TOPOEXT without its leaves, or Zen without it.
pub fn t060(m: &Machine) -> Holds {
    let topoext = m.maker == Maker::Amd && features(m) & TOPOEXT != 0;
    ensure!(topoext || zen(m).next().is_none(), "Zen without TOPOEXT");
    for vcpu in (0..m.len()).filter(|_| topoext) {
        ensure!(m.get(vcpu, 0x8000_0000, 0)[0] >= 0x8000_001e, "8000001EH is out of reach");
        ensure!(m.get(vcpu, 0x8000_001d, 0)[0] & 0x1f != 0, "8000001DH is empty");
        ensure!(m.has(vcpu, 0x8000_001e), "8000001EH is not there");
    }
    Ok(())
}

/// PerfCtrExtCore without TOPOEXT.
pub fn t061(m: &Machine) -> Holds {
    ensure!(features(m) & PERFCTR_CORE == 0 || features(m) & TOPOEXT != 0, "{:x}", features(m));
    Ok(())
}

/// AMD: several threads without CmpLegacy.
pub fn t062(m: &Machine) -> Holds {
    for vcpu in amd(m) {
        let several = m.in_package(vcpu) > 1;
        ensure!(several == (m.get(vcpu, 0x8000_0001, 0)[2] & CMP_LEGACY != 0), "{several}");
    }
    Ok(())
}

/// AMD's flags on others.
pub fn t063(m: &Machine) -> Holds {
    ensure!(m.maker == Maker::Amd || features(m) & (CMP_LEGACY | TOPOEXT) == 0, "{:x}", features(m));
    Ok(())
}

/// ApicIdSize is not the package's.
pub fn t064(m: &Machine) -> Holds {
    for vcpu in zen(m) {
        let size = m.get(vcpu, 0x8000_0008, 0)[2] >> 12 & 0xf;
        ensure!(size == m.package_shift(vcpu), "{size} and {}", m.package_shift(vcpu));
    }
    Ok(())
}

/// NC is not the package's threads less 1.
pub fn t065(m: &Machine) -> Holds {
    for vcpu in amd(m) {
        let nc = m.get(vcpu, 0x8000_0008, 0)[2] & 0xff;
        ensure!(nc == m.in_package(vcpu).min(256) - 1, "{nc} and {} threads", m.in_package(vcpu));
    }
    Ok(())
}

/// 8000001EH counts other threads than the core has.
pub fn t066(m: &Machine) -> Holds {
    for vcpu in zen(m) {
        let threads = (m.get(vcpu, 0x8000_001e, 0)[1] >> 8 & 0xff) + 1;
        let there = m.population(vcpu, m.core_shift(vcpu));
        ensure!(threads == there, "{threads} and {there}");
    }
    Ok(())
}

/// CoreId is not the core's field of the ID.
pub fn t067(m: &Machine) -> Holds {
    for vcpu in zen(m) {
        let core = m.get(vcpu, 0x8000_001e, 0)[1] & 0xff;
        let within = m.ids[vcpu] & ((1 << m.package_shift(vcpu)) - 1);
        ensure!(core == within >> m.core_shift(vcpu) & 0xff, "{core} of ID {}", m.ids[vcpu]);
    }
    Ok(())
}

fn per_package(m: &Machine, vcpu: usize) -> u32 {
    (m.get(vcpu, 0x8000_001e, 0)[2] >> 8 & 7) + 1
}

/// Nodes of a package that are not 1, 2, 4 or 8, or not the same number for all.
pub fn t068(m: &Machine) -> Holds {
    for vcpu in amd(m) {
        let nodes = per_package(m, vcpu);
        ensure!(nodes.is_power_of_two() && nodes == per_package(m, 0), "{nodes}");
    }
    Ok(())
}

/// A node that is not the top of the package's part of the ID.
pub fn t069(m: &Machine) -> Holds {
    for vcpu in amd(m).filter(|vcpu| m.has(*vcpu, 0x8000_001e)) {
        let (shift, nodes) = (m.package_shift(vcpu), per_package(m, vcpu));
        let within = m.ids[vcpu] & ((1 << shift) - 1);
        let top = within >> (shift - nodes.trailing_zeros());
        let node = m.get(vcpu, 0x8000_001e, 0)[2] & 0xff;
        ensure!(node == ((m.ids[vcpu] >> shift) * nodes + top) & 0xff, "node {node} of ID {}", m.ids[vcpu]);
    }
    Ok(())
}

/// L3s that Linux, which takes the ID shifted by the logarithm of the sharers, takes for one, or for several.
pub fn t070(m: &Machine) -> Holds {
    let l3 = |vcpu: usize| {
        let words = m.caches(vcpu).into_iter().find(|words| words[0] >> 5 & 7 == 3)?;
        let sharers = (words[0] >> 14 & 0xfff) + 1;
        Some((m.ids[vcpu] >> sharers.next_power_of_two().trailing_zeros(), sharers))
    };
    let complex = |vcpu: usize| m.rows(vcpu, 0x8000_0026).get(1).map(|row| row.shift);
    for vcpu in zen(m) {
        if let (Some((number, sharers)), Some(shift)) = (l3(vcpu), complex(vcpu)) {
            ensure!(
                sharers == 1 << shift && number == m.ids[vcpu] >> shift,
                "{sharers} share an L3, a complex has {shift} bits"
            );
        }
    }
    Ok(())
}

/// A host's count in ECX of 80000008H on others than AMD.
pub fn t071(m: &Machine) -> Holds {
    let ecx = m.get(0, 0x8000_0008, 0)[2];
    ensure!(m.maker == Maker::Amd || ecx == 0, "ECX is {ecx:x}");
    Ok(())
}

/// Zen without leaf 0BH.
pub fn t073(m: &Machine) -> Holds {
    ensure!(zen(m).all(|vcpu| !m.rows(vcpu, 0xb).is_empty()), "no 0BH");
    Ok(())
}

/// Leaves of another vendor.
pub fn t115(m: &Machine) -> Holds {
    let strange: &[u32] = match m.maker {
        Maker::Amd => &[2, 4, 0x1a, 0x1f, 0xc000_0000],
        Maker::Intel => &[0x8000_0005, 0x8000_0019, 0x8000_001d, 0x8000_001e, 0x8000_0026, 0xc000_0000],
        Maker::Centaur => &[0x1a, 0x8000_001d, 0x8000_001e, 0x8000_0026],
    };
    let found = strange.iter().find(|leaf| m.has(0, **leaf));
    ensure!(found.is_none(), "{found:x?}");
    Ok(())
}

/// Several nodes of a package in CPUID, and ACPI's are others.
pub fn t128(m: &Machine) -> Holds {
    for a in amd(m).filter(|vcpu| per_package(m, *vcpu) > 1) {
        for b in 0..m.len() {
            let node = |vcpu| m.get(vcpu, 0x8000_001e, 0)[2] & 0xff;
            ensure!((node(a) == node(b)) == (m.nodes[a] == m.nodes[b]), "vCPUs {a} and {b}");
        }
    }
    Ok(())
}
