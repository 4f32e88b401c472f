//! Entries as topoc's own tables, for what the library writes of them.

use topoc::cpuid::{CpuidTable, Key};
use topoc::emit::export::NumberedTable;

use super::words::Entry;

/// One table. The first of several entries of one key counts, as it does for hwloc and KVM.
pub fn table(entries: &[Entry]) -> CpuidTable {
    let mut table = CpuidTable::new();
    for Entry { leaf, subleaf, words } in entries {
        let key = Key { leaf: *leaf, subleaf: *subleaf };
        if table.get(key).is_none() {
            table.insert(key, (*words).into()).unwrap();
        }
    }
    table
}

/// All CPUs, numbered from 0.
pub fn numbered(cpus: &[Vec<Entry>]) -> Vec<NumberedTable> {
    (0..).zip(cpus.iter().map(|entries| table(entries))).collect()
}
