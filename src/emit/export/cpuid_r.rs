//! What `cpuid -r` prints and `cpuid -f` reads (cpuid by Todd Allen).

use std::fmt::Write;

use super::{NumberedTable, entries};

/// All CPUs in one text: a line `CPU N:`, then for each entry leaf, subleaf and registers. A leaf without
/// subleaves has the subleaf 0; one of 100H and above takes three digits and more. No line may be anything
/// else: the reader gives up at a comment or an empty line.
#[must_use]
pub fn cpuid_r(cpus: &[NumberedTable]) -> String {
    let mut text = String::new();
    for (number, table) in cpus {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "CPU {number}:");
        for (key, registers) in entries(table) {
            let (leaf, subleaf) = (key.leaf, key.subleaf.unwrap_or(0));
            let [eax, ebx, ecx, edx] = registers.words();
            let _ = writeln!(
                text,
                "   0x{leaf:08x} 0x{subleaf:02x}: eax=0x{eax:08x} ebx=0x{ebx:08x} ecx=0x{ecx:08x} edx=0x{edx:08x}"
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuid::{CpuidTable, Key};

    #[test]
    fn lines_are_those_of_cpuid() {
        let mut table = CpuidTable::new();
        table.insert(Key::subleaf(0xd, 0x105), [0, 0, 0, 0xabc].into()).unwrap();
        table.insert(Key::leaf(1), [0x806f8, 0x0010_0800, 0, 0].into()).unwrap();
        let text = cpuid_r(&[(0, table), (7, CpuidTable::new())]);
        assert_eq!(
            text,
            "CPU 0:\n   0x00000001 0x00: eax=0x000806f8 ebx=0x00100800 ecx=0x00000000 edx=0x00000000\n   \
             0x0000000d 0x105: eax=0x00000000 ebx=0x00000000 ecx=0x00000000 edx=0x00000abc\nCPU 7:\n"
        );
    }
}
