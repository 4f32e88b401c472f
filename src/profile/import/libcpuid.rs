//! libcpuid's raw form: what `cpuid_tool --save` writes, alone or in front of what a `*.test` expects.
//!
//! `version=…`, for each CPU `_____ Logical CPU #0 _____`, and arrays of a fixed length, `intel_fn4[1]=1c004122
//! 01c0003f 0000003f 00000000`. What a CPU does not have is written all the same; it is left out here.

use std::collections::BTreeSet;

use super::listing::{Listing, Refused};
use super::raw::{File, Raw};
use super::text::{decimal, hex, lines};
use crate::cpuid::Registers;
use crate::source::quoted;

/// What a line is to look like.
const FORM: &str =
    "expected `version=…`, `___ Logical CPU #0 ___` or `basic_cpuid[1]=000806f8 00100800 7ffafbff bfebfbff`";

/// An array: its name, its first leaf, and whether its index is a subleaf.
const ARRAYS: [(&str, u32, bool); 8] = [
    ("basic_cpuid", 0, false),
    ("ext_cpuid", 0x8000_0000, false),
    ("intel_fn4", 4, true),
    ("intel_fn11", 0xb, true),
    ("intel_fn12h", 0x12, true),
    ("intel_fn14h", 0x14, true),
    ("amd_fn8000001dh", 0x8000_001d, true),
    ("amd_fn80000026h", 0x8000_0026, true),
];

