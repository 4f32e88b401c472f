//! A table as rust-vmm's `CpuId`, for a program that makes its tables itself and runs no blob through a file.

use std::fmt;

use kvm_bindings::{CpuId, KVM_CPUID_FLAG_SIGNIFCANT_INDEX, KVM_MAX_CPUID_ENTRIES, kvm_cpuid_entry2};

use crate::cpuid::CpuidTable;

/// The table has more entries than KVM takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyEntries {
    /// How many it has.
    pub entries: usize,
}

impl fmt::Display for TooManyEntries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a table of {} entries, KVM takes at most {KVM_MAX_CPUID_ENTRIES}", self.entries)
    }
}

impl std::error::Error for TooManyEntries {}

/// What `KVM_SET_CPUID2` takes: the same entries in the same order, with the same flags, as
/// [`blob`](super::blob) writes.
///
/// ```
/// use kvm_bindings::CpuId;
/// use topoc::cpuid::{CpuidTable, Key, Registers};
///
/// let mut table = CpuidTable::new();
/// table.insert(Key::subleaf(0xb, 1), Registers::new(4, 16, 0x201, 7))?;
/// let cpuid = CpuId::try_from(&table)?;
/// assert_eq!(cpuid.as_slice()[0].edx, 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl TryFrom<&CpuidTable> for CpuId {
    type Error = TooManyEntries;

    fn try_from(table: &CpuidTable) -> Result<Self, TooManyEntries> {
        let entries: Vec<_> = table
            .iter()
            .map(|(key, registers)| kvm_cpuid_entry2 {
                function: key.leaf,
                index: key.subleaf.unwrap_or(0),
                flags: if key.subleaf.is_some() { KVM_CPUID_FLAG_SIGNIFCANT_INDEX } else { 0 },
                eax: registers.eax,
                ebx: registers.ebx,
                ecx: registers.ecx,
                edx: registers.edx,
                padding: [0; 3],
            })
            .collect();
        Self::from_entries(&entries).map_err(|_| TooManyEntries { entries: entries.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuid::{Key, Registers};
    use crate::emit::blob;

    fn table(entries: u32) -> CpuidTable {
        let mut table = CpuidTable::new();
        table.insert(Key::leaf(0x8000_001e), Registers::new(1, 2, 3, 4)).unwrap();
        for subleaf in 1..entries {
            let registers = Registers::new(subleaf, !subleaf, 7, subleaf << 20);
            table.insert(Key::subleaf(0xb, subleaf), registers).unwrap();
        }
        table
    }

    /// Its memory, word by word as the structure lies.
    fn bytes(cpuid: &CpuId) -> Vec<u8> {
        let header = cpuid.as_fam_struct_ref();
        let mut words = vec![header.nent, header.padding];
        for e in cpuid.as_slice() {
            words.extend([e.function, e.index, e.flags, e.eax, e.ebx, e.ecx, e.edx]);
            words.extend(e.padding);
        }
        words.into_iter().flat_map(u32::to_le_bytes).collect()
    }

    #[test]
    fn it_is_the_blob() {
        for entries in [1, 2, 60, 256] {
            let table = table(entries);
            assert_eq!(bytes(&CpuId::try_from(&table).unwrap()), blob(&table), "{entries} entries");
        }
    }

    #[test]
    fn more_than_kvm_takes_is_refused() {
        let error = CpuId::try_from(&table(257)).unwrap_err();
        assert_eq!(error.to_string(), "a table of 257 entries, KVM takes at most 256");
    }
}
