//! CPUs as a capture lists them: entries in any order, none twice, never more than a profile takes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::forms::takes_subleaves;
use crate::cpuid::{CpuidTable, Key, Registers};

/// The most entries of one CPU: those of a profile's table.
const MOST_ENTRIES: usize = 2048;

/// Every CPU's number lies below it, as in a profile.
pub(super) const CPUS_END: u32 = 65_536;

/// Extended state: its zero subleaves are left out of some captures, so that no ordinal tells which one it is.
const STATE: u32 = 0xd;

/// The entries of each CPU, by leaf and subleaf.
#[derive(Debug, Default)]
pub(super) struct Listing {
    cpus: BTreeMap<u32, BTreeMap<(u32, u32), Registers>>,
    /// CPUs whose extended state has no subleaf's number.
    unnumbered: BTreeSet<u32>,
}

/// Why an entry or CPU is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The CPU's number is beyond what a profile takes.
    Number,
    /// The CPU has as many entries as a table takes.
    Full,
    /// The entry is there already, with the same registers.
    Repeated,
    /// The entry is there already, with other registers.
    Contradicted(u32, u32),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number => write!(f, "CPUs are numbered from 0 to {}", CPUS_END - 1),
            Self::Full => write!(f, "more than {MOST_ENTRIES} entries of one CPU: no table has as many"),
            Self::Repeated => f.write_str("stands twice"),
            Self::Contradicted(leaf, subleaf) => {
                write!(
                    f,
                    "leaf 0x{leaf:08x} subleaf 0x{subleaf:02x} stands twice in one CPU, with other registers before"
                )
            }
        }
    }
}

impl Listing {
    /// Begins a CPU; `false` where it is there already.
    pub fn begin(&mut self, cpu: u32) -> Result<bool, Refused> {
        if cpu >= CPUS_END {
            return Err(Refused::Number);
        }
        let known = self.cpus.contains_key(&cpu);
        self.cpus.entry(cpu).or_default();
        Ok(!known)
    }

    /// The number behind the last CPU's.
    pub fn next_cpu(&self) -> u32 {
        self.cpus.last_key_value().map_or(0, |(last, _)| last + 1)
    }

    /// Whether the CPU has the leaf.
    pub fn has_leaf(&self, cpu: u32, leaf: u32) -> bool {
        self.leaf(cpu, leaf).next().is_some()
    }

    /// Adds what a CPU answers. The first answer stays.
    pub fn put(&mut self, cpu: u32, leaf: u32, subleaf: u32, words: Registers) -> Result<(), Refused> {
        let entries = self.cpus.entry(cpu).or_default();
        match entries.get(&(leaf, subleaf)) {
            Some(known) if *known == words => Err(Refused::Repeated),
            Some(_) => Err(Refused::Contradicted(leaf, subleaf)),
            None if entries.len() >= MOST_ENTRIES => Err(Refused::Full),
            None => {
                entries.insert((leaf, subleaf), words);
                Ok(())
            }
        }
    }

    /// Adds what a CPU answers where the capture does not tell the subleaf: of a leaf that takes them, it is
    /// the one behind those that are there.
    pub fn put_next(&mut self, cpu: u32, leaf: u32, words: Registers) -> Result<(), Refused> {
        let subleaf = match self.leaf(cpu, leaf).next_back() {
            Some(last) if takes_subleaves(leaf) => last.saturating_add(1),
            _ => 0,
        };
        if leaf == STATE {
            self.unnumbered.insert(cpu);
        }
        self.put(cpu, leaf, subleaf, words)
    }

    /// Takes out what a form of a fixed length is filled with: leaves beyond their range, and subleaves behind the
    /// end of their list.
    pub fn take_out_fillers(&mut self) {
        for entries in self.cpus.values_mut() {
            let ends: BTreeMap<u32, u32> = entries
                .iter()
                .filter(|((leaf, _), _)| is_range(*leaf))
                .map(|((leaf, _), words)| (*leaf, words.eax))
                .collect();
            let mut ended = BTreeMap::new();
            entries.retain(|(leaf, subleaf), words| {
                let base = leaf & RANGE;
                let is_beyond = ends.get(&base).is_none_or(|end| end & RANGE != base || leaf > end);
                let is_behind = ended.get(leaf).is_some_and(|end| subleaf > end);
                if !is_behind && ends_list(*leaf, *words) {
                    ended.insert(*leaf, *subleaf);
                }
                !is_beyond && !is_behind
            });
        }
    }

    /// The subleaves of a CPU's leaf that are there.
    fn leaf(&self, cpu: u32, leaf: u32) -> impl DoubleEndedIterator<Item = u32> {
        let range = (leaf, 0)..=(leaf, u32::MAX);
        self.cpus
            .get(&cpu)
            .into_iter()
            .flat_map(move |entries| entries.range(range.clone()))
            .map(|((_, sub), _)| *sub)
    }