/// Whether a line is of the array that every capture has.
pub(super) fn looks_like(files: &[File<'_>]) -> bool {
    matches!(files, [file] if lines(file).any(|(_, line)| element(&line).is_some_and(|(name, ..)| name == "basic_cpuid")))
}

/// Reads the text.
pub(super) fn read(files: &[File<'_>]) -> Raw {
    let (mut raw, mut listing) = (Raw::default(), Listing::default());
    let mut unknown = BTreeSet::new();
    for file in files {
        let mut cpu = Some(0);
        for (number, line) in lines(file) {
            let line = line.trim();
            // Behind a rule stands what a test expects.
            if line.len() >= 40 && line.bytes().all(|byte| byte == b'-') {
                break;
            }
            if line.is_empty() || line.starts_with("version=") {
                continue;
            }
            if let Some(named) = header(line) {
                cpu = named.and_then(|named| match listing.begin(named) {
                    Ok(true) => Some(named),
                    Ok(false) => {
                        raw.wrong(file.name, Some(number), format_args!("CPU {named} stands twice"));
                        None
                    }
                    Err(refused) => {
                        raw.wrong(file.name, Some(number), refused);
                        None
                    }
                });
                if named.is_none() {
                    raw.wrong(file.name, Some(number), format_args!("{} is no CPU: {FORM}", quoted(line)));
                }
                continue;
            }
            let Some((name, index, words)) = element(line) else {
                raw.wrong(file.name, Some(number), format_args!("{FORM}, found {}", quoted(line)));
                continue;
            };
            let Some((_, first, is_subleaf)) = ARRAYS.iter().find(|(known, ..)| *known == name) else {
                if unknown.len() < 8 {
                    unknown.insert(quoted(name));
                }
                continue;
            };
            let Some(cpu) = cpu else { continue };
            let (leaf, subleaf) =
                if *is_subleaf { (*first, index) } else { (first.saturating_add(index), 0) };
            match listing.put(cpu, leaf, subleaf, words) {
                Ok(()) | Err(Refused::Repeated) => {}
                // A leaf that is asked for twice, and once not at all.
                Err(Refused::Contradicted(..)) if words.is_zero() => {}
                Err(refused) => raw.wrong(file.name, Some(number), refused),
            }
        }
    }
    if !unknown.is_empty() {
        let names: Vec<String> = unknown.into_iter().collect();
        raw.notes.push(format!("arrays of no known leaf left out: {}", names.join(", ")));
    }
    listing.take_out_fillers();
    raw.cpus = listing.into_cpus().0;
    raw
}

/// The CPU of `_____ Logical CPU #0 _____`: `None` where it is no header, `Some(None)` where its number is none.
fn header(line: &str) -> Option<Option<u32>> {
    let inside = line.strip_prefix('_')?.trim_matches('_').trim();
    Some(inside.strip_prefix("Logical CPU #").and_then(decimal))
}

/// Name, index and registers of `intel_fn4[1]=1c004122 01c0003f 0000003f 00000000`.
fn element(line: &str) -> Option<(&str, u32, Registers)> {
    let (name, rest) = line.trim().split_once('[')?;
    let (index, words) = rest.split_once("]=")?;
    let words: Vec<u32> = words.split_whitespace().map(hex).collect::<Option<_>>()?;
    let words: [u32; 4] = words.try_into().ok()?;
    Some((name, decimal(index)?, words.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Raw, Vec<String>) {
        let file = File { name: "raw", bytes: text.as_bytes() };
        assert!(looks_like(&[file]));
        let raw = read(&[file]);
        let told = raw.mistakes.iter().map(ToString::to_string).collect();
        (raw, told)
    }

    const CPU: &str = "basic_cpuid[0]=0000000b 756e6547 6c65746e 49656e69\nbasic_cpuid[4]=00000121 00000000 00000000 00000000\n\
                       basic_cpuid[11]=00000001 00000002 00000100 00000007\nbasic_cpuid[12]=00000001 00000002 00000100 00000007\n\
                       ext_cpuid[0]=80000001 00000000 00000000 00000000\next_cpuid[1]=00000000 00000000 00000001 00000000\n\
                       ext_cpuid[2]=00000001 00000002 00000100 00000007\nintel_fn4[0]=00000121 00000000 00000000 00000000\n\
                       intel_fn4[1]=00000000 00000000 00000000 00000000\nintel_fn4[2]=00000000 00000000 00000000 00000000\n\
                       intel_fn11[0]=00000001 00000002 00000100 00000007\nintel_fn11[1]=00000004 00000008 00000201 00000007\n\
                       intel_fn11[2]=00000000 00000000 00000002 00000007\nintel_fn11[3]=00000000 00000000 00000003 00000007\n\
                       amd_fn8000001dh[0]=00000001 00000002 00000100 00000007\n";

    /// Leaf 0CH and the extended ones above the maximum are fillers, and so is what lies behind an end.
    #[test]
    fn fillers_are_left_out() {
        let (raw, told) =
            of(&format!("version=0.6.2\n\n{CPU}arm_fn1[0]=1 2 3 4\n{}\nfamily\n", "-".repeat(80)));
        let keys: Vec<String> = raw.cpus[&0].iter().map(|(key, _)| key.to_string()).collect();
        assert_eq!(
            (told, keys.join(" ").as_str()),
            (
                vec![],
                "0x00000000.0 0x00000004.0 0x00000004.1 0x0000000b.0 0x0000000b.1 0x0000000b.2 0x80000000.0 0x80000001.0"
            )
        );
        assert_eq!(raw.notes, ["arrays of no known leaf left out: `arm_fn1`"]);
    }

    #[test]
    fn cpus_have_headers_and_mistakes_lines() {
        let head = |n| format!("_________________ Logical CPU #{n} _________________\n");
        let (raw, told) = of(&format!(
            "version=0.6.2\n{}{CPU}{}{CPU}{}basic_cpuid[1]=1\nhello\n{CPU}",
            head("0"),
            head("5"),
            head("x")
        ));
        assert_eq!(raw.cpus.keys().collect::<Vec<_>>(), [&0, &5]);
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].contains("Logical CPU #x") && told[1].ends_with("found `basic_cpuid[1]=1`"));
        let (_, told) = of(&format!("{CPU}intel_fn11[0]=00000009 00000002 00000100 00000007\n"));
        assert_eq!(
            told,
            ["raw:16: leaf 0x0000000b subleaf 0x00 stands twice in one CPU, with other registers before"]
        );
    }
}
