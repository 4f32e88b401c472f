//! Records read from `/dev/cpu/N/cpuid`: a directory of `cpuN` files, and beside them `leaves`.
//!
//! The device gives 16 bytes for each offset `leaf | subleaf << 32`, EAX EBX ECX EDX as little-endian words (Linux
//! `arch/x86/kernel/cpuid.c`), and says nothing of what was asked. `leaves` has what each record answers, a line
//! `0x00000004 0x01` for each, in the order of the records; all CPUs are asked the same.

use super::listing::{CPUS_END, Listing, Refused};
use super::raw::{File, Raw};
use super::text::{decimal, lines, prefixed_hex};
use crate::cpuid::Registers;
use crate::source::quoted;

/// The file that says what was asked.
const LEAVES: &str = "leaves";

/// Bytes of a record.
const RECORD: usize = 16;

/// Whether there is a CPU's file, and the one that says what its records are.
pub(super) fn looks_like(files: &[File<'_>]) -> bool {
    files.iter().any(|file| file.name == LEAVES) && files.iter().any(|file| cpu(file.name).is_some())
}

/// Reads the directory.
pub(super) fn read(files: &[File<'_>]) -> Raw {
    let (mut raw, mut listing) = (Raw::default(), Listing::default());
    let Some(leaves) = files.iter().find(|file| file.name == LEAVES) else {
        raw.wrong("", None, "no file `leaves` that says which leaf and subleaf each record is of");
        return raw;
    };
    let asked = asked(leaves, &mut raw);
    for file in files {
        let Some(cpu) = cpu(file.name) else { continue };
        if let Err(refused) = listing.begin(cpu) {
            raw.wrong(file.name, None, refused);
            continue;
        }
        if file.bytes.len() != asked.len().saturating_mul(RECORD) {
            let message = format_args!(
                "{} bytes: `leaves` has {} lines, and each record has {RECORD} bytes",
                file.bytes.len(),
                asked.len()
            );
            raw.wrong(file.name, None, message);
        }
        for (entry, record) in asked.iter().zip(file.bytes.chunks_exact(RECORD)) {
            let Some((leaf, subleaf)) = entry else { continue };
            match listing.put(cpu, *leaf, *subleaf, words(record)) {
                Ok(()) | Err(Refused::Repeated) => {}
                Err(refused) => raw.wrong(file.name, None, refused),
            }
        }
    }
    listing.take_out_fillers();
    raw.cpus = listing.into_cpus().0;
    raw
}

/// What each record answers; `None` for a line that is wrong, whose record is passed over.
fn asked(leaves: &File<'_>, raw: &mut Raw) -> Vec<Option<(u32, u32)>> {
    let mut asked = Vec::new();
    for (number, line) in lines(leaves) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut words = line.split_whitespace().map(prefixed_hex);
        let pair = match (words.next(), words.next(), words.next()) {
            (Some(Some(leaf)), Some(Some(subleaf)), None) => Some((leaf, subleaf)),
            _ => None,
        };
        if pair.is_none() {
            raw.wrong(
                LEAVES,
                Some(number),
                format_args!("expected `0x00000004 0x01`, found {}", quoted(line)),
            );
        }
        asked.push(pair);
    }
    asked
}

fn words(record: &[u8]) -> Registers {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(record.chunks_exact(4)) {
        *word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    words.into()
}

/// The CPU that a file is of: `cpu12`.
fn cpu(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("cpu")?;
    decimal(digits).filter(|number| *number < CPUS_END && number.to_string() == digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(words: [u32; 4]) -> Vec<u8> {
        words.into_iter().flat_map(u32::to_le_bytes).collect()
    }

    fn of(leaves: &str, cpus: &[(&str, Vec<u8>)]) -> (Raw, Vec<String>) {
        let mut files = vec![File { name: LEAVES, bytes: leaves.as_bytes() }];
        files.extend(cpus.iter().map(|(name, bytes)| File { name, bytes }));
        assert!(looks_like(&files));
        let raw = read(&files);
        let told = raw.mistakes.iter().map(ToString::to_string).collect();
        (raw, told)
    }

    #[test]
    fn records_are_what_leaves_says() {
        let cpu =
            [record([4, 0x756e_6547, 0x6c65_746e, 0x4965_6e69]), record([0x121, 1, 2, 3]), record([0; 4])]
                .concat();
        let leaves = "# leaf subleaf\n0x00000000 0x00\n0x00000004 0x00\n0x00000004 0x01\n";
        let (raw, told) = of(leaves, &[("cpu0", cpu.clone()), ("cpu3", cpu.clone())]);
        assert_eq!((told, raw.cpus.len(), raw.cpus[&3].len()), (vec![], 2, 3));
        assert_eq!(raw.cpus[&3].lookup(4, 0), Registers::new(0x121, 1, 2, 3));
        let (raw, told) = of(&format!("{leaves}hello\n"), &[("cpu0", cpu[..20].to_vec()), ("cpu70000", cpu)]);
        assert_eq!(
            told,
            [
                "leaves:5: expected `0x00000004 0x01`, found `hello`",
                "cpu0: 20 bytes: `leaves` has 4 lines, and each record has 16 bytes"
            ]
        );
        assert_eq!(raw.cpus[&0].len(), 1);
    }
}
