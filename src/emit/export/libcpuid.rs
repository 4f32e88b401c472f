//! libcpuid's raw form, which `cpuid_tool --load` reads.

use std::fmt::Write;

use super::NumberedTable;
use crate::cpuid::{CpuidTable, Key};

/// An array: its name, its first leaf, its length, and whether its index is a subleaf.
struct Array {
    name: &'static str,
    first: u32,
    length: u32,
    is_subleaf: bool,
}

const fn array(name: &'static str, first: u32, length: u32, is_subleaf: bool) -> Array {
    Array { name, first, length, is_subleaf }
}

/// The arrays of every capture.
const ARRAYS: [Array; 7] = [
    array("basic_cpuid", 0, 32, false),
    array("ext_cpuid", 0x8000_0000, 32, false),
    array("intel_fn4", 4, 8, true),
    array("intel_fn11", 0xb, 4, true),
    array("intel_fn12h", 0x12, 4, true),
    array("intel_fn14h", 0x14, 4, true),
    array("amd_fn8000001dh", 0x8000_001d, 4, true),
];

/// An array that libcpuid has from version 0.7 on. It is written for CPUs with the leaf alone, so that older
/// versions read the others.
const LEVELS: Array = array("amd_fn80000026h", 0x8000_0026, 4, true);

/// All CPUs in one text: a line `version=…`, and for each CPU a header and the arrays, whatever the table lacks as
/// zeros. There is room for the first 32 leaves of the basic and of the extended range, each without subleaves, and
/// for the first four or eight subleaves of 04H, 0BH, 12H, 14H, 8000001DH and 80000026H: [`libcpuid_holds`].
#[must_use]
pub fn libcpuid(cpus: &[NumberedTable]) -> String {
    let mut text = "version=0.7.0\n".to_owned();
    let rule = "_".repeat(17);
    for (number, table) in cpus {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n{rule} Logical CPU #{number} {rule}");
        for array in arrays(table) {
            for index in 0..array.length {
                let (leaf, subleaf) =
                    if array.is_subleaf { (array.first, index) } else { (array.first + index, 0) };
                let [a, b, c, d] = table.lookup(leaf, subleaf).words();
                let _ = writeln!(text, "{}[{index}]={a:08x} {b:08x} {c:08x} {d:08x}", array.name);
            }
        }
    }
    text
}

/// Whether the form has room for an entry.
#[must_use]
pub fn libcpuid_holds(key: Key) -> bool {
    let subleaf = key.subleaf.unwrap_or(0);
    ARRAYS.iter().chain([&LEVELS]).any(|array| {
        if array.is_subleaf {
            key.leaf == array.first && subleaf < array.length
        } else {
            (array.first..array.first + array.length).contains(&key.leaf) && subleaf == 0
        }
    })
}

fn arrays(table: &CpuidTable) -> impl Iterator<Item = &'static Array> {
    let levels = (table.leaf(LEVELS.first).next().is_some()).then_some(&LEVELS);
    ARRAYS.iter().chain(levels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_those_of_libcpuid() {
        let mut table = CpuidTable::new();
        table.insert(Key::subleaf(4, 1), [0x122, 0x01c0_003f, 0x3f, 0].into()).unwrap();
        table.insert(Key::leaf(0x8000_0008), [0x3034, 0, 0, 0].into()).unwrap();
        let text = libcpuid(&[(3, table.clone())]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..3], ["version=0.7.0", "", "_________________ Logical CPU #3 _________________"]);
        assert_eq!(lines.len(), 3 + 32 + 32 + 8 + 4 * 4);
        assert!(lines.contains(&"intel_fn4[1]=00000122 01c0003f 0000003f 00000000"));
        assert!(lines.contains(&"ext_cpuid[8]=00003034 00000000 00000000 00000000"));
        table.insert(Key::subleaf(0x8000_0026, 0), [1, 2, 0x100, 0].into()).unwrap();
        assert!(libcpuid(&[(0, table)]).contains("amd_fn80000026h[0]=00000001 00000002 00000100 00000000\n"));
    }

    #[test]
    fn there_is_room_for_some_entries() {
        for key in [Key::leaf(0x1f), Key::subleaf(0x1f, 0), Key::subleaf(4, 7), Key::subleaf(0x8000_0026, 3)]
        {
            assert!(libcpuid_holds(key), "{key}");
        }
        for key in [
            Key::leaf(0x20),
            Key::subleaf(0x1f, 1),
            Key::subleaf(7, 1),
            Key::subleaf(4, 8),
            Key::leaf(0x4000_0000),
        ] {
            assert!(!libcpuid_holds(key), "{key}");
        }
    }
}
