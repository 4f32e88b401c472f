//! T045 to T058: caches.

use super::machines::{Machine, Maker, plain};
use super::{Condition, Holds, Told, ensure};

const INTEL: (&str, &str) = ("G3", "topology: { sockets: 2, dies: 2, cores: 3, threads: 2 }");
const ZEN_4: (&str, &str) = ("G13", "topology: { sockets: 2, complexes: 2, cores: 3, threads: 2 }");
const ZEN_2: (&str, &str) = ("G14", "topology: { cores: 4, threads: 2 }");
const WITHOUT_L3: (&str, &str) =
    ("G14", "topology: { cores: 4, threads: 2 }\ncaches: { l3: { mode: none } }");

pub const CONDITIONS: &[Condition] = &[
    Condition {
        number: "T045",
        holds: t045,
        on: INTEL,
        breach: |m| m.change_all((4, 3), 0, |eax| shared(eax, 5)),
        told: Told::Finds("cache-span-uneven"),
    },
    Condition {
        number: "T046",
        holds: t046,
        on: INTEL,
        breach: |m| m.change_all((4, 2), 0, |eax| shared(eax, 0)),
        told: Told::Finds("cache-span-narrows"),
    },
    Condition {
        number: "T047",
        holds: t047,
        on: INTEL,
        breach: |m| m.change_all((4, 3), 0, |eax| shared(eax, 63)),
        told: Told::Finds("cache-beyond-package"),
    },
    Condition {
        number: "T049",
        holds: t049,
        on: INTEL,
        breach: |m| m.change_all((1, 0), 1, |ebx| ebx & !0xff00 | 16 << 8),
        told: Told::Silent,
    },
    Condition {
        number: "T050",
        holds: t050,
        on: INTEL,
        breach: |m| m.drop_all(|e| e[0] == 4 && e[1] == 4),
        told: Told::Finds("no-terminator"),
    },
    Condition {
        number: "T051",
        holds: t051,
        on: INTEL,
        breach: |m| repeat(m, false),
        told: Told::Finds("cache-repeated"),
    },
    Condition {
        number: "T052",
        holds: t052,
        on: INTEL,
        breach: |m| repeat(m, true),
        told: Told::Finds("cache-level-twice"),
    },
    Condition {
        number: "T053",
        holds: t053,
        on: ZEN_2,
        breach: |m| {
            for table in &mut m.tables {
                let at = |n| table.iter().position(|e| (e[0], e[1]) == (0x8000_001d, n)).unwrap();
                let (a, b) = (at(0), at(1));
                table.swap(a, b);
                (table[a][1], table[b][1]) = (0, 1);
            }
        },
        told: Told::Finds("cache-order"),
    },
    Condition {
        number: "T054",
        holds: t054,
        on: ZEN_2,
        breach: |m| m.change_all((0x8000_0006, 0), 2, |ecx| ecx & 0xffff | 4096 << 16),
        told: Told::Finds("amd-cache-leaves"),
    },
    Condition {
        number: "T055",
        holds: t055,
        on: ZEN_2,
        breach: |m| m.change_all((0x8000_0006, 0), 3, |_| 0),
        told: Told::Finds("amd-cache-leaves"),
    },
    Condition {
        number: "T056",
        holds: t056,
        on: WITHOUT_L3,
        breach: |m| m.change_all((0x8000_0006, 0), 3, |_| 0x0100_9140),
        told: Told::Finds("amd-cache-leaves"),
    },
    Condition {
        number: "T058",
        holds: t058,
        on: ZEN_4,
        breach: |m| m.add_all(plain(2, [0x00fe_ff01, 0xf0, 0, 0])),
        told: Told::Silent,
    },
];

/// EAX of a cache with another number of IDs, less 1, that share it.
fn shared(eax: u32, ids: u32) -> u32 {
    eax & !(0xfff << 14) | ids << 14
}

