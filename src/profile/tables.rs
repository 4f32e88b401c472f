//! The profile's CPUID as whole tables, one per CPU.

use super::HostProfile;
use crate::cpuid::CpuidTable;
use crate::decode::Answers;

impl HostProfile {
    /// The own table of every CPU that was online, with its number, in the order of the list.
    pub fn cpu_tables(&self) -> impl Iterator<Item = (u32, CpuidTable)> {
        self.cpus.iter().flat_map(|part| {
            part.online.iter().map(|cpu| {
                let mut table = part.cpuid.clone();
                for (key, registers) in part.differences.get(&cpu).into_iter().flatten() {
                    // A difference has the form of the first CPU's leaf: the file form holds that.
                    let _ = table.set(*key, *registers);
                }
                (cpu, table)
            })
        })
    }
}

/// A table as the decoder takes it: what it lacks reads as zeros.
#[must_use]
pub fn answers(table: &CpuidTable) -> Answers {
    Answers::from_entries(table.iter().map(|(key, registers)| (key.leaf, key.subleaf, registers.words())))
}
