//! Which leaves and subleaves there are to read: the walk through CPUID that the manuals prescribe.

use crate::cpuid::{CpuidTable, Key, Registers};

/// The most subleaves of a leaf that are read.
const MOST_SUBLEAVES: u32 = 64;

/// The most leaves of a range that are read.
const MOST_LEAVES: u32 = 0x100;

/// The processor serial number, which is no one's business.
const SERIAL_NUMBER: u32 = 0x3;

/// Reads the whole table of the CPU behind `read`, which executes CPUID with EAX and ECX.
///
/// Terminating subleaves are part of the table. A leaf of zeros is not: it reads the same absent.
/// Source: SDM Vol. 1 ch. 21 and APM Vol. 3 appendix E, each leaf; Linux
/// `Documentation/virt/kvm/x86/cpuid.rst` for the hypervisor range.
pub(super) fn table(mut read: impl FnMut(u32, u32) -> Registers) -> CpuidTable {
    let mut table = CpuidTable::new();
    let leaf0 = read(0, 0);
    range(&mut table, &mut read, 0, leaf0.eax);
    if read(1, 0).ecx >> 31 == 1 {
        // KVM before Linux 3.0 says 0 for a maximum of base + 1.
        let max = read(0x4000_0000, 0).eax;
        range(&mut table, &mut read, 0x4000_0000, max.max(0x4000_0001));
    }
    let max = read(0x8000_0000, 0).eax;
    range(&mut table, &mut read, 0x8000_0000, max);
    if matches!(&vendor(&leaf0), b"CentaurHauls" | b"  Shanghai  ") {
        let max = read(0xc000_0000, 0).eax;
        range(&mut table, &mut read, 0xc000_0000, max);
    }
    table
}

/// The entries in which `other` answers differently from `first`. One that `other` lacks is zeros.
pub(super) fn differences(first: &CpuidTable, other: &CpuidTable) -> Vec<(Key, Registers)> {
    let changed = other.iter().filter(|(key, words)| first.get(*key) != Some(words));
    let gone = first.iter().filter(|(key, words)| other.get(*key).is_none() && !words.is_zero());
    changed
        .map(|(key, words)| (key, *words))
        .chain(gone.map(|(key, _)| (key, Registers::ZERO)))
        // A leaf that one CPU answers with subleaves and another without cannot be told in one table.
        .filter(|(key, _)| {
            first.leaf(key.leaf).all(|(known, _)| known.subleaf.is_some() == key.subleaf.is_some())
        })
        .collect()
}

/// Reads one range of leaves: `base` to `max`, nothing where `max` lies outside the range.
fn range(table: &mut CpuidTable, read: &mut impl FnMut(u32, u32) -> Registers, base: u32, max: u32) {
    if max < base {
        return;
    }
    for leaf in base..=max.min(base + (MOST_LEAVES - 1)) {
        if leaf == SERIAL_NUMBER {
            continue;
        }
        let first = read(leaf, 0);
        let Some(rule) = rule(leaf) else {
            if !first.is_zero() {
                put(table, Key::leaf(leaf), first);
            }
            continue;
        };
        let mut entries = vec![(0, first)];
        match rule {
            Rule::Until(last) => {
                let mut words = first;
                while !last(&words)
                    && let Some((at, _)) = entries.last()
                    && at + 1 < MOST_SUBLEAVES
                {
                    let subleaf = at + 1;
                    words = read(leaf, subleaf);
                    entries.push((subleaf, words));
                }
            }
            Rule::UpTo(highest) => {
                let highest = highest(&first).min(MOST_SUBLEAVES - 1);
                entries.extend((1..=highest).map(|subleaf| (subleaf, read(leaf, subleaf))));
            }
            Rule::Bits(of) => {
                let second = read(leaf, 1);
                let bits = of(&first, &second);
                let listed = (1..MOST_SUBLEAVES).filter(|subleaf| bits >> subleaf & 1 == 1);
                entries.extend(listed.map(|subleaf| (subleaf, read(leaf, subleaf))));
            }
        }
        if entries.iter().any(|(_, words)| !words.is_zero()) {
            for (subleaf, words) in entries {
                put(table, Key::subleaf(leaf, subleaf), words);
            }
        }
    }
}