/// The L2 once more behind the L3: as it is, or of other sets.
fn repeat(m: &mut Machine, is_other: bool) {
    let mut entry = *m.entry(0, 4, 2).unwrap();
    entry[1] = 4;
    entry[5] += u32::from(is_other);
    let mut end = entry;
    (end[1], end[3], end[4], end[5], end[6]) = (5, 0, 0, 0, 0);
    m.drop_all(|e| e[0] == 4 && e[1] == 4);
    m.add_all(entry);
    m.add_all(end);
}

/// How many IDs share each cache: its level, and the number.
fn spans(m: &Machine, vcpu: usize) -> Vec<(u32, u32)> {
    m.caches(vcpu).iter().map(|words| (words[0] >> 5 & 7, (words[0] >> 14 & 0xfff) + 1)).collect()
}

/// Sharing that is no power of two, or that of no level. AMD without 80000026H, Zhaoxin and Centaur do not name
/// every level; AMD's nodes are no row of a leaf.
pub fn t045(m: &Machine) -> Holds {
    for vcpu in 0..m.len() {
        let mut shifts: Vec<u32> = [0xb, 0x1f, 0x8000_0026]
            .iter()
            .flat_map(|leaf| m.rows(vcpu, *leaf))
            .map(|row| row.shift)
            .collect();
        shifts.push(0);
        let nodes = (m.get(vcpu, 0x8000_001e, 0)[2] >> 8 & 7) + 1;
        shifts.push(m.package_shift(vcpu) - nodes.trailing_zeros());
        let is_named = m.maker == Maker::Intel || m.has(vcpu, 0x8000_0026);
        for (level, ids) in spans(m, vcpu) {
            ensure!(ids.is_power_of_two(), "{ids} IDs share the L{level}");
            let is_level = shifts.contains(&ids.trailing_zeros());
            ensure!(is_level || !is_named || ids == 4096, "{ids} IDs share the L{level}: {shifts:?}");
        }
    }
    Ok(())
}

/// An outer cache shared by fewer than an inner one, or one that splits a core.
pub fn t046(m: &Machine) -> Holds {
    for vcpu in 0..m.len() {
        let spans = spans(m, vcpu);
        let threads = m.population(vcpu, m.core_shift(vcpu));
        let nests = spans.iter().all(|a| spans.iter().all(|b| a.0 >= b.0 || a.1 <= b.1));
        ensure!(nests && spans.iter().all(|(_, ids)| *ids >= threads), "{spans:?} and {threads} threads");
    }
    Ok(())
}

/// A cache beyond the package.
pub fn t047(m: &Machine) -> Holds {
    for vcpu in 0..m.len() {
        let ids = 1_u64 << m.package_shift(vcpu);
        ensure!(spans(m, vcpu).iter().all(|(_, span)| u64::from(*span) <= ids), "{:?}", spans(m, vcpu));
    }
    Ok(())
}

/// CLFLUSH of other than 64 bytes.
pub fn t049(m: &Machine) -> Holds {
    let units = m.get(0, 1, 0)[1] >> 8 & 0xff;
    ensure!(units == 8, "{units} times 8 bytes");
    Ok(())
}

/// A leaf of caches without an end, or whose entries have no index.
pub fn t050(m: &Machine) -> Holds {
    let leaf = m.cache_leaf();
    for vcpu in (0..m.len()).filter(|vcpu| m.has(*vcpu, leaf)) {
        let end = u32::try_from(m.caches(vcpu).len()).unwrap();
        ensure!(m.entry(vcpu, leaf, end).is_some(), "{leaf:x}.{end} is not there");
        let entries = m.tables[vcpu].iter().filter(|e| e[0] == leaf);
        ensure!(entries.clone().all(|e| e[2] == 1), "{leaf:x} without an index");
        ensure!(entries.clone().all(|e| e[1] < end || e[3..7] == [0; 4]), "{leaf:x} goes on behind its end");
    }
    Ok(())
}

