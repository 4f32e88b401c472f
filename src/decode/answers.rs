//! What CPUID answers on one vCPU: a table of entries and the way it is looked up.

use super::bits::bits;
use super::vendor::Vendor;

/// EAX, EBX, ECX, EDX.
pub type Registers = [u32; 4];

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Input EAX
    pub leaf: u32,
    /// Input ECX that the entry answers; `None` answers every ECX
    pub subleaf: Option<u32>,
    /// EAX, EBX, ECX, EDX
    pub registers: Registers,
}

/// How a missing answer is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// As KVM does for a guest: arch/x86/kvm/cpuid.c, `kvm_cpuid`
    Kvm,
    /// As written down: what a capture lacks reads as zeros
    Plain,
}

/// One vCPU's CPUID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    entries: Vec<Entry>,
    lookup: Lookup,
}

impl Answers {
    /// A capture: each (leaf, subleaf, registers) as read. The first of several equal keys counts, `None` as
    /// subleaf answers every ECX, and what is missing reads as zeros.
    pub fn from_entries(entries: impl IntoIterator<Item = (u32, Option<u32>, Registers)>) -> Answers {
        let entries = entries
            .into_iter()
            .map(|(leaf, subleaf, registers)| Entry { leaf, subleaf, registers })
            .collect();
        Answers { entries, lookup: Lookup::Plain }
    }

    /// A table that KVM serves to a guest, in KVM's order: the first entry that matches answers.
    pub fn served_by_kvm(entries: Vec<Entry>) -> Answers {
        Answers { entries, lookup: Lookup::Kvm }
    }

    /// Whether the table comes from a blob, so that terminators, flags and maximum leaves are its own words.
    pub fn is_blob(&self) -> bool {
        self.lookup == Lookup::Kvm
    }

    /// The entries as they lie in the table.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What CPUID returns for EAX = `leaf` and ECX = `subleaf`.
    ///
    /// A blob answers as KVM does: the first matching entry; else, except for AMD and Hygon, a leaf beyond the
    /// maximum of its range is redirected to the maximum basic leaf; and a missing subleaf of 0BH and 1FH
    /// keeps `ECX[7:0]` and EDX where subleaf 1 exists. A capture answers zeros.
    pub fn get(&self, leaf: u32, subleaf: u32) -> Registers {
        if let Some(entry) = self.find(leaf, subleaf) {
            return entry.registers;
        }
        if self.lookup == Lookup::Plain {
            return [0; 4];
        }
        let leaf = match self.redirected(leaf) {
            Some(maximum) => match self.find(maximum, subleaf) {
                Some(entry) => return entry.registers,
                None => maximum,
            },
            None => leaf,
        };
        match (leaf, self.find(leaf, 1)) {
            (0xB | 0x1F, Some(entry)) => [0, 0, bits(subleaf, 7, 0), entry.registers[3]],
            _ => [0; 4],
        }
    }

    /// Whether the table itself has an entry for the leaf and subleaf.
    pub fn has(&self, leaf: u32, subleaf: u32) -> bool {
        self.find(leaf, subleaf).is_some()
    }

    /// The highest basic leaf, CPUID.(EAX=00H):EAX.
    pub fn max_basic(&self) -> u32 {
        self.get(0, 0)[0]
    }

    /// The highest extended leaf, CPUID.(EAX=80000000H):EAX; 0 where that is no extended leaf number.
    pub fn max_extended(&self) -> u32 {
        let [eax, ..] = self.get(0x8000_0000, 0);
        if (0x8000_0000..0xC000_0000).contains(&eax) { eax } else { 0 }
    }

    fn find(&self, leaf: u32, subleaf: u32) -> Option<&Entry> {
        self.entries.iter().find(|e| e.leaf == leaf && e.subleaf.is_none_or(|s| s == subleaf))
    }

