//! `cpuid-gen` of Propolis: one CPU, as text `eax:b ecx:1 -> 4 8 201 0`, or as TOML `"b-1" = [0x4, 0x8, 0x201, 0x0]` under
//! `[cpuid]`. Numbers are hexadecimal.
//!
//! An entry without a subleaf beside others with one, in TOML `"7-"`, answers for all subleaves that are not listed.

use toml::de::{DeTable, DeValue};

use super::raw::{File, Raw};
use super::reading::{Entries, Mistakes, begins_with_any};
use super::text::{hex, lines};
use crate::cpuid::Registers;
use crate::source::{SourceFile, quoted};

/// The most bytes of a file in TOML; real ones have some kilobytes.
const MOST_BYTES: usize = 1 << 20;

/// What a line of text is to look like.
const LINE: &str = "expected `eax:LEAF ecx:SUBLEAF -> EAX EBX ECX EDX`, in hexadecimal";

/// Whether the file is either form.
pub(super) fn looks_like(files: &[File<'_>]) -> bool {
    let [file] = files else { return false };
    is_text(file) || is_toml(file)
}

fn is_text(file: &File<'_>) -> bool {
    let first = lines(file).map(|(_, line)| line).find(|line| !line.trim().is_empty());
    first.is_some_and(|line| line.trim_start().starts_with("eax:") && line.contains("->"))
}

fn is_toml(file: &File<'_>) -> bool {
    begins_with_any(file, &["[cpuid]"]) && lines(file).any(|(_, line)| line.trim() == "[cpuid]")
}

/// Reads the one CPU.
pub(super) fn read(files: &[File<'_>]) -> Raw {
    let mut raw = Raw::default();
    for file in files {
        let (mut mistakes, mut entries) = (Mistakes::of(file), Entries::default());
        if is_toml(file) {
            toml(file, &mut entries, &mut mistakes);
        } else {
            text(file, &mut entries, &mut mistakes);
        }
        if entries.is_empty() {
            mistakes.wrong(None, format_args!("no entry that could be read: {LINE}, or TOML with `[cpuid]`"));
        } else {
            raw.cpus.insert(0, entries.into_table());
            raw.notes.push(
                "one CPU, by Propolis: as bhyve gives it to guests, unless cpuid-gen was told -r".to_owned(),
            );
        }
        mistakes.into(&mut raw);
    }
    raw
}

fn text(file: &File<'_>, entries: &mut Entries, mistakes: &mut Mistakes<'_>) {
    for (number, line) in lines(file) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let put = entry(line).map(|(leaf, subleaf, words)| entries.put(leaf, subleaf, words));
        match put {
            Some(Ok(())) => {}
            Some(Err(why)) => mistakes.wrong(Some(number), why),
            None => mistakes.wrong(Some(number), format_args!("{LINE}, found {}", quoted(line))),
        }
    }
}

fn entry(line: &str) -> Option<(u32, Option<u32>, Registers)> {
    let (inputs, outputs) = line.split_once("->")?;
    let mut inputs = inputs.split_whitespace();
    let leaf = hex(inputs.next()?.strip_prefix("eax:")?)?;
    let subleaf = match inputs.next() {
        Some(word) => Some(hex(word.strip_prefix("ecx:")?)?),
        None => None,
    };
    let words: [u32; 4] =
        outputs.split_whitespace().map(hex).collect::<Option<Vec<u32>>>()?.try_into().ok()?;
    inputs.next().is_none().then_some((leaf, subleaf, words.into()))
}

fn toml(file: &File<'_>, entries: &mut Entries, mistakes: &mut Mistakes<'_>) {
    let Ok(text) = std::str::from_utf8(file.bytes) else {
        mistakes.wrong(None, "the text is not UTF-8, which TOML is");
        return;
    };
    if text.len() > MOST_BYTES {
        mistakes.wrong(None, format_args!("{} bytes: such a file has at most {MOST_BYTES}", text.len()));
        return;
    }
    let source = SourceFile::new(file.name, text);
    let line = |at: usize| Some(source.line_column(at).line);
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        mistakes.wrong(error.span().and_then(|span| line(span.start)), error.message());
    }
    let cpuid = document.get_ref().iter().find(|(key, _)| key.get_ref() == "cpuid").map(|(_, value)| value);
    let Some(table) = cpuid.and_then(|value| value.get_ref().as_table()) else { return };
    for (key, value) in table {
        let at = line(key.span().start);
        if key.get_ref() == "vendor" {
            continue;
        }
        let Some((leaf, subleaf)) = inputs(key.get_ref()) else {
            let found = quoted(key.get_ref());
            mistakes
                .wrong(at, format_args!("expected a key such as \"b-1\", leaf and subleaf, found {found}"));
            continue;
        };
        match outputs(value.get_ref()) {
            Some(words) => {
                if let Err(why) = entries.put(leaf, subleaf, words) {
                    mistakes.wrong(at, why);
                }
            }
            None => mistakes.wrong(at, "expected four numbers of 32 bits: [EAX, EBX, ECX, EDX]"),
        }
    }
}

