//! What `kcpuid -r` prints (Linux `tools/arch/x86/kcpuid`): one CPU.
//!
//! `0x00000001: EAX=0x…, EBX=0x…, ECX=0x…, EDX=0x…`, or `0x00000004: subleafs:` and then ` 0: EAX=0x…, …` for each,
//! its number decimal; titles and rules lie between.

use super::listing::{Listing, Refused};
use super::raw::{File, Raw};
use super::text::{decimal, lines, prefixed_hex};
use crate::cpuid::Registers;
use crate::source::quoted;

/// What a line is to look like.
const FORM: &str = "expected `0x00000001: EAX=0x…, EBX=0x…, ECX=0x…, EDX=0x…`, or ` 1: EAX=0x…, …` below `0x00000004: subleafs:`";

/// Whether a line has four registers with commas between them.
pub(super) fn looks_like(files: &[File<'_>]) -> bool {
    let is_entry = |line: &str| {
        line.split_once(':')
            .is_some_and(|(leaf, rest)| prefixed_hex(leaf.trim()).is_some() && registers(rest).is_some())
    };
    matches!(files, [file] if lines(file).any(|(_, line)| is_entry(&line)))
}

/// Reads the text.
pub(super) fn read(files: &[File<'_>]) -> Raw {
    let (mut raw, mut listing) = (Raw::default(), Listing::default());
    for file in files {
        // The leaf whose subleaves follow.
        let mut open = None;
        for (number, line) in lines(file) {
            let line = line.trim();
            if is_title(line) {
                open = None;
                continue;
            }
            let added = match entry(line, &mut open) {
                Some(Some((leaf, subleaf, words))) => listing.put(0, leaf, subleaf, words),
                Some(None) => continue,
                None => {
                    raw.wrong(file.name, Some(number), format_args!("{FORM}, found {}", quoted(line)));
                    continue;
                }
            };
            match added {
                Ok(()) | Err(Refused::Repeated) => {}
                Err(refused) => raw.wrong(file.name, Some(number), refused),
            }
        }
    }
    raw.notes.push("of one CPU alone: kcpuid does not say which".to_owned());
    raw.cpus = listing.into_cpus().0;
    raw
}

/// An empty line, a rule, or a title such as `Basic Leafs :`.
fn is_title(line: &str) -> bool {
    line.bytes().all(|byte| byte == b'=')
        || (line.ends_with(':') && !line.starts_with("0x") && !line.contains('='))
}

/// An entry, or `Some(None)` for the line above a leaf's subleaves, or `None` for a line that is wrong.
fn entry(line: &str, open: &mut Option<u32>) -> Option<Option<(u32, u32, Registers)>> {
    let (input, rest) = line.split_once(':')?;
    if let Some(leaf) = prefixed_hex(input) {
        if rest.trim().trim_end_matches(':').eq_ignore_ascii_case("subleafs") {
            *open = Some(leaf);
            return Some(None);
        }
        *open = None;
        return Some(Some((leaf, 0, registers(rest)?)));
    }
    Some(Some(((*open)?, decimal(input.trim())?, registers(rest)?)))
}

fn registers(text: &str) -> Option<Registers> {
    let mut parts = text.split(',');
    let mut words = [0; 4];
    for (word, name) in words.iter_mut().zip(["EAX=", "EBX=", "ECX=", "EDX="]) {
        *word = prefixed_hex(parts.next()?.trim().strip_prefix(name)?)?;
    }
    parts.next().is_none().then_some(words.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_and_subleaves_are_read_and_mistakes_told() {
        let text = "Basic Leafs :\n================\n0x00000000: EAX=0x0000000d, EBX=0x756e6547, ECX=0x6c65746e, EDX=0x49656e69\n\
                    0x00000004: subleafs:\n  0: EAX=0x00000121, EBX=0x00000000, ECX=0x00000000, EDX=0x00000000\n \
                    10: EAX=0x00000122, EBX=0x00000000, ECX=0x00000000, EDX=0x00000000\nExtended Leafs :\n================\n \
                    1: EAX=0x00000122, EBX=0x00000000, ECX=0x00000000, EDX=0x00000000\n0x80000000: EAX=0x80000008, EBX=0x0\n";
        let file = File { name: "k", bytes: text.as_bytes() };
        assert!(looks_like(&[file]));
        let raw = read(&[file]);
        let told: Vec<String> = raw.mistakes.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("k:9: expected") && told[1].starts_with("k:10: expected"));
        assert_eq!((raw.cpus[&0].len(), raw.cpus[&0].lookup(4, 10).eax), (3, 0x122));
    }
}
