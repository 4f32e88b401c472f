//! A whole CPUID table: what one CPU answers to every leaf and subleaf.

use std::fmt;
use std::str::FromStr;

use super::Registers;

/// What selects an entry of a table.
///
/// A leaf that takes no subleaf answers the same for every ECX; one that takes subleaves answers
/// each on its own, which KVM marks with `KVM_CPUID_FLAG_SIGNIFCANT_INDEX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The input in EAX.
    pub leaf: u32,
    /// The input in ECX, where the leaf looks at it.
    pub subleaf: Option<u32>,
}

impl Key {
    /// A leaf that ignores ECX.
    #[must_use]
    pub const fn leaf(leaf: u32) -> Self {
        Self { leaf, subleaf: None }
    }

    /// One subleaf of a leaf that looks at ECX.
    #[must_use]
    pub const fn subleaf(leaf: u32, subleaf: u32) -> Self {
        Self { leaf, subleaf: Some(subleaf) }
    }

    /// The leaves in which KVM itself regards ECX as significant, and `0x80000026`, which it does
    /// not know. Source: Linux `arch/x86/include/asm/cpuid/api.h`, `cpuid_function_is_indexed`;
    /// APM Vol. 3 appendix E for `0x80000026`.
    #[must_use]
    pub const fn is_indexed(leaf: u32) -> bool {
        matches!(
            leaf,
            0x4 | 0x7
                | 0xb
                | 0xd
                | 0xf
                | 0x10
                | 0x12
                | 0x14
                | 0x17
                | 0x18
                | 0x1d
                | 0x1e
                | 0x1f
                | 0x20
                | 0x23
                | 0x24
                | 0x8000_001d
                | 0x8000_0020
                | 0x8000_0026
        )
    }
}

/// Written `0x00000004.3`, or `0x00000001` for a leaf without subleaves.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}", self.leaf)?;
        self.subleaf.map_or(Ok(()), |subleaf| write!(f, ".{subleaf}"))
    }
}

/// The text is not of the form `0x00000004.3` or `0x00000001`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseKeyError;

impl fmt::Display for ParseKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a leaf such as `0x00000001`, or leaf and subleaf such as `0x00000004.3`")
    }
}

impl std::error::Error for ParseKeyError {}

impl FromStr for Key {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (leaf, subleaf) = match text.split_once('.') {
            Some((leaf, subleaf)) => (leaf, Some(subleaf)),
            None => (text, None),
        };
        let digits = leaf.strip_prefix("0x").ok_or(ParseKeyError)?;
        if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(ParseKeyError);
        }
        let leaf = u32::from_str_radix(digits, 16).map_err(|_| ParseKeyError)?;
        let subleaf = match subleaf {
            Some(n) if n.bytes().all(|b| b.is_ascii_digit()) => Some(n.parse().map_err(|_| ParseKeyError)?),
            Some(_) => return Err(ParseKeyError),
            None => None,
        };
        Ok(Self { leaf, subleaf })
    }
}

/// The bits of a leaf that say which range it is in: basic 0000xxxxH, extended 8000xxxxH.
const RANGE: u32 = 0xffff_0000;

/// Why an entry cannot stand in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableError {
    /// The table has this entry already.
    Duplicate(Key),
    /// The leaf stands in the table with and without subleaves: KVM takes the first that matches,
    /// so one would shadow the other.
    Shadowed(Key),
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate(key) => write!(f, "{key} stands twice"),
            Self::Shadowed(key) => write!(
                f,
                "{key} stands beside an entry of the same leaf that is {} subleaf",
                if key.subleaf.is_some() { "without" } else { "with a" }
            ),
        }
    }
}

impl std::error::Error for TableError {}

/// A CPUID table, sorted by leaf and subleaf.
///
/// It cannot hold an entry twice, nor a leaf both with and without subleaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpuidTable {
    entries: Vec<(Key, Registers)>,
}

impl CpuidTable {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// The entry is there already, or would shadow or be shadowed by another of its leaf.
    pub fn insert(&mut self, key: Key, registers: Registers) -> Result<(), TableError> {
        match self.find(key) {
            Ok(_) => Err(TableError::Duplicate(key)),
            Err(at) => {
                if self.leaf(key.leaf).any(|(other, _)| other.subleaf.is_some() != key.subleaf.is_some()) {
                    return Err(TableError::Shadowed(key));
                }
                self.entries.insert(at, (key, registers));
                Ok(())
            }
        }
    }

    /// Puts an entry in the place of whatever the table has of that key.
    ///
    /// # Errors
    /// The leaf stands in the table in its other form, with or without subleaves.
    pub fn set(&mut self, key: Key, registers: Registers) -> Result<(), TableError> {
        if let Some(old) = self.get_mut(key) {
            *old = registers;
            return Ok(());
        }
        self.insert(key, registers)
    }