/// Subleaves that say the same.
pub fn t051(m: &Machine) -> Holds {
    for vcpu in 0..m.len() {
        let caches = m.caches(vcpu);
        let alike = (0..caches.len()).any(|n| caches[..n].contains(&caches[n]));
        ensure!(!alike, "vCPU {vcpu}: {caches:x?}");
    }
    Ok(())
}

/// Two caches for data of one level.
pub fn t052(m: &Machine) -> Holds {
    for vcpu in 0..m.len() {
        let of_data = |words: &[u32; 4]| (words[0] & 0x1f != 2).then_some(words[0] >> 5 & 7);
        let levels: Vec<u32> = m.caches(vcpu).iter().filter_map(of_data).collect();
        ensure!(levels.is_sorted_by(|a, b| a < b), "levels {levels:?}");
    }
    Ok(())
}

/// AMD: another order than L1 data, L1 instruction, L2, L3.
pub fn t053(m: &Machine) -> Holds {
    for vcpu in (0..m.len()).filter(|_| m.maker == Maker::Amd) {
        let order: Vec<u32> = m.caches(vcpu).iter().map(|words| words[0] & 0xff).collect();
        ensure!([0x21, 0x22, 0x43, 0x63].starts_with(&order), "{order:x?}");
    }
    Ok(())
}

/// The KiB of a cache of 8000001DH, and of what 80000005H or 80000006H say of it.
fn kib(m: &Machine, vcpu: usize, kind: u32) -> Option<u32> {
    let words = m.caches(vcpu).into_iter().find(|words| words[0] & 0xff == kind)?;
    let [_, ebx, ecx, _] = words;
    Some(((ebx >> 22) + 1) * ((ebx >> 12 & 0x3ff) + 1) * ((ebx & 0xfff) + 1) * (ecx + 1) / 1024)
}

/// AMD: older leaves with other sizes.
pub fn t054(m: &Machine) -> Holds {
    for vcpu in (0..m.len()).filter(|vcpu| m.maker == Maker::Amd && m.has(*vcpu, 0x8000_001d)) {
        let [_, _, l1d, l1i] = m.get(vcpu, 0x8000_0005, 0);
        let l2 = m.get(vcpu, 0x8000_0006, 0)[2];
        for (kind, said) in [(0x21, l1d >> 24), (0x22, l1i >> 24), (0x43, l2 >> 16)] {
            let there = kib(m, vcpu, kind).unwrap_or(0);
            ensure!(there == said, "{kind:x}: {there} KiB and {said}");
        }
    }
    Ok(())
}

/// AMD: an L3 that 80000006H does not have.
pub fn t055(m: &Machine) -> Holds {
    for vcpu in (0..m.len()).filter(|_| m.maker == Maker::Amd) {
        let said = m.get(vcpu, 0x8000_0006, 0)[3];
        let has = kib(m, vcpu, 0x63).is_some();
        ensure!(!has || said >> 18 > 0 && said >> 12 & 0xf > 0, "EDX is {said:x}");
    }
    Ok(())
}

/// AMD: an L3 that 80000006H alone has.
pub fn t056(m: &Machine) -> Holds {
    let is_told = m.maker == Maker::Amd && m.has(0, 0x8000_001d);
    let has = (0..m.len()).any(|vcpu| kib(m, vcpu, 0x63).is_some());
    let said = (0..m.len()).map(|vcpu| m.get(vcpu, 0x8000_0006, 0)[3]).max().unwrap_or(0);
    ensure!(!is_told || has || said == 0, "EDX is {said:x}");
    Ok(())
}

/// Leaf 2 that does not send the reader to leaf 4; either leaf on AMD.
pub fn t058(m: &Machine) -> Holds {
    if m.maker == Maker::Amd {
        ensure!(!m.has(0, 2) && !m.has(0, 4), "leaf 2 or 4 on AMD");
    } else {
        let words = m.get(0, 2, 0);
        let sends = words.iter().flat_map(|word| word.to_le_bytes()).skip(1).any(|byte| byte == 0xff);
        ensure!(sends, "leaf 2 is {words:x?}");
    }
    Ok(())
}
