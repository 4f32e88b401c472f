//! libvirt's `<cpudata arch='x86'>`: one CPU, `<cpuid eax_in='0x00000004' ecx_in='0x01' eax='0x…' ebx='0x…' ecx='0x…'
//! edx='0x…'/>` for each entry.
//!
//! libvirt's own scripts take the x2APIC ID out of leaves 1, 0BH and 1FH. Its `<cpu>` models name features and have
//! no CPUID.

use std::collections::BTreeMap;

use roxmltree::Node;

use super::raw::{File, Raw};
use super::reading::{Entries, Mistakes};
use super::text::prefixed_hex;
use super::xml;
use crate::cpuid::Registers;
use crate::source::quoted;

/// The attributes of an entry.
const INPUTS: [&str; 2] = ["eax_in", "ecx_in"];
const OUTPUTS: [&str; 4] = ["eax", "ebx", "ecx", "edx"];

/// Elements that libvirt has for CPUs, and that name features in place of CPUID.
const MODELS: [&str; 2] = ["cpu", "domainCapabilities"];

/// Whether the file is of libvirt's CPUs, models included: those are refused with what to give instead.
pub(super) fn looks_like(files: &[File<'_>]) -> bool {
    let [file] = files else { return false };
    xml::root_name(file).is_some_and(|root| root == "cpudata" || MODELS.contains(&root))
}

/// Reads the one CPU.
pub(super) fn read(files: &[File<'_>]) -> Raw {
    let mut raw = Raw::default();
    for file in files {
        let mut mistakes = Mistakes::of(file);
        let mut entries = Entries::default();
        one(file, &mut entries, &mut raw.notes, &mut mistakes);
        mistakes.into(&mut raw);
        if !entries.is_empty() {
            raw.cpus.insert(0, entries.into_table());
        }
    }
    raw
}

fn one(file: &File<'_>, entries: &mut Entries, notes: &mut Vec<String>, mistakes: &mut Mistakes<'_>) {
    let Some(document) = xml::text(file, mistakes).and_then(|text| xml::parse(text, mistakes)) else {
        return;
    };
    let root = document.root_element();
    let name = root.tag_name().name();
    if name != "cpudata" {
        let what = if MODELS.contains(&name) {
            format!(
                "{} names a model and features, and has no CPUID: take `cpu.model` and `cpu.require` of a spec for a \
                 guest's features, and for a host a capture, such as `topoc capture` or `cpuid -r`",
                quoted(name)
            )
        } else {
            format!("expected `<cpudata arch='x86'>`, found {}", quoted(name))
        };
        mistakes.wrong(xml::line_of(root, mistakes), what);
        return;
    }
    if root.attribute("arch") != Some("x86") {
        let arch = root.attribute("arch").unwrap_or("nothing");
        mistakes
            .wrong(xml::line_of(root, mistakes), format_args!("arch is {}: CPUID is of x86", quoted(arch)));
        return;
    }
    let mut msrs = 0_usize;
    for node in root.children().filter(Node::is_element) {
        match node.tag_name().name() {
            "cpuid" => entry(node, entries, mistakes),
            "msr" => msrs += 1,
            other => mistakes.wrong(
                xml::line_of(node, mistakes),
                format_args!("expected `<cpuid …/>` or `<msr …/>`, found {}", quoted(other)),
            ),
        }
    }
    if entries.is_empty() {
        mistakes.wrong(xml::line_of(root, mistakes), "no `<cpuid …/>` that could be read");
    } else if !entries.has(0) {
        mistakes.wrong(
            xml::line_of(root, mistakes),
            "without leaf 0: this is a mask of features, as libvirt's tests have, and no capture of a CPU",
        );
    }
    notes.push("one CPU, by libvirt: its scripts take the x2APIC ID out of leaves 1, 0BH and 1FH".to_owned());
    if msrs > 0 {
        notes.push(format!("{msrs} MSR{} left out", if msrs == 1 { "" } else { "s" }));
    }
}

fn entry(node: Node<'_, '_>, entries: &mut Entries, mistakes: &mut Mistakes<'_>) {
    let mut values: BTreeMap<&str, u32> = BTreeMap::new();
    let mut is_whole = true;
    for name in INPUTS.into_iter().chain(OUTPUTS) {
        let value = match node.attribute(name) {
            // Older libvirt left the subleaf out where there is none.
            None if name == "ecx_in" => Some(0),
            None => None,
            Some(text) => prefixed_hex(text),
        };
        match value {
            Some(value) => _ = values.insert(name, value),
            None => {
                let found = node.attribute(name).map_or("nothing".to_owned(), quoted);
                let line = xml::line_of(node, mistakes);
                mistakes.wrong(line, format_args!("{name} is {found}: expected `0x` and up to eight digits"));
                is_whole = false;
            }
        }
    }
    let value = |name: &str| values.get(name).copied().unwrap_or_default();
    if is_whole {
        let [leaf, subleaf] = INPUTS.map(value);
        if let Err(why) = entries.put(leaf, Some(subleaf), Registers::from(OUTPUTS.map(value))) {
            mistakes.wrong(xml::line_of(node, mistakes), why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "<!-- A processor -->
<cpudata arch='x86'>
  <cpuid eax_in='0x00000000' ecx_in='0x00' eax='0x0000000d' ebx='0x756e6547' ecx='0x6c65746e' edx='0x49656e69'/>
  <cpuid eax_in='0x00000001' ecx_in='0x00' eax='0x000306a9' ebx='0x00100800' ecx='0x7fbae3ff' edx='0xbfebfbff'/>
  <cpuid eax_in='0x00000004' ecx_in='0x00' eax='0x1c004121' ebx='0x01c0003f' ecx='0x0000003f' edx='0x00000000'/>
  <cpuid eax_in='0x00000004' ecx_in='0x01' eax='0x1c004122' ebx='0x01c0003f' ecx='0x0000003f' edx='0x00000000'/>
  <msr index='0x10a' edx='0x00000000' eax='0x0000000b'/>
</cpudata>
";

    fn of(text: &str) -> (Raw, Vec<String>) {
        let raw = read(&[File { name: "cpu.xml", bytes: text.as_bytes() }]);
        let told = raw.mistakes.iter().map(|m| format!("{}: {}", m.line.unwrap_or(0), m.message)).collect();
        (raw, told)
    }

    #[test]
    fn one_cpu_is_read_and_msrs_are_counted() {
        assert!(looks_like(&[File { name: "cpu.xml", bytes: GOOD.as_bytes() }]));
        let (raw, told) = of(GOOD);
        assert_eq!(told, Vec::<String>::new());
        let keys: Vec<String> = raw.cpus[&0].iter().map(|(key, _)| key.to_string()).collect();
        assert_eq!(keys, ["0x00000000", "0x00000001", "0x00000004.0", "0x00000004.1"]);
        assert_eq!(raw.cpus[&0].lookup(4, 1), Registers::new(0x1c00_4122, 0x01c0_003f, 0x3f, 0));
        assert_eq!(raw.notes[1], "1 MSR left out");
    }

    #[test]
    fn all_mistakes_are_told_by_line() {
        let bad = GOOD
            .replace("eax='0x000306a9'", "eax='306a9'")
            .replace(" ecx='0x7fbae3ff'", "")
            .replace("<msr ", "<mtrr ")
            .replace("ecx_in='0x01' eax='0x1c004122'", "ecx_in='0x00' eax='0x1c004122'");
        let (raw, told) = of(&bad);
        assert_eq!(
            told,
            [
                "4: eax is `306a9`: expected `0x` and up to eight digits",
                "4: ecx is nothing: expected `0x` and up to eight digits",
                "6: 0x00000004.0 stands twice: it was 1c004121 01c0003f 0000003f 00000000 before",
                "7: expected `<cpuid …/>` or `<msr …/>`, found `mtrr`",
            ]
        );
        assert_eq!(raw.cpus[&0].len(), 2);
    }

    #[test]
    fn models_masks_and_other_machines_are_refused_with_the_reason() {
        let model =
            "<cpu mode='custom'>\n  <model>Haswell</model>\n  <feature policy='require' name='aes'/>\n</cpu>";
        assert!(looks_like(&[File { name: "cpu.xml", bytes: model.as_bytes() }]));
        let (raw, told) = of(model);
        assert!(
            told[0].starts_with("1: `cpu` names a model and features, and has no CPUID: take `cpu.model`")
        );
        assert_eq!((told.len(), raw.cpus.len(), raw.notes.len()), (1, 0, 0));
        let mask = "<cpudata arch='x86'>\n<cpuid eax_in='0x1' ecx_in='0x0' eax='0x0' ebx='0x0' ecx='0x1' edx='0x0'/></cpudata>";
        assert!(of(mask).1[0].starts_with("1: without leaf 0: this is a mask of features"));
        assert_eq!(of("<cpudata arch='ppc64'/>").1, ["1: arch is `ppc64`: CPUID is of x86"]);
        assert_eq!(of("<cpudata arch='x86'/>").1, ["1: no `<cpuid …/>` that could be read"]);
        assert_eq!(of("<domain/>").1, ["1: expected `<cpudata arch='x86'>`, found `domain`"]);
        assert!(of("<cpudata arch='x86'>").1[0].contains("no XML that can be read"));
    }
}
