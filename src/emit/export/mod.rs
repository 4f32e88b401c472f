//! Tables in the text forms of other programs: one file per form.
//!
//! A form takes every CPU's table under its number and gives text; it decides nothing. What it writes are the
//! table's own entries, leaf by leaf in rising order, entries of zeros and above the maximum leaf included,
//! for a guest reads those too. Added is only the end of a list that has none, where readers look for it.
//! libcpuid's form has arrays of a fixed length, and no place for other entries.

mod aida64;
mod cpuid_r;
mod hwloc;
mod libcpuid;

pub use aida64::aida64;
pub use cpuid_r::cpuid_r;
pub use hwloc::{HWLOC_INFO_NAME, hwloc, is_hwloc_info};
pub use libcpuid::{libcpuid, libcpuid_holds};

use crate::cpuid::{CpuidTable, Key, Registers};

/// A table, and the number of the CPU that it is of.
pub type NumberedTable = (u32, CpuidTable);

/// Leaves that are lists: readers ask for one subleaf after the other until one is empty. Intel SDM
/// Vol. 2A, CPUID, leaves 04H, 0BH, 1FH; AMD APM Vol. 3 appendix E.4.15, E.4.22.
const LISTS: [u32; 5] = [0x4, 0xb, 0x1f, 0x8000_001d, 0x8000_0026];

/// The entries of a table, in order, and the ends that its lists lack.
fn entries(table: &CpuidTable) -> Vec<(Key, Registers)> {
    let mut entries: Vec<(Key, Registers)> = table.iter().map(|(key, registers)| (key, *registers)).collect();
    for leaf in LISTS {
        let last = table.leaf(leaf).filter_map(|(key, registers)| Some((key.subleaf?, *registers))).last();
        let Some((last, registers)) = last.filter(|(_, registers)| !ends(leaf, *registers)) else { continue };
        let Some(next) = last.checked_add(1) else { continue };
        // Past the levels, 0BH and 1FH repeat the low byte of the subleaf and the ID.
        let end = match leaf {
            0xb | 0x1f => Registers::new(0, 0, next & 0xff, registers.edx),
            _ => Registers::ZERO,
        };
        let at = entries.partition_point(|(key, _)| *key < Key::subleaf(leaf, next));
        entries.insert(at, (Key::subleaf(leaf, next), end));
    }
    entries
}

/// Whether a subleaf ends its list: no cache type, no level type.
const fn ends(leaf: u32, registers: Registers) -> bool {
    match leaf {
        0x4 | 0x8000_001d => registers.eax & 0x1f == 0,
        _ => registers.ecx & 0xff00 == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(Key, [u32; 4])]) -> CpuidTable {
        let mut table = CpuidTable::new();
        for (key, words) in rows {
            table.insert(*key, (*words).into()).unwrap();
        }
        table
    }

    /// hwloc asks for the subleaf behind the last one, and says "Couldn't find leaf" where a dump lacks it.
    #[test]
    fn a_list_without_an_end_gets_one() {
        let open = table(&[
            (Key::subleaf(4, 0), [0x121, 0, 0, 0]),
            (Key::subleaf(0xb, 0), [1, 2, 0x100, 0x103]),
            (Key::leaf(0x16), [0; 4]),
            (Key::subleaf(0x8000_0026, 0), [1, 2, 0x100, 0x103]),
        ]);
        let added: Vec<_> = entries(&open).into_iter().filter(|(key, _)| open.get(*key).is_none()).collect();
        assert_eq!(
            added,
            [
                (Key::subleaf(4, 1), Registers::ZERO),
                (Key::subleaf(0xb, 1), Registers::new(0, 0, 1, 0x103)),
                (Key::subleaf(0x8000_0026, 1), Registers::ZERO),
            ]
        );
        assert!(entries(&open).is_sorted_by_key(|(key, _)| *key));
    }

    #[test]
    fn a_table_with_its_ends_stays_as_it_is() {
        let closed = table(&[
            (Key::subleaf(4, 0), [0x121, 0, 0, 0]),
            (Key::subleaf(4, 1), [0; 4]),
            (Key::subleaf(0x1f, 0), [0, 0, 0, 7]),
            (Key::leaf(0x8000_001d), [0; 4]),
        ]);
        assert_eq!(entries(&closed).len(), closed.len());
    }
}