    /// Takes a whole leaf out.
    pub fn remove_leaf(&mut self, leaf: u32) {
        self.entries.retain(|(key, _)| key.leaf != leaf);
    }

    /// Ends the range of a leaf below it, as for a reader that knows no such leaf: the range's first leaf
    /// says so in EAX, and the leaf and those above it are taken out. Says whether any were there.
    pub fn end_below(&mut self, leaf: u32) -> bool {
        let first = leaf & RANGE;
        let len = self.entries.len();
        self.entries.retain(|(key, _)| key.leaf & RANGE != first || key.leaf < leaf);
        if let Some(registers) = self.get_mut(Key::leaf(first)) {
            registers.eax = registers.eax.min(leaf.saturating_sub(1));
        }
        self.entries.len() < len
    }

    /// Keeps only the entries that `keep` accepts.
    pub fn retain(&mut self, mut keep: impl FnMut(Key, &Registers) -> bool) {
        self.entries.retain(|(key, registers)| keep(*key, registers));
    }

    /// The entry under exactly this key.
    #[must_use]
    pub fn get(&self, key: Key) -> Option<&Registers> {
        self.find(key).ok().map(|at| &self.entries[at].1)
    }

    /// The entry under exactly this key, to be changed.
    pub fn get_mut(&mut self, key: Key) -> Option<&mut Registers> {
        self.find(key).ok().map(|at| &mut self.entries[at].1)
    }

    /// What the table says for a leaf and subleaf, whichever form the leaf stands in; zeros where
    /// it says nothing.
    #[must_use]
    pub fn lookup(&self, leaf: u32, subleaf: u32) -> Registers {
        self.get(Key::subleaf(leaf, subleaf))
            .or_else(|| self.get(Key::leaf(leaf)))
            .copied()
            .unwrap_or_default()
    }

    /// The entries of one leaf.
    pub fn leaf(&self, leaf: u32) -> impl Iterator<Item = (Key, &Registers)> {
        let start = self.entries.partition_point(|(key, _)| key.leaf < leaf);
        self.entries[start..].iter().take_while(move |(key, _)| key.leaf == leaf).map(|(key, r)| (*key, r))
    }

    /// All entries, by leaf and subleaf.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Key, &Registers)> {
        self.entries.iter().map(|(key, registers)| (*key, registers))
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn find(&self, key: Key) -> Result<usize, usize> {
        self.entries.binary_search_by(|(k, _)| k.cmp(&key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_cannot_shadow_itself() {
        let mut table = CpuidTable::new();
        table.insert(Key::subleaf(4, 0), Registers::ZERO).unwrap();
        assert_eq!(
            table.insert(Key::subleaf(4, 0), Registers::ZERO),
            Err(TableError::Duplicate(Key::subleaf(4, 0)))
        );
        assert_eq!(table.insert(Key::leaf(4), Registers::ZERO), Err(TableError::Shadowed(Key::leaf(4))));
        assert_eq!(table.set(Key::leaf(4), Registers::ZERO), Err(TableError::Shadowed(Key::leaf(4))));
        table.insert(Key::leaf(1), Registers::new(1, 2, 3, 4)).unwrap();
        assert_eq!(table.lookup(1, 99).ebx, 2);
        assert_eq!(table.lookup(4, 7), Registers::ZERO);
        assert_eq!(table.iter().map(|(k, _)| k).collect::<Vec<_>>(), [Key::leaf(1), Key::subleaf(4, 0)]);
    }

    #[test]
    fn a_range_ends_below_a_leaf_and_the_others_stay() {
        let mut table = CpuidTable::new();
        for (key, eax) in [
            (Key::leaf(0), 0x20),
            (Key::subleaf(0xb, 0), 1),
            (Key::subleaf(0x1f, 0), 1),
            (Key::subleaf(0x20, 0), 0),
            (Key::leaf(0x8000_0000), 0x8000_0008),
        ] {
            table.insert(key, Registers::new(eax, 0, 0, 0)).unwrap();
        }
        let whole = table.clone();
        assert!(!table.end_below(0x8000_0026));
        assert_eq!(table, whole);
        assert!(table.end_below(0x1f));
        let keys: Vec<Key> = table.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, [Key::leaf(0), Key::subleaf(0xb, 0), Key::leaf(0x8000_0000)]);
        assert_eq!(table.lookup(0, 0).eax, 0x1e);
        assert_eq!(table.lookup(0x8000_0000, 0).eax, 0x8000_0008);
    }

    #[test]
    fn keys_round_trip() {
        for key in [Key::leaf(1), Key::subleaf(0x8000_001d, 3), Key::subleaf(0xd, 17)] {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        for odd in ["1", "0x1", "0x00000001.", "0x00000001.x", "0x00000001.-1", "0x00000001.+1", "0x0000000g"]
        {
            assert!(odd.parse::<Key>().is_err(), "{odd}");
        }
    }
}
