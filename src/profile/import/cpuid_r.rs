//! What `cpuid -r` prints (cpuid by Todd Allen), of one CPU or all.
//!
//! A line `CPU 3:`, or `CPU:` for the one that the program ran on, then `   0x00000004 0x01: eax=0x…
//! ebx=0x… ecx=0x… edx=0x…` for each entry. Very old versions leave the subleaf out. Case and white space do
//! not matter to `cpuid -f`, nor here.

use super::listing::{Listing, Refused};
use super::raw::{File, Raw};
use super::text::{decimal, lines, prefixed_hex};
use super::unnumbered;
use crate::cpuid::Registers;
use crate::source::quoted;

/// What a line is to look like.
const FORM: &str = "expected `CPU 0:` or `0x00000004 0x01: eax=0x… ebx=0x… ecx=0x… edx=0x…`";

/// Whether a line of the file is one of this form.
pub(super) fn looks_like(files: &[File<'_>]) -> bool {
    matches!(files, [file] if lines(file).any(|(_, line)| entry(&line).is_some()))
}

/// Reads the text.
pub(super) fn read(files: &[File<'_>]) -> Raw {
    let (mut raw, mut listing) = (Raw::default(), Listing::default());
    for file in files {
        one(file, &mut raw, &mut listing);
    }
    unnumbered(listing, &mut raw);
    raw
}

fn one(file: &File<'_>, raw: &mut Raw, listing: &mut Listing) {
    // Where lines go: nowhere behind a header that is wrong, so that none goes to another CPU.
    let (mut cpu, mut headers) = (Some(0), 0);
    for (number, line) in lines(file) {
        let wrong =
            |raw: &mut Raw, message: &dyn std::fmt::Display| raw.wrong(file.name, Some(number), message);
        if line.trim().is_empty() {
            continue;
        }
        if let Some((leaf, subleaf, words)) = entry(&line) {
            let Some(cpu) = cpu else { continue };
            let added = match subleaf {
                Some(subleaf) => listing.put(cpu, leaf, subleaf, words),
                None => listing.put_next(cpu, leaf, words),
            };
            match added {
                Ok(()) | Err(Refused::Repeated) => {}
                Err(refused) => wrong(raw, &refused),
            }
            continue;
        }
        let Some(named) = header(&line) else {
            wrong(raw, &format_args!("{FORM}, found {}", quoted(line.trim())));
            continue;
        };
        headers += 1;
        cpu = named.and_then(|named| match listing.begin(named) {
            Ok(true) => Some(named),
            // `CPU 0:` may stand twice before its lines, and lines may stand before any header.
            Ok(false) if !listing.has_leaf(named, 0) => Some(named),
            Ok(false) => {
                wrong(
                    raw,
                    &format_args!("CPU {named} stands twice: one of the two is another CPU or machine"),
                );
                None
            }
            Err(refused) => {
                wrong(raw, &refused);
                None
            }
        });
        if named.is_none() {
            wrong(raw, &format_args!("{} is no CPU: {FORM}", quoted(line.trim())));
        }
    }
    if headers == 0 {
        raw.notes.push("no line `CPU 0:`: all lines are taken for those of CPU 0".to_owned());
    }
}

/// The CPU that a header names, 0 where it names none: `None` where it is no header, `Some(None)` where its number
/// is none.
fn header(line: &str) -> Option<Option<u32>> {
    let line = line.trim().strip_suffix(':')?.trim_end();
    let (word, number) = line.split_at_checked(3)?;
    if !word.eq_ignore_ascii_case("cpu") {
        return None;
    }
    let number = number.trim();
    Some(if number.is_empty() { Some(0) } else { decimal(number) })
}

/// Leaf, subleaf where it is there, and registers.
fn entry(line: &str) -> Option<(u32, Option<u32>, Registers)> {
    let (input, output) = line.split_once(':')?;
    let mut inputs = input.split_whitespace();
    let leaf = prefixed_hex(inputs.next()?)?;
    let subleaf = match inputs.next() {
        Some(subleaf) => Some(prefixed_hex(subleaf)?),
        None => None,
    };
    if inputs.next().is_some() {
        return None;
    }
    let mut outputs = output.split_whitespace();
    let mut words = [0; 4];
    for (word, name) in words.iter_mut().zip(["eax", "ebx", "ecx", "edx"]) {
        let (register, value) = outputs.next()?.split_once('=')?;
        if !register.eq_ignore_ascii_case(name) {
            return None;
        }
        *word = prefixed_hex(value)?;
    }
    outputs.next().is_none().then_some((leaf, subleaf, words.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Raw {
        let file = File { name: "dump.txt", bytes: text.as_bytes() };
        assert_eq!(looks_like(&[file]), text.contains("eax=") || text.contains("EAX="));
        read(&[file])
    }

    fn told(raw: &Raw) -> Vec<String> {
        raw.mistakes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn cpus_and_wide_subleaves_are_read() {
        let raw = of(
            "CPU 0:\n   0x00000000 0x00: eax=0x0000000d ebx=0x756e6547 ecx=0x6c65746e edx=0x49656e69\n   \
                      0x0000000d 0x105: eax=0x00000001 ebx=0x00000002 ecx=0x00000003 edx=0x00000004\n\
                      CPU 7:\n   0x00000000 0x00: eax=0x0000000d ebx=0x00000000 ecx=0x00000000 edx=0x00000000\n",
        );
        assert_eq!(told(&raw), [""; 0]);
        assert_eq!(raw.cpus.keys().collect::<Vec<_>>(), [&0, &7]);
        assert_eq!(raw.cpus[&0].lookup(0xd, 0x105), Registers::new(1, 2, 3, 4));
        assert_eq!((raw.cpus[&0].len(), raw.cpus[&7].len(), raw.notes.len()), (2, 1, 0));
    }

    #[test]
    fn what_cpuid_f_takes_is_taken() {
        let raw = of(
            "cpu:\r\n0X00000000: EAX=0XD EBX=0X1 ECX=0XA EDX=0Xb\r\n\r\n0x4: eax=0x121 ebx=0x0 ecx=0x0 edx=0x0\r\n\
                      0x4: eax=0x122 ebx=0x0 ecx=0x0 edx=0x0\r\n",
        );
        assert_eq!(
            (told(&raw).len(), raw.cpus[&0].lookup(4, 1).eax, raw.cpus[&0].lookup(0, 0).ecx),
            (0, 0x122, 10)
        );
        let headless = of("0x00000000 0x00: eax=0x1 ebx=0x0 ecx=0x0 edx=0x0\n");
        assert_eq!((headless.cpus.len(), headless.notes.len()), (1, 1));
    }

    #[test]
    fn every_line_that_is_wrong_is_told_and_the_others_are_read() {
        let raw = of(
            "CPU 0:\n0x00000000 0x00: eax=0x1 ebx=0x0 ecx=0x0 edx=0x0\n0x00000001 0x00: eax=0x1 ebx=0x0 ecx=0x0\n\
                      # by hand\n0x00000000 0x00: eax=0x2 ebx=0x0 ecx=0x0 edx=0x0\nCPU 70000:\nCPU x:\nCPU 0:\n\
                      0x00000001 0x00: eax=0x1 ebx=0x0 ecx=0x0 edx=0x0\nCPU 1:\n0x0 0x0: eax=0x1 ebx=0x0 ecx=0x0 edx=0x0\n",
        );
        let told = told(&raw);
        assert_eq!(told.len(), 6, "{told:#?}");
        assert!(
            told[0].starts_with("dump.txt:3: expected `CPU 0:` or") && told[0].contains("found `0x00000001")
        );
        assert!(told[1].starts_with("dump.txt:4: ") && told[1].ends_with("found `# by hand`"));
        assert!(told[2].contains("leaf 0x00000000 subleaf 0x00 stands twice"));
        assert_eq!(told[3], "dump.txt:6: CPUs are numbered from 0 to 65535");
        assert!(told[4].starts_with("dump.txt:7: `CPU x:` is no CPU"));
        assert!(told[5].starts_with("dump.txt:8: CPU 0 stands twice"));
        assert_eq!((raw.cpus.len(), raw.cpus[&0].len()), (2, 1));
    }
}
