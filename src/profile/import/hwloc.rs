//! The directory that `hwloc-gather-cpuid` makes: `hwloc-cpuid-info`, and a file `puN` for each CPU.
//!
//! A line is `mask eax ebx ecx edx => eax ebx ecx edx` in bare hexadecimal; the mask's bits 0 to 3 say which
//! inputs must be those of the line. The first line that matches counts, for hwloc and here.

use std::collections::BTreeSet;

use super::assemble::cpus_named;
use super::listing::{CPUS_END, Listing, Refused};
use super::raw::{File, Raw};
use super::text::{decimal, hex, lines};
use crate::cpuid::Registers;
use crate::source::quoted;

/// The file that hwloc looks for first.
const INFO: &str = "hwloc-cpuid-info";

/// What a line is to look like.
const FORM: &str =
    "expected `5 4 0 1 0 => eax ebx ecx edx`: mask, four inputs, four registers, in hexadecimal";

/// Bits of the mask: EAX, and EAX with ECX.
const LEAF: u32 = 0b001;
const SUBLEAF: u32 = 0b101;

/// Whether there is a CPU's file: in a directory by name, alone by its lines.
pub(super) fn looks_like(files: &[File<'_>]) -> bool {
    match files {
        [file] => lines(file).any(|(_, line)| entry(&line).is_ok()),
        _ => files.iter().any(|file| file.name == INFO || pu(file.name).is_some()),
    }
}

/// Reads the directory, or one CPU's file.
pub(super) fn read(files: &[File<'_>]) -> Raw {
    let (mut raw, mut listing) = (Raw::default(), Listing::default());
    let info = files.iter().find(|file| file.name == INFO);
    match info {
        Some(info) => {
            let first = lines(info).next().map(|(_, line)| line.into_owned()).unwrap_or_default();
            if !first.starts_with("Architecture: x86") {
                raw.wrong(
                    INFO,
                    Some(1),
                    format_args!("expected `Architecture: x86`, found {}", quoted(&first)),
                );
            }
        }
        None if files.len() > 1 => {
            raw.notes.push(format!("no {INFO}: hwloc itself would not read the directory"));
        }
        None => {}
    }
    let mut numbers = BTreeSet::new();
    let mut notes = Notes::default();
    for file in files {
        let number = match pu(file.name) {
            Some(number) => number,
            None if files.len() == 1 => 0,
            None => continue,
        };
        match listing.begin(number) {
            Ok(true) => {
                numbers.insert(number);
                one(file, number, &mut raw, &mut listing, &mut notes);
            }
            Ok(false) => raw.wrong(file.name, None, format_args!("CPU {number} has a file already")),
            Err(refused) => raw.wrong(file.name, None, refused),
        }
    }
    if files.len() > 1 {
        let gaps: Vec<u32> =
            (0..numbers.last().map_or(0, |last| last + 1)).filter(|pu| !numbers.contains(pu)).collect();
        if let Some(gap) = gaps.first() {
            let what = cpus_named(gaps.iter().copied());
            raw.wrong(
                &format!("pu{gap}"),
                None,
                format_args!("is missing ({what}): hwloc numbers the files from 0 without gaps"),
            );
        }
    }
    notes.tell(&mut raw);
    raw.cpus = listing.into_cpus().0;
    raw
}

/// What is told once for all CPUs.
#[derive(Default)]
struct Notes {
    repeated: BTreeSet<u32>,
    stopped: BTreeSet<u32>,
}

impl Notes {
    fn tell(self, raw: &mut Raw) {
        if !self.repeated.is_empty() {
            raw.notes.push(format!(
                "{}: an input stands twice; the first line counts, as for hwloc",
                cpus_named(self.repeated)
            ));
        }
        if !self.stopped.is_empty() {
            raw.notes.push(format!(
                "{}: a list of subleaves did not end, and was cut off when captured",
                cpus_named(self.stopped)
            ));
        }
    }
}

fn one(file: &File<'_>, cpu: u32, raw: &mut Raw, listing: &mut Listing, notes: &mut Notes) {
    for (number, line) in lines(file) {
        if line.starts_with('#') {
            if line.contains("stopped at") {
                notes.stopped.insert(cpu);
            }
            continue;
        }
        if line.trim().is_empty() {
            continue;
        }
        match entry(&line) {
            Ok((leaf, subleaf, words)) => match listing.put(cpu, leaf, subleaf, words) {
                Ok(()) | Err(Refused::Repeated) => {}
                Err(Refused::Contradicted(..)) => {
                    notes.repeated.insert(cpu);
                }
                Err(refused) => raw.wrong(file.name, Some(number), refused),
            },
            Err(Odd::Mask(mask)) => {
                let message = format_args!(
                    "mask {mask:x}: 1 is a leaf, 5 a leaf and its subleaf; no leaf looks at more"
                );
                raw.wrong(file.name, Some(number), message);
            }
            Err(Odd::Form) => {
                raw.wrong(file.name, Some(number), format_args!("{FORM}, found {}", quoted(line.trim())));
            }
        }
    }
}

/// The CPU that a file is of: `pu12`.
fn pu(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("pu")?;
    decimal(digits).filter(|number| *number < CPUS_END && number.to_string() == digits)
}

/// Why a line is no entry.
enum Odd {
    Form,
    Mask(u32),
}

/// Leaf, subleaf and registers.
fn entry(line: &str) -> Result<(u32, u32, Registers), Odd> {
    let (input, output) = line.split_once("=>").ok_or(Odd::Form)?;
    let words = |text: &str| text.split_whitespace().map(hex).collect::<Option<Vec<u32>>>().ok_or(Odd::Form);
    let (input, output) = (words(input)?, words(output)?);
    let [mask, leaf, _, ecx, _] = input[..] else { return Err(Odd::Form) };
    let output: [u32; 4] = output.try_into().map_err(|_| Odd::Form)?;
    match mask {
        LEAF => Ok((leaf, 0, output.into())),
        SUBLEAF => Ok((leaf, ecx, output.into())),
        _ => Err(Odd::Mask(mask)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PU: &str =
        "# mask e[abcd]x => e[abcd]x\n1 0 0 0 0 => d 756e6547 6c65746e 49656e69\n5 4 0 1 0 => 122 0 0 0\n";

    fn of(files: &[(&str, &str)]) -> (Raw, Vec<String>) {
        let files: Vec<File<'_>> =
            files.iter().map(|(name, text)| File { name, bytes: text.as_bytes() }).collect();
        assert!(looks_like(&files));
        let raw = read(&files);
        let told = raw.mistakes.iter().map(ToString::to_string).collect();
        (raw, told)
    }

    #[test]
    fn a_directory_is_read_by_its_files_numbers() {
        let (raw, told) =
            of(&[("README", "…"), (INFO, "Architecture: x86\n"), ("pu0", PU), ("pu1", PU), ("x86.xml", "<")]);
        assert_eq!((told, raw.notes.len(), raw.cpus.len()), (vec![], 0, 2));
        assert_eq!((raw.cpus[&1].lookup(4, 1).eax, raw.cpus[&1].lookup(0, 0).eax), (0x122, 13));
        let (alone, told) = of(&[("some.pu", PU)]);
        assert_eq!((told, alone.cpus.len(), alone.notes.len()), (vec![], 1, 0));
    }

    #[test]
    fn the_first_line_counts_and_cuts_are_told() {
        let (raw, told) =
            of(&[("pu0", &format!("{PU}5 4 0 1 0 => 143 0 0 0\n# stopped at ecx=256\n")), ("pu1", PU)]);
        assert_eq!((told, raw.cpus[&0].lookup(4, 1).eax), (vec![], 0x122));
        assert_eq!(
            raw.notes,
            [
                "no hwloc-cpuid-info: hwloc itself would not read the directory",
                "CPU 0: an input stands twice; the first line counts, as for hwloc",
                "CPU 0: a list of subleaves did not end, and was cut off when captured"
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_told_by_file_and_line() {
        let (raw, told) = of(&[
            (INFO, "Architecture: arm\n"),
            ("pu0", &format!("{PU}3 5 0 0 0 => 1 2 3 4\n1 6 0 0 0 => 1 2 3\n")),
            ("pu3", PU),
        ]);
        assert_eq!(
            told,
            [
                "hwloc-cpuid-info:1: expected `Architecture: x86`, found `Architecture: arm`",
                "pu0:4: mask 3: 1 is a leaf, 5 a leaf and its subleaf; no leaf looks at more",
                "pu0:5: expected `5 4 0 1 0 => eax ebx ecx edx`: mask, four inputs, four registers, in hexadecimal, found `1 6 0 0 0 => 1 2 3`",
                "pu1: is missing (CPUs 1-2): hwloc numbers the files from 0 without gaps",
            ]
        );
        assert_eq!(raw.cpus.len(), 2);
    }
}
