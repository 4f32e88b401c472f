//! Firecracker's fingerprints, and dumps of its CPU configuration: the CPUID of a guest's vCPU, each register as 32 bits.
//!
//! A template is of the same form, but changes bits and leaves others as they are: it is no capture. Source:
//! Firecracker, `docs/cpu_templates/cpu-templates.md` and `cpu-template-helper.md`.

use serde_json::{Map, Value};

use super::raw::{File, Raw};
use super::reading::{Entries, Mistakes, begins_with_any};
use crate::cpuid::{Key, Registers};
use crate::profile::spans_of;
use crate::source::{SourceFile, SpecPath, quoted};

/// The most bytes of a file; real ones have some 100 KiB.
const MOST_BYTES: usize = 16 << 20;

/// Keys of which a file has one.
const SIGNS: [&str; 4] =
    ["\"guest_cpu_config\"", "\"cpuid_modifiers\"", "\"reg_modifiers\"", "\"vcpu_features\""];

/// `KVM_CPUID_FLAG_SIGNIFCANT_INDEX`: the entry answers one subleaf.
const SIGNIFICANT_INDEX: u64 = 1;

const REGISTERS: [&str; 4] = ["eax", "ebx", "ecx", "edx"];

/// Whether the file is a fingerprint or a template.
pub(super) fn looks_like(files: &[File<'_>]) -> bool {
    let [file] = files else { return false };
    file.bytes.trim_ascii_start().starts_with(b"{") && begins_with_any(file, &SIGNS)
}

/// Reads a fingerprint, or a dump of the configuration alone, as what KVM gives to a guest.
pub(super) fn read(files: &[File<'_>]) -> Raw {
    let mut raw = Raw::default();
    for file in files {
        one(file, &mut raw);
    }
    raw
}

fn one(file: &File<'_>, raw: &mut Raw) {
    let mut mistakes = Mistakes::of(file);
    let mut wrong: Vec<(SpecPath, String)> = Vec::new();
    if file.bytes.len() > MOST_BYTES {
        mistakes
            .wrong(None, format_args!("{} bytes: a fingerprint has at most {MOST_BYTES}", file.bytes.len()));
    } else {
        match serde_json::from_slice::<Value>(file.bytes) {
            Ok(Value::Object(document)) => {
                let mut reader = Reader { wrong: Vec::new(), unset: Vec::new() };
                raw.kvm = reader.document(&document, raw).filter(|_| reader.unset.is_empty());
                reader.template();
                wrong = reader.wrong;
            }
            Ok(_) => {
                mistakes.wrong(Some(1), "expected an object with `guest_cpu_config` or `cpuid_modifiers`");
            }
            Err(error) => mistakes.wrong(Some(error.line()).filter(|line| *line > 0), error),
        }
    }
    if !wrong.is_empty() {
        // Places are looked up only where something points at them.
        let text = std::str::from_utf8(file.bytes).unwrap_or_default();
        let (source, spans) = (SourceFile::new(file.name, text), spans_of(text));
        for (path, message) in wrong {
            let span = spans.as_ref().and_then(|spans| spans.nearest(&path));
            let line = span.map(|spans| source.line_column(spans.key.unwrap_or(spans.value).start).line);
            mistakes.wrong(line, message);
        }
    }
    mistakes.into(raw);
}

struct Reader {
    wrong: Vec<(SpecPath, String)>,
    /// Registers of which not all bits are written.
    unset: Vec<SpecPath>,
}

impl Reader {
    fn wrong(&mut self, path: &SpecPath, message: impl Into<String>) {
        self.wrong.push((path.clone(), message.into()));
    }

    /// A template is told once, however many of its bits are left as they are.
    fn template(&mut self) {
        if let Some(first) = self.unset.first().cloned() {
            let n = self.unset.len();
            self.wrong(
                &first,
                format!(
                    "{n} register{} of which not all 32 bits are written, this the first: a template says what to change \
                     in a vCPU's CPUID, not what it is; give a fingerprint (`cpu-template-helper fingerprint dump`)",
                    if n == 1 { "" } else { "s" }
                ),
            );
        }
    }

    fn document(&mut self, document: &Map<String, Value>, raw: &mut Raw) -> Option<crate::cpuid::CpuidTable> {
        let root = SpecPath::root();
        let (config, path) = match document.get("guest_cpu_config") {
            None => (document, root.clone()),
            Some(Value::Object(config)) => (config, root.key("guest_cpu_config")),
            Some(_) => {
                self.wrong(&root.key("guest_cpu_config"), "expected an object with `cpuid_modifiers`");
                return None;
            }
        };
        for key in ["reg_modifiers", "vcpu_features"] {
            if config.contains_key(key) {
                self.wrong(&path.key(key), "this is of aarch64, which has no CPUID: topoc is for x86");
                return None;
            }
        }
        notes(document, config, raw);
        let key = "cpuid_modifiers";
        let Some(Value::Array(leaves)) = config.get(key) else {
            self.wrong(&path.key(key), "expected a list of leaves under `cpuid_modifiers`");
            return None;
        };
        let mut entries = Entries::default();
        for (at, leaf) in leaves.iter().enumerate() {
            let path = path.key(key).index(at);
            if let Some((key, words)) = self.leaf(leaf, &path)
                && let Err(why) = entries.put(key.leaf, key.subleaf, words)
            {
                self.wrong(&path, why);
            }
        }
        if entries.is_empty() {
            if self.unset.is_empty() && self.wrong.is_empty() {
                self.wrong(&path.key(key), "no leaf at all");
            }
            return None;
        }
        Some(entries.into_table())
    }

    /// One entry, if all that is in it can be read.
    fn leaf(&mut self, entry: &Value, path: &SpecPath) -> Option<(Key, Registers)> {
        let (mistakes, unset) = (self.wrong.len(), self.unset.len());
        let leaf = self.number(entry, "leaf", path);
        let subleaf = self.number(entry, "subleaf", path);
        let flags = entry.get("flags").and_then(Value::as_u64);
        if flags.is_none() {
            self.wrong(&path.key("flags"), "expected KVM's flags of the entry under `flags`, a number");
        }
        let mut words = [None; 4];
        let modifiers = entry.get("modifiers").and_then(Value::as_array);
        for (at, modifier) in modifiers.into_iter().flatten().enumerate() {
            let path = path.key("modifiers").index(at);
            let name = modifier.get("register").and_then(Value::as_str).unwrap_or_default();
            let Some(register) = REGISTERS.iter().position(|known| *known == name) else {
                self.wrong(&path, format!("register is {}: expected eax, ebx, ecx or edx", quoted(name)));
                continue;
            };
            let bits = modifier.get("bitmap").and_then(Value::as_str).unwrap_or_default();
            match (bitmap(bits), words.get_mut(register)) {
                (Ok(Some(value)), Some(word @ None)) => *word = Some(value),
                (Ok(None), Some(word @ None)) => {
                    *word = Some(0);
                    self.unset.push(path.key("bitmap"));
                }
                (Err(why), _) => self.wrong(&path.key("bitmap"), why),
                (Ok(_), _) => self.wrong(&path, format!("{name} stands twice")),
            }
        }
        let is_well = self.wrong.len() == mistakes;
        if is_well {
            let absent = words.iter().filter(|word| word.is_none());
            self.unset.extend(absent.map(|_| path.key("modifiers")));
        }
        if !is_well || self.unset.len() > unset {
            return None;
        }
        let (leaf, subleaf) = (leaf?, subleaf?);
        let is_indexed = flags? & SIGNIFICANT_INDEX != 0;
        if !is_indexed && subleaf != 0 {
            self.wrong(
                path,
                format!("subleaf {subleaf:#x}, but flags say that the entry answers every subleaf"),
            );
            return None;
        }
        let key = Key { leaf, subleaf: is_indexed.then_some(subleaf) };
        Some((key, words.map(Option::unwrap_or_default).into()))
    }

    /// `"0x8000001d"` or `"0b11"`.
    fn number(&mut self, entry: &Value, key: &str, path: &SpecPath) -> Option<u32> {
        let text = entry.get(key).and_then(Value::as_str).unwrap_or_default();
        let digits = |prefix, radix| {
            let digits = text.strip_prefix(prefix).filter(|digits: &&str| !digits.starts_with('+'))?;
            u32::from_str_radix(digits, radix).ok()
        };
        let value = digits("0x", 16).or_else(|| digits("0b", 2));
        if value.is_none() {
            self.wrong(
                &path.key(key),
                format!("{key} is {}: expected a number as text, such as \"0x4\"", quoted(text)),
            );
        }
        value
    }
}

/// `0b` and digits, the highest bit first; `None` where bits are left as they are, by `x` or by a short text.
fn bitmap(text: &str) -> Result<Option<u32>, String> {
    let digits: String = text.strip_prefix("0b").unwrap_or(text).chars().filter(|c| *c != '_').collect();
    if digits.is_empty() || !digits.bytes().all(|byte| matches!(byte, b'0' | b'1' | b'x')) {
        return Err(format!("bitmap is {}: expected `0b` and 32 of 0, 1 and x", quoted(text)));
    }
    if digits.len() > 32 {
        return Err(format!("the bitmap has {} bits, and a register 32", digits.len()));
    }
    let is_whole = digits.len() == 32 && !digits.contains('x');
    Ok(if is_whole { u32::from_str_radix(&digits, 2).ok() } else { None })
}

/// What the file says of the host.
fn notes(document: &Map<String, Value>, config: &Map<String, Value>, raw: &mut Raw) {
    let word = |key: &str| document.get(key).and_then(Value::as_str);
    // Major.minor, as `topoc capture` has it.
    raw.kernel = word("kernel_version").map(|version| {
        let parts: Vec<&str> = version.splitn(3, '.').collect();
        parts.get(..2).map_or_else(|| version.to_owned(), |parts| parts.join("."))
    });
    for (key, what) in [
        ("firecracker_version", "Firecracker"),
        ("microcode_version", "microcode"),
        ("bios_version", "BIOS"),
        ("bios_revision", "BIOS revision"),
    ] {
        raw.notes.extend(word(key).map(|value| format!("{what} {}", quoted(value))));
    }
    raw.notes.push("CPUID of the first vCPU of a guest, not what KVM supports at most".to_owned());
    let msrs = config.get("msr_modifiers").and_then(Value::as_array).map_or(0, Vec::len);
    if msrs > 0 {
        raw.notes.push(format!("{msrs} MSR{} left out", if msrs == 1 { "" } else { "s" }));
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn bits(value: u32) -> String {
        format!("0b{value:032b}")
    }

    /// A configuration with leaves 0, 4.1 and an MSR.
    fn config(change: impl Fn(String) -> String) -> String {
        let register =
            |name: &str, value| format!("{{\"register\": \"{name}\", \"bitmap\": \"{}\"}}", bits(value));
        let leaf = |leaf: &str, subleaf, flags, words: [u32; 4]| {
            let registers: Vec<String> =
                REGISTERS.iter().zip(words).map(|(name, word)| register(name, word)).collect();
            format!(
                "{{\"leaf\": \"{leaf}\", \"subleaf\": \"{subleaf}\", \"flags\": {flags}, \"modifiers\": [\n{}]}}",
                registers.join(",\n")
            )
        };
        change(format!(
            "{{\"kvm_capabilities\": [],\n\"cpuid_modifiers\": [\n{},\n{}],\n\"msr_modifiers\": [{{\"addr\": \"0x11\", \
             \"bitmap\": \"0b0\"}}]}}\n",
            leaf("0x0", "0x0", 0, [0x10, 0x6874_7541, 0x444d_4163, 0x6974_6e65]),
            leaf("0x4", "0b1", 1, [1, 2, 3, 4])
        ))
    }

    fn fingerprint(config: &str) -> String {
        format!(
            "{{\"firecracker_version\": \"1.16.0\", \"kernel_version\": \"6.1.172-216\", \"guest_cpu_config\": {config}}}"
        )
    }

    fn of(text: &str) -> (Raw, Vec<String>) {
        let raw = read(&[File { name: "f.json", bytes: text.as_bytes() }]);
        let told = raw.mistakes.iter().map(|m| format!("{}: {}", m.line.unwrap_or(0), m.message)).collect();
        (raw, told)
    }

    #[test]
    fn a_fingerprint_and_a_dump_are_a_guests_table() {
        let config = config(|text| text);
        for text in [config.clone(), fingerprint(&config)] {
            assert!(looks_like(&[File { name: "f.json", bytes: text.as_bytes() }]));
            let (raw, told) = of(&text);
            assert_eq!(told, Vec::<String>::new());
            let table = raw.kvm.unwrap();
            let keys: Vec<String> = table.iter().map(|(key, _)| key.to_string()).collect();
            assert_eq!(keys, ["0x00000000", "0x00000004.1"]);
            assert_eq!(table.lookup(4, 1), Registers::new(1, 2, 3, 4));
            assert!(raw.cpus.is_empty());
            assert!(raw.notes.contains(&"1 MSR left out".to_owned()), "{:?}", raw.notes);
        }
        assert_eq!(of(&fingerprint(&config)).0.kernel.as_deref(), Some("6.1"));
    }

    #[test]
    fn a_template_is_refused_once_with_the_reason() {
        let whole = bits(3);
        let ecx = format!("{{\"register\": \"ecx\", \"bitmap\": \"{whole}\"}},");
        let (unset, short) = (whole.replace("11", "1x"), "0b11".to_owned());
        for (from, to) in [(&whole, &unset), (&whole, &short), (&ecx, &String::new())] {
            let (raw, told) = of(&config(|text| text.replace(from, to)));
            assert_eq!((told.len(), raw.kvm), (1, None), "{told:?}");
            assert!(told[0].contains("1 register of which not all 32 bits are written"), "{told:?}");
        }
        let arm = "{\"reg_modifiers\": [], \"kvm_capabilities\": []}";
        assert_eq!(of(arm).1, ["1: this is of aarch64, which has no CPUID: topoc is for x86"]);
    }

    #[test]
    fn all_mistakes_are_told_by_line() {
        let bad = config(|text| {
            text.replace("\"leaf\": \"0x0\"", "\"leaf\": \"4\"")
                .replace("\"flags\": 1", "\"flags\": 0")
                .replace(&bits(0x6874_7541), "0b2")
                .replace(&bits(0x6974_6e65), &format!("{}1", bits(1)))
        });
        let (raw, told) = of(&bad);
        assert_eq!(
            told,
            [
                "3: leaf is `4`: expected a number as text, such as \"0x4\"",
                "5: bitmap is `0b2`: expected `0b` and 32 of 0, 1 and x",
                "7: the bitmap has 33 bits, and a register 32",
                "8: subleaf 0x1, but flags say that the entry answers every subleaf",
            ]
        );
        assert_eq!(raw.kvm, None);
        assert!(of("{\"cpuid_modifiers\": 3}").1[0].contains("expected a list of leaves"));
        assert!(of("{\"cpuid_modifiers\": []}").1[0].contains("no leaf at all"));
        assert!(of("{\"cpuid_modifiers\": [").1[0].starts_with("1: EOF"));
        assert!(of("[]").1[0].contains("expected an object"));
        assert!(of("{\"guest_cpu_config\": 1}").1[0].contains("expected an object"));
    }

    #[test]
    fn real_fingerprints_are_read_and_a_real_template_is_not() {
        let Some(corpus) = std::env::var_os("TOPOC_CORPUS") else {
            println!("skipped: TOPOC_CORPUS is not set");
            return;
        };
        let folder = PathBuf::from(corpus).join("captures/firecracker");
        for (name, entries, signature) in [
            ("fingerprint_AMD_GENOA_6.1host.json", 65, 0x00a1_0f11),
            ("fingerprint_INTEL_CASCADELAKE_6.1host.json", 47, 0x0005_0657),
            ("fingerprint_INTEL_SAPPHIRE_RAPIDS_6.1host.json", 60, 0x0008_06f8),
        ] {
            let bytes = std::fs::read(folder.join(name)).unwrap();
            let file = File { name, bytes: &bytes };
            assert!(looks_like(&[file]), "{name}");
            let raw = read(&[file]);
            assert_eq!(raw.mistakes, [], "{name}");
            let table = raw.kvm.unwrap();
            assert_eq!((table.len(), table.lookup(1, 0).eax), (entries, signature), "{name}");
            assert_eq!(raw.kernel.as_deref(), Some("6.1"));
        }
        let bytes = std::fs::read(folder.join("T2A.json")).unwrap();
        let raw = read(&[File { name: "T2A.json", bytes: &bytes }]);
        assert_eq!((raw.mistakes.len(), raw.kvm), (1, None));
        assert!(
            raw.mistakes[0].line == Some(10) && raw.mistakes[0].message.starts_with("24 registers"),
            "{:?}",
            raw.mistakes
        );
    }
}