    /// The leaf that KVM reads in place of one beyond its range: `get_out_of_range_cpuid_entry`.
    fn redirected(&self, leaf: u32) -> Option<u32> {
        let any = |leaf| self.entries.iter().find(|e| e.leaf == leaf).map(|e| e.registers);
        let basic = any(0)?;
        if Vendor::from_leaf_0(basic).is_amd_like() {
            return None;
        }
        let base = match leaf {
            0x4000_0000..=0x4FFF_FFFF => leaf & 0xFFFF_FF00,
            0xC000_0000.. => 0xC000_0000,
            _ => leaf & 0x8000_0000,
        };
        match any(base) {
            Some([maximum, ..]) if leaf <= maximum => None,
            _ => Some(basic[0]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTEL: Registers = [0xB, 0x756E_6547, 0x6C65_746E, 0x4965_6E69];
    const AMD: Registers = [0xB, 0x6874_7541, 0x444D_4163, 0x6974_6E65];

    fn entry(leaf: u32, subleaf: Option<u32>, registers: Registers) -> Entry {
        Entry { leaf, subleaf, registers }
    }

    fn table(leaf_0: Registers) -> Answers {
        Answers::served_by_kvm(vec![
            entry(0, None, leaf_0),
            entry(4, Some(0), [1, 1, 1, 1]),
            entry(0xB, Some(0), [1, 2, 0x100, 9]),
            entry(0xB, Some(1), [4, 8, 0x201, 9]),
            entry(0x8000_0000, None, [0x8000_0008, 0, 0, 0]),
        ])
    }

    #[test]
    fn beyond_the_maximum_intel_reads_the_maximum_basic_leaf() {
        let intel = table(INTEL);
        assert_eq!(intel.get(0x1F, 1), [4, 8, 0x201, 9], "basic");
        assert_eq!(intel.get(0x4000_0000, 0), [1, 2, 0x100, 9], "no hypervisor range");
        assert_eq!(intel.get(0x8000_0026, 0), [1, 2, 0x100, 9], "extended");
        assert_eq!(intel.get(0x8000_0001, 0), [0; 4], "within the range");
        assert_eq!(intel.get(0xC000_0000, 0), [1, 2, 0x100, 9], "no Centaur range");
        assert_eq!(intel.get(4, 7), [0; 4], "a missing subleaf");
        assert_eq!(intel.get(0x5000_0000, 0), [1, 2, 0x100, 9], "between the ranges");
    }

    /// Each range has its own first leaf, the hypervisors' each block of 256.
    #[test]
    fn ranges_have_their_own_maximum() {
        let mut entries = table(INTEL).entries;
        for leaf in [0x4000_0000, 0x4000_0100, 0xC000_0000] {
            entries.push(entry(leaf, None, [leaf + 1, 0, 0, 0]));
        }
        let intel = Answers::served_by_kvm(entries);
        for within in [0x4000_0001, 0x4000_0101, 0xC000_0001] {
            assert_eq!(intel.get(within, 0), [0; 4], "{within:#x}");
        }
        for beyond in [0x4000_0002, 0x4000_0102, 0x4000_0200, 0xC000_0002] {
            assert_eq!(intel.get(beyond, 0), [1, 2, 0x100, 9], "{beyond:#x}");
        }
    }

    #[test]
    fn beyond_the_maximum_amd_reads_zeros() {
        let amd = table(AMD);
        assert_eq!(amd.get(0x4000_0000, 0), [0; 4]);
        assert_eq!(amd.get(0x1F, 1), [0; 4]);
    }

    #[test]
    fn missing_subleaves_of_0bh_keep_the_id() {
        assert_eq!(table(INTEL).get(0xB, 0x12A), [0, 0, 0x2A, 9]);
        assert_eq!(table(AMD).get(0xB, 2), [0, 0, 2, 9]);
        assert_eq!(table(INTEL).get(0x1F, 5), [0, 0, 5, 9], "after redirection too");
    }

    #[test]
    fn captures_are_read_as_written() {
        let capture = Answers::from_entries([(0, None, INTEL), (0xB, Some(1), [4, 8, 0x201, 9])]);
        assert_eq!(capture.get(0, 77), INTEL);
        assert_eq!(capture.get(0xB, 2), [0; 4]);
        assert_eq!(capture.get(0x1F, 1), [0; 4]);
    }

    #[test]
    fn the_first_entry_counts() {
        let capture = Answers::from_entries([(2, None, [1; 4]), (2, Some(0), [2; 4])]);
        assert_eq!(capture.get(2, 0), [1; 4]);
    }
}
