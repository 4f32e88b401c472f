//! The directory that hwloc's x86 backend reads at HWLOC_CPUID_PATH, as `hwloc-gather-cpuid` makes it.

use std::fmt::Write;

use super::{NumberedTable, entries};
use crate::cpuid::CpuidTable;

/// The file that says what the others are; without it hwloc describes the machine that it runs on.
pub const HWLOC_INFO_NAME: &str = "hwloc-cpuid-info";

/// hwloc reads the first line; the second says whose directory it is.
const INFO: &str = "Architecture: x86\nWritten by: topoc\n";

/// Bits of a line's mask: which inputs must be those of the line, EAX and ECX.
const EAX: u32 = 1;
const ECX: u32 = 4;

/// The files by name: `hwloc-cpuid-info`, and `pu0`, `pu1`, … for the CPUs in the order given. hwloc
/// wants them without gaps, so that the CPUs' own numbers are lost where they have any.
#[must_use]
pub fn hwloc(cpus: &[NumberedTable]) -> Vec<(String, String)> {
    let mut files = vec![(HWLOC_INFO_NAME.to_owned(), INFO.to_owned())];
    files.extend(cpus.iter().enumerate().map(|(pu, (_, table))| (format!("pu{pu}"), dump(table))));
    files
}

/// Whether the text is that of a `hwloc-cpuid-info` that [`hwloc`] wrote, and no other program.
#[must_use]
pub fn is_hwloc_info(text: &[u8]) -> bool {
    text == INFO.as_bytes()
}

/// One CPU: a line `mask eax ebx ecx edx => eax ebx ecx edx` for each entry, in bare hexadecimal; inputs that
/// the mask leaves out are 0.
fn dump(table: &CpuidTable) -> String {
    let mut text = "# mask e[abcd]x => e[abcd]x\n".to_owned();
    for (key, registers) in entries(table) {
        let (mask, ecx) = key.subleaf.map_or((EAX, 0), |subleaf| (EAX | ECX, subleaf));
        let [a, b, c, d] = registers.words();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{mask:x} {:x} 0 {ecx:x} 0 => {a:x} {b:x} {c:x} {d:x}", key.leaf);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuid::Key;

    #[test]
    fn lines_are_those_of_hwloc() {
        let mut table = CpuidTable::new();
        table.insert(Key::subleaf(0xd, 0x3f), [0, 0, 0, 0xabc].into()).unwrap();
        table.insert(Key::leaf(0x8000_0008), [0x3034, 0, 0, 0].into()).unwrap();
        let files = hwloc(&[(0, CpuidTable::new()), (7, table)]);
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["hwloc-cpuid-info", "pu0", "pu1"]);
        assert!(is_hwloc_info(files[0].1.as_bytes()) && !is_hwloc_info(b"Architecture: x86\n"));
        assert_eq!(
            files[2].1,
            "# mask e[abcd]x => e[abcd]x\n5 d 0 3f 0 => 0 0 0 abc\n1 80000008 0 0 0 => 3034 0 0 0\n"
        );
    }
}