/// Adds an entry. The walk visits none twice and keeps to one form a leaf, so that each fits.
fn put(table: &mut CpuidTable, key: Key, words: Registers) {
    let added = table.insert(key, words);
    debug_assert_eq!(added, Ok(()));
}

/// How many subleaves a leaf has.
enum Rule {
    /// From 0 up to the first of which this holds, which is read as well.
    Until(fn(&Registers) -> bool),
    /// From 0 to the number that subleaf 0 tells.
    UpTo(fn(&Registers) -> u32),
    /// Subleaf 0, and those of which the bit is set that subleaves 0 and 1 tell.
    Bits(fn(&Registers, &Registers) -> u64),
}

/// The rule of a leaf that looks at ECX; `None` for a leaf that does not.
fn rule(leaf: u32) -> Option<Rule> {
    Some(match leaf {
        // Caches: type 0 ends.
        0x4 | 0x8000_001d => Rule::Until(|words| words.eax & 0x1f == 0),
        // Topology: domain type 0 ends.
        0xb | 0x1f | 0x8000_0026 => Rule::Until(|words| words.ecx >> 8 & 0xff == 0),
        0x7 | 0x14 | 0x17 | 0x18 | 0x1d | 0x1e | 0x20 | 0x24 => Rule::UpTo(|words| words.eax),
        // State components: of XCR0 in subleaf 0, of IA32_XSS in subleaf 1, which is always there.
        0xd => Rule::Bits(|first, second| {
            let component = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
            component(first.eax, first.edx) | component(second.ecx, second.edx) | 0b10
        }),
        // Monitored resources.
        0xf => Rule::Bits(|first, _| first.edx.into()),
        // Allocated resources.
        0x10 | 0x8000_0020 => Rule::Bits(|first, _| first.ebx.into()),
        // SGX: capabilities and attributes, neither ever 0 in these bits, then EPC sections up to one of type 0.
        0x12 => Rule::Until(|words| words.eax & 0xf == 0),
        // PCONFIG targets: type 0 ends.
        0x1b => Rule::Until(|words| words.eax & 0xfff == 0),
        // Performance monitoring: a map of the subleaves.
        0x23 => Rule::Bits(|first, _| first.eax.into()),
        _ => return None,
    })
}

