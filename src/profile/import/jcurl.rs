//! XML in which each `<processor>` of a `<cpuid>` has lines
//! `<register eax="00000004" ecx="00000001">1C004122,01C0003F,0000003F,00000000</register>`.

use roxmltree::{Document, Node};

use super::listing::{Listing, Refused};
use super::raw::{File, Raw};
use super::text::hex;
use crate::cpuid::Registers;
use crate::source::quoted;

/// What a register is to look like.
const FORM: &str =
    "expected `<register eax=\"00000004\" ecx=\"00000001\">EAX,EBX,ECX,EDX</register>`, in hexadecimal";

/// Whether the file has the two outer elements, near its beginning.
pub(super) fn looks_like(files: &[File<'_>]) -> bool {
    let [file] = files else { return false };
    let head = String::from_utf8_lossy(file.bytes.get(..4096).unwrap_or(file.bytes));
    head.contains("<cpuid") && head.contains("<processor>") && head.contains("<register ")
}

/// Reads the document; processors are counted from 0.
pub(super) fn read(files: &[File<'_>]) -> Raw {
    let (mut raw, mut listing) = (Raw::default(), Listing::default());
    for file in files {
        let Ok(text) = std::str::from_utf8(file.bytes) else {
            raw.wrong(file.name, None, "the text is not UTF-8, which XML is to be");
            continue;
        };
        match Document::parse(text.trim_start_matches('\u{feff}')) {
            Ok(document) => one(file, &document, &mut raw, &mut listing),
            Err(error) => {
                let line = usize::try_from(error.pos().row).ok();
                raw.wrong(file.name, line, format_args!("no XML: {error}"));
            }
        }
    }
    raw.cpus = listing.into_cpus().0;
    raw
}

fn one(file: &File<'_>, document: &Document<'_>, raw: &mut Raw, listing: &mut Listing) {
    let mut wrong = |node: Node<'_, '_>, message: &dyn std::fmt::Display| {
        // Finding a line goes through the text; nobody reads what is only counted.
        let line = (!raw.is_full()).then(|| document.text_pos_at(node.range().start).row);
        raw.wrong(file.name, line.and_then(|line| line.try_into().ok()), message);
    };
    let root = document.root_element();
    if !root.has_tag_name("cpuid") {
        wrong(root, &format_args!("expected `<cpuid>`, found {}", quoted(root.tag_name().name())));
        return;
    }
    for processor in root.children().filter(Node::is_element) {
        if !processor.has_tag_name("processor") {
            wrong(
                processor,
                &format_args!("expected `<processor>`, found {}", quoted(processor.tag_name().name())),
            );
            continue;
        }
        let cpu = listing.next_cpu();
        if let Err(refused) = listing.begin(cpu) {
            wrong(processor, &refused);
            break;
        }
        for register in processor.children().filter(Node::is_element) {
            let added = entry(register).map(|(leaf, subleaf, words)| listing.put(cpu, leaf, subleaf, words));
            match added {
                Some(Ok(()) | Err(Refused::Repeated)) => {}
                Some(Err(refused)) => wrong(register, &refused),
                None => wrong(register, &FORM),
            }
        }
    }
}

/// Leaf, subleaf and registers.
fn entry(register: Node<'_, '_>) -> Option<(u32, u32, Registers)> {
    if !register.has_tag_name("register") {
        return None;
    }
    let words = register.text()?.split(',').map(|word| hex(word.trim())).collect::<Option<Vec<u32>>>()?;
    let words: [u32; 4] = words.try_into().ok()?;
    Some((hex(register.attribute("eax")?)?, hex(register.attribute("ecx").unwrap_or("0"))?, words.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Raw, Vec<String>) {
        let raw = read(&[File { name: "dump.xml", bytes: text.as_bytes() }]);
        let told = raw.mistakes.iter().map(ToString::to_string).collect();
        (raw, told)
    }

    #[test]
    fn processors_are_counted() {
        let cpu = "<processor>\n<register eax=\"00000000\" ecx=\"00000000\">0000000D,756E6547,6C65746E,49656E69</register>\n\
                   <register eax=\"00000004\" ecx=\"00000001\">00000122,0,0,0</register></processor>";
        let text = format!("\u{feff}<?xml version=\"1.0\"?>\n<cpuid type=\"x86\">{cpu}{cpu}</cpuid>");
        assert!(looks_like(&[File { name: "dump.xml", bytes: text.as_bytes() }]));
        let (raw, told) = of(&text);
        assert_eq!((told, raw.cpus.len(), raw.cpus[&1].lookup(4, 1).eax), (vec![], 2, 0x122));
    }

    #[test]
    fn what_is_wrong_is_told_by_line() {
        let (raw, told) = of("<cpuid>\n<processor>\n<register eax=\"0\" ecx=\"0\">1,2,3,4</register>\n\
                              <register eax=\"1\" ecx=\"0\">1,2,3</register>\n<register ecx=\"0\">1,2,3,4</register>\n\
                              </processor>\n<memory/></cpuid>");
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].starts_with("dump.xml:4: expected `<register eax"));
        assert!(
            told[1].starts_with("dump.xml:5: ") && told[2].starts_with("dump.xml:7: expected `<processor>`")
        );
        assert_eq!(raw.cpus[&0].len(), 1);
        assert!(of("<cpuid>\n<processor>").1[0].starts_with("dump.xml:"));
        assert_eq!(of("<domain/>").1, ["dump.xml:1: expected `<cpuid>`, found `domain`"]);
        let bomb = "<!DOCTYPE x [<!ENTITY a \"b\">]><cpuid>&a;</cpuid>";
        assert!(of(bomb).1[0].contains("no XML"), "{:?}", of(bomb).1);
    }
}