/// `b-1`, `1`, or `7-` for the subleaves that are not listed.
fn inputs(key: &str) -> Option<(u32, Option<u32>)> {
    match key.split_once('-') {
        None => Some((hex(key)?, None)),
        Some((leaf, "")) => Some((hex(leaf)?, None)),
        Some((leaf, subleaf)) => Some((hex(leaf)?, Some(hex(subleaf)?))),
    }
}

fn outputs(value: &DeValue<'_>) -> Option<Registers> {
    let words: Option<Vec<u32>> = value
        .as_array()?
        .iter()
        .map(|item| {
            let integer = item.get_ref().as_integer()?;
            u32::from_str_radix(integer.as_str(), integer.radix()).ok()
        })
        .collect();
    let words: [u32; 4] = words?.try_into().ok()?;
    Some(words.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "eax:0\t\t ->\td 68747541 444d4163 69746e65
eax:1\t\t ->\ta20f10 10800 7ed8320b 178bfbff
eax:7 ecx:0 ->\t0 219c91a9 40060c 0
eax:7\t\t ->\t0 0 0 0
eax:d ecx:1 ->\tf 0 0 0
eax:8000001e\t\t ->\t5 100 0 0
";

    const TOML: &str = "[main]
name = \"x\"

[cpuid]
vendor = \"amd\"
\"0\" = [0xd, 0x68747541, 0x444d4163, 0x69746e65]
\"1\" = [0xa20f10, 0x10800, 0x7ed8320b, 0x178bfbff]
\"7-0\" = [0x0, 0x219c91a9, 0x40060c, 0x0]
\"7-\" = [0x0, 0x0, 0x0, 0x0]
\"d-1\" = [0xf, 0x0, 0x0, 0x0]
\"8000001e\" = [0x5, 0x100, 0x0, 0x0]
";

    fn of(text: &str) -> (Raw, Vec<String>) {
        let raw = read(&[File { name: "cpu", bytes: text.as_bytes() }]);
        let told = raw.mistakes.iter().map(|m| format!("{}: {}", m.line.unwrap_or(0), m.message)).collect();
        (raw, told)
    }

    #[test]
    fn both_forms_are_the_same_cpu() {
        for text in [TEXT, TOML] {
            assert!(looks_like(&[File { name: "cpu", bytes: text.as_bytes() }]));
            let (raw, told) = of(text);
            assert_eq!(told, Vec::<String>::new());
            let keys: Vec<String> = raw.cpus[&0].iter().map(|(key, _)| key.to_string()).collect();
            assert_eq!(keys, ["0x00000000", "0x00000001", "0x00000007.0", "0x0000000d.1", "0x8000001e"]);
            assert_eq!(raw.cpus[&0].lookup(7, 0), Registers::new(0, 0x219c_91a9, 0x0040_060c, 0));
        }
        assert_eq!(of(TEXT).0, of(TOML).0);
        assert!(!looks_like(&[File { name: "cpu", bytes: b"eax: 1" }]));
        assert!(!looks_like(&[File { name: "cpu", bytes: b"[cpu]\n" }]));
    }

    #[test]
    fn all_mistakes_of_the_text_are_told_by_line() {
        let bad = TEXT
            .replace("eax:1\t", "eax:1 edx:2")
            .replace("40060c 0\n", "40060c\n")
            .replace("eax:d ecx:1", "eax:0\t")
            .replace("\t5 100", "\t5 g");
        let (raw, told) = of(&bad);
        assert_eq!(told.len(), 4, "{told:?}");
        for (told, line) in told.iter().zip([2, 3, 5, 6]) {
            assert!(told.starts_with(&format!("{line}: ")), "{told}");
        }
        assert!(told[2].contains("0x00000000 stands twice"), "{told:?}");
        assert_eq!(raw.cpus[&0].len(), 2);
        assert!(of("").1[0].contains("no entry that could be read"));
    }

    #[test]
    fn all_mistakes_of_toml_are_told_by_line() {
        let bad = TOML
            .replace("\"1\" =", "\"x\" =")
            .replace("0x40060c, 0x0]", "0x40060c]")
            .replace("[0x5,", "[0x100000000,")
            .replace("name = \"x\"", "name = ");
        let (raw, told) = of(&bad);
        let starts: Vec<&str> = told.iter().map(|told| told.split(':').next().unwrap()).collect();
        assert_eq!(starts, ["2", "8", "11", "7"], "{told:?}");
        assert_eq!(raw.cpus[&0].len(), 3);
        let deep = format!("[cpuid]\n\"0\" = {}", "[".repeat(100_000));
        assert!(!of(&deep).1.is_empty());
    }
}
