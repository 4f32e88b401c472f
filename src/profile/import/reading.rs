//! What importers of one table share: mistakes within a bound, and entries.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::raw::{File, Raw};
use crate::cpuid::{CpuidTable, Key, Registers};

/// The most entries of one table, as in a profile.
const MOST_ENTRIES: usize = 2048;

/// The mistakes of one file.
pub(super) struct Mistakes<'a> {
    file: &'a str,
    told: Raw,
}

impl<'a> Mistakes<'a> {
    pub fn of(file: &File<'a>) -> Self {
        Self { file: file.name, told: Raw::default() }
    }

    /// Adds a mistake. Its words may quote the file: they are made printable, on one line, and short.
    pub fn wrong(&mut self, line: Option<usize>, message: impl Display) {
        self.told.wrong(self.file, line, message);
    }

    /// Whether further mistakes are only counted, so that finding their lines is of no use.
    pub fn is_full(&self) -> bool {
        self.told.is_full()
    }

    pub fn into(self, raw: &mut Raw) {
        raw.mistakes.extend(self.told.mistakes);
        raw.more_mistakes += self.told.more_mistakes;
    }
}

/// Whether some of the file's first bytes are these.
pub(super) fn begins_with_any(file: &File<'_>, needles: &[&str]) -> bool {
    let head = file.bytes.get(..1 << 16).unwrap_or(file.bytes);
    needles.iter().any(|needle| head.windows(needle.len()).any(|part| part == needle.as_bytes()))
}

/// Entries of one table, in the order of their leaves.
#[derive(Debug, Default)]
pub(super) struct Entries(BTreeMap<(u32, Option<u32>), Registers>);

impl Entries {
    /// Adds an entry; a second of the same key has to say the same.
    pub fn put(&mut self, leaf: u32, subleaf: Option<u32>, words: Registers) -> Result<(), String> {
        if self.0.len() >= MOST_ENTRIES {
            return Err(format!("more than {MOST_ENTRIES} entries: no table has as many"));
        }
        match self.0.insert((leaf, subleaf), words) {
            Some(other) if other != words => {
                self.0.insert((leaf, subleaf), other);
                let key = Key { leaf, subleaf };
                Err(format!("{key} stands twice: it was {other} before"))
            }
            _ => Ok(()),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn has(&self, leaf: u32) -> bool {
        self.0.range((leaf, None)..=(leaf, Some(u32::MAX))).next().is_some()
    }

    /// The table, for a capture in which subleaf 0 is written for leaves that take none as well: those have it
    /// only where the leaf takes subleaves, or has others. An entry without a subleaf beside others answers for
    /// those that are not there, which read as zeros anyway.
    pub fn into_table(self) -> CpuidTable {
        let mut table = CpuidTable::new();
        let mut numbered: BTreeMap<u32, bool> = BTreeMap::new();
        for (leaf, subleaf) in self.0.keys() {
            let is_numbered = subleaf.is_some_and(|n| n > 0 || Key::is_indexed(*leaf));
            *numbered.entry(*leaf).or_default() |= is_numbered;
        }
        for ((leaf, subleaf), words) in self.0 {
            let key = match (numbered.get(&leaf), subleaf) {
                (Some(true), None) => continue,
                (Some(true), Some(_)) => Key { leaf, subleaf },
                _ => Key::leaf(leaf),
            };
            // Keys of one form, and none twice but where a leaf has both forms of an entry: the first counts.
            let _ = table.insert(key, words);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subleaves_stay_where_a_leaf_takes_them() {
        let mut entries = Entries::default();
        for (leaf, subleaf) in
            [(0, Some(0)), (2, None), (4, Some(0)), (7, Some(1)), (7, None), (0x1b, Some(0)), (0x99, Some(3))]
        {
            entries.put(leaf, subleaf, Registers::new(1, 0, 0, 0)).unwrap();
        }
        assert_eq!((entries.len(), entries.has(4), entries.has(5)), (7, true, false));
        let keys: Vec<String> = entries.into_table().iter().map(|(key, _)| key.to_string()).collect();
        let expected = "0x00000000 0x00000002 0x00000004.0 0x00000007.1 0x0000001b 0x00000099.3";
        assert_eq!(keys.join(" "), expected);
    }

    #[test]
    fn an_entry_that_stands_twice_says_the_same() {
        let mut entries = Entries::default();
        assert_eq!(entries.put(4, Some(1), Registers::new(1, 2, 3, 4)), Ok(()));
        assert_eq!(entries.put(4, Some(1), Registers::new(1, 2, 3, 4)), Ok(()));
        let told = entries.put(4, Some(1), Registers::new(1, 2, 3, 5)).unwrap_err();
        assert_eq!(told, "0x00000004.1 stands twice: it was 00000001 00000002 00000003 00000004 before");
        assert_eq!(entries.into_table().lookup(4, 1).edx, 4);
    }

    #[test]
    fn mistakes_and_entries_have_an_end() {
        let file = File { name: "x", bytes: b"" };
        let (mut mistakes, mut raw) = (Mistakes::of(&file), Raw::default());
        (0..250).for_each(|line| mistakes.wrong(Some(line), "no"));
        mistakes.into(&mut raw);
        assert_eq!((raw.mistakes.len(), raw.more_mistakes), (100, 150));
        let mut entries = Entries::default();
        assert!((0..2048).all(|leaf| entries.put(leaf, None, Registers::ZERO).is_ok()));
        assert!(entries.put(9999, None, Registers::ZERO).is_err());
    }
}
