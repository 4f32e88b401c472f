//! The lines of AIDA64's CPUID dumps, which libcpuid and collections of dumps read.

use std::fmt::Write;

use super::NumberedTable;

/// All CPUs in one text: a header `------[ CPUID Registers / Logical CPU #0 ]------`, then
/// `CPUID 00000004: 1C004121-02C0003F-0000003F-00000000 [SL 00]` for each entry, without `[SL …]` for a leaf without
/// subleaves. A subleaf of 100H and above takes three digits and more. Lists end at the last entry that the table has:
/// the program itself writes no empty ends.
#[must_use]
pub fn aida64(cpus: &[NumberedTable]) -> String {
    let mut text = String::new();
    for (number, table) in cpus {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "------[ CPUID Registers / Logical CPU #{number} ]------\n");
        for (key, registers) in table.iter() {
            let [eax, ebx, ecx, edx] = registers.words();
            let _ = write!(text, "CPUID {:08X}: {eax:08X}-{ebx:08X}-{ecx:08X}-{edx:08X}", key.leaf);
            let _ = match key.subleaf {
                Some(subleaf) => writeln!(text, " [SL {subleaf:02X}]"),
                None => writeln!(text),
            };
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuid::{CpuidTable, Key};

    #[test]
    fn lines_are_those_of_aida64() {
        let mut table = CpuidTable::new();
        table.insert(Key::subleaf(0xd, 0x1f), [0, 0, 0, 0xabc].into()).unwrap();
        table.insert(Key::leaf(1), [0x806f8, 0x0010_0800, 0, 0].into()).unwrap();
        assert_eq!(
            aida64(&[(7, table)]),
            "------[ CPUID Registers / Logical CPU #7 ]------\n\nCPUID 00000001: 000806F8-00100800-00000000-00000000\n\
             CPUID 0000000D: 00000000-00000000-00000000-00000ABC [SL 1F]\n\n"
        );
    }
}