    /// Every CPU's table, and the CPUs whose extended state could not be told apart.
    pub fn into_cpus(mut self) -> (BTreeMap<u32, CpuidTable>, BTreeSet<u32>) {
        let mut lost = BTreeSet::new();
        for cpu in &self.unnumbered {
            if self.cpus.get_mut(cpu).is_some_and(|entries| !number_state(entries)) {
                lost.insert(*cpu);
            }
        }
        let table = |entries: BTreeMap<(u32, u32), Registers>| {
            let mut table = CpuidTable::new();
            for ((leaf, subleaf), words) in entries {
                // Keys of one form, none twice: each fits.
                let _ = table.insert(Key::subleaf(leaf, subleaf), words);
            }
            table
        };
        (self.cpus.into_iter().map(|(cpu, entries)| (cpu, table(entries))).collect(), lost)
    }
}

/// The bits of a leaf that say which range it is in.
const RANGE: u32 = 0xffff_0000;

/// Whether a leaf is the first of its range, which says how far the range goes.
const fn is_range(leaf: u32) -> bool {
    leaf & !RANGE == 0
}

/// Whether a subleaf ends its list: no cache, no level, nothing at all. Intel SDM Vol. 2A, CPUID, leaves 04H, 0BH,
/// 12H, 1FH; AMD APM Vol. 3 appendix E, 8000001DH, 80000026H.
const fn ends_list(leaf: u32, words: Registers) -> bool {
    match leaf {
        0x4 | 0x8000_001d => words.eax & 0x1f == 0,
        0xb | 0x1f | 0x8000_0026 => words.ecx & 0xff00 == 0,
        0x12 | 0x14 => words.is_zero(),
        _ => false,
    }
}

/// Gives the subleaves of the extended state, counted so far, their numbers: those of XCR0, if there are as many
/// lines as it has components. `false` where only subleaf 0 is sure, and the others are taken out.
fn number_state(entries: &mut BTreeMap<(u32, u32), Registers>) -> bool {
    let all: Vec<Registers> =
        entries.range((STATE, 0)..=(STATE, u32::MAX)).map(|(_, words)| *words).collect();
    let Some((first, others)) = all.split_first() else { return true };
    entries.retain(|(leaf, subleaf), _| *leaf != STATE || *subleaf == 0);
    // Bits 0 and 1, x87 and SSE, have no subleaf of their own; subleaf 1 is about the instructions.
    let components: Vec<u32> = (2..32).filter(|bit| first.eax >> bit & 1 == 1).collect();
    let numbers = if others.len() == components.len() + 1 {
        [&[1][..], &components].concat()
    } else if others.len() == components.len() {
        components
    } else {
        return others.is_empty();
    };
    entries.extend(numbers.into_iter().zip(others).map(|(subleaf, words)| ((STATE, subleaf), *words)));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(eax: u32) -> Registers {
        Registers::new(eax, 0, 0, 0)
    }

    #[test]
    fn an_entry_stands_once_and_the_first_stays() {
        let mut listing = Listing::default();
        assert_eq!(listing.begin(CPUS_END), Err(Refused::Number));
        assert_eq!((listing.begin(3), listing.begin(3), listing.next_cpu()), (Ok(true), Ok(false), 4));
        assert_eq!(listing.put(3, 4, 0, words(1)), Ok(()));
        assert_eq!(listing.put(3, 4, 0, words(1)), Err(Refused::Repeated));
        assert_eq!(listing.put(3, 4, 0, words(2)), Err(Refused::Contradicted(4, 0)));
        for subleaf in 1..2048 {
            assert_eq!(listing.put(3, 4, subleaf, words(1)), Ok(()));
        }
        assert_eq!(listing.put(3, 4, 4000, words(1)), Err(Refused::Full));
        assert_eq!(listing.into_cpus().0[&3].lookup(4, 0).eax, 1);
    }

    #[test]
    fn subleaves_without_a_number_are_counted() {
        let mut listing = Listing::default();
        for eax in [0x121, 0x122, 0x143] {
            listing.put_next(0, 4, words(eax)).unwrap();
        }
        listing.put_next(0, 1, words(7)).unwrap();
        assert_eq!(listing.put_next(0, 1, words(8)), Err(Refused::Contradicted(1, 0)));
        let (cpus, lost) = listing.into_cpus();
        assert_eq!((cpus[&0].lookup(4, 2).eax, cpus[&0].len(), lost.len()), (0x143, 4, 0));
    }

    /// Zero subleaves of 0DH are skipped: with XCR0 = 7 and two lines behind the first, they are 1 and 2; of
    /// three, one is of a component that only supervisors have.
    #[test]
    fn state_components_are_numbered_by_xcr0_or_left_out() {
        let state = |lines: &[u32]| {
            let mut listing = Listing::default();
            for eax in lines {
                listing.put_next(0, 0xd, words(*eax)).unwrap();
            }
            let (cpus, lost) = listing.into_cpus();
            let keys: Vec<u32> = cpus[&0].iter().filter_map(|(key, _)| key.subleaf).collect();
            (keys, lost.contains(&0))
        };
        assert_eq!(state(&[7]), (vec![0], false));
        assert_eq!(state(&[0x207, 1, 256, 8]), (vec![0, 1, 2, 9], false));
        assert_eq!(state(&[0x207, 256, 8]), (vec![0, 2, 9], false));
        assert_eq!(state(&[0x207, 1, 256, 8, 9]), (vec![0], true));
    }
}