/// The twelve bytes that name the vendor.
fn vendor(leaf0: &Registers) -> [u8; 12] {
    let mut id = [0; 12];
    for (chunk, word) in id.chunks_exact_mut(4).zip([leaf0.ebx, leaf0.edx, leaf0.ecx]) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    id
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A CPU that answers these, the first of them for a leaf that is not among them as Intel's do,
    /// and zeros for other subleaves.
    fn cpu(answers: &[(u32, u32, [u32; 4])]) -> impl FnMut(u32, u32) -> Registers {
        let answers: BTreeMap<_, _> =
            answers.iter().map(|(leaf, sub, words)| ((*leaf, *sub), *words)).collect();
        move |leaf, subleaf| answers.get(&(leaf, subleaf)).copied().unwrap_or_default().into()
    }

    fn keys(table: &CpuidTable) -> Vec<String> {
        table.iter().map(|(key, _)| key.to_string().trim_start_matches("0x0000").to_owned()).collect()
    }

    #[test]
    fn each_leaf_is_walked_as_the_manuals_say() {
        let max = [0x24, 0x756e_6547, 0x6c65_746e, 0x4965_6e69];
        let table = table(cpu(&[
            (0, 0, max),
            (1, 0, [1, 0, 0, 0]),
            (3, 0, [0, 0, 0xdead, 0xbeef]),
            (4, 0, [0x121, 0, 0, 0]),
            (4, 1, [0x163, 0, 0, 0]),
            (4, 3, [0x163, 0, 0, 0]),
            (7, 0, [2, 1, 0, 0]),
            (0xb, 0, [1, 2, 0x100, 7]),
            (0xb, 1, [5, 8, 0x201, 7]),
            (0xb, 2, [0, 0, 2, 7]),
            (0xd, 0, [0x207, 0, 0, 1]),
            (0xd, 1, [0xf, 0, 0x100, 0]),
            (0xf, 0, [0, 0, 0, 2]),
            (0x10, 0, [0, 0b1010, 0, 0]),
            (0x12, 0, [1, 0, 0, 0]),
            (0x12, 1, [0x36, 0, 0, 0]),
            (0x12, 2, [1, 0, 0, 0]),
            (0x18, 0, [1, 0, 0, 0]),
            (0x1b, 0, [1, 0, 0, 0]),
            (0x23, 0, [0b1011, 0, 0, 0]),
            (0x24, 0, [0, 0x0007_0001, 0, 0]),
            (0x8000_0000, 0, [0x8000_0026, 0, 0, 0]),
            (0x8000_0026, 0, [1, 2, 0x100, 0]),
            (0x8000_0026, 1, [0, 0, 1, 0]),
            (0x4000_0000, 0, [0x4000_0001, 0, 0, 0]),
            (0xc000_0000, 0, [0xc000_0004, 0, 0, 0]),
        ]));
        let expected = "0000 0001 0004.0 0004.1 0004.2 0007.0 0007.1 0007.2 000b.0 000b.1 000b.2 000d.0 000d.1 000d.2 \
                        000d.8 000d.9 000d.32 000f.0 000f.1 0010.0 0010.1 0010.3 0012.0 0012.1 0012.2 0012.3 0018.0 \
                        0018.1 001b.0 001b.1 0023.0 0023.1 0023.3 0024.0 0x80000000 0x80000026.0 0x80000026.1";
        assert_eq!(keys(&table), expected.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn the_hypervisor_and_centaur_ranges_are_read_where_they_are() {
        let hypervisor = |flag| {
            let max = [1, 0x756e_6547, 0x6c65_746e, 0x4965_6e69];
            keys(&table(cpu(&[
                (0, 0, max),
                (1, 0, [1, 0, flag, 0]),
                (0x4000_0000, 0, [0, 0x4b4d_564b, 0, 0]),
                (0x4000_0001, 0, [0xfb, 0, 0, 0]),
            ])))
        };
        assert_eq!(hypervisor(1 << 31), ["0000", "0001", "0x40000000", "0x40000001"]);
        assert_eq!(hypervisor(0), ["0000", "0001"]);
        let shanghai = cpu(&[
            (0, 0, [1, 0x6853_2020, 0x2020_6961, 0x6867_6e61]),
            (0xc000_0000, 0, [0xc000_0001, 0, 0, 0]),
            (0xc000_0001, 0, [0, 0, 0, 0xc]),
        ]);
        assert_eq!(keys(&table(shanghai)), ["0000", "0xc0000000", "0xc0000001"]);
    }

    #[test]
    fn a_cpu_that_never_ends_is_read_to_a_bound() {
        let endless = table(|_, _| Registers::new(u32::MAX, u32::MAX, u32::MAX, u32::MAX));
        let most = usize::try_from(3 * MOST_LEAVES + 20 * MOST_SUBLEAVES).unwrap();
        assert!(endless.len() < most, "{}", endless.len());
        assert_eq!(endless.leaf(4).count(), 64);
        assert_eq!(endless.leaf(0x18).count(), 64);
        assert_eq!(endless.leaf(0xd).count(), 64);
    }

    #[test]
    fn differences_name_what_changed_and_what_is_gone() {
        let first = table(cpu(&[
            (0, 0, [4, 1, 1, 1]),
            (1, 0, [1, 0, 0, 0]),
            (2, 0, [9, 0, 0, 0]),
            (4, 0, [1, 0, 0, 0]),
        ]));
        let other = table(cpu(&[
            (0, 0, [4, 1, 1, 1]),
            (1, 0, [1, 1 << 24, 0, 0]),
            (4, 0, [1, 0, 0, 0]),
            (4, 1, [2, 0, 0, 0]),
        ]));
        let told: Vec<_> =
            differences(&first, &other).iter().map(|(key, words)| format!("{key} {}", words.eax)).collect();
        assert_eq!(told, ["0x00000001 1", "0x00000004.1 2", "0x00000004.2 0", "0x00000002 0"]);
        assert_eq!(differences(&first, &first), []);
    }
}
