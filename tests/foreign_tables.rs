//! Tables as other monitors made them, one file a failure: `topoc decode` must say what is wrong.
//!
//! `tests/foreign/NAME.txt` holds the entries of every vCPU's `struct kvm_cpuid2`, made by hand from the
//! program's formulas: `LEAF[.SUBLEAF]  EAX EBX ECX EDX`, in hexadecimal. `id` is the vCPU's number; a word
//! may be `id>>1&ff|3<<1a`, read from the left. `finds` names all that is found, and nothing else is;
//! `refused` has the words of the error where the bytes are no table.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use support::{Answer, blob, hex};
use topoc::decode::{Answers, Domain, FindingKind, Machine, machine};

struct Foreign {
    refused: Option<String>,
    finds: BTreeSet<String>,
    tables: Vec<Vec<Answer>>,
}

/// A word for the vCPU of this number: terms joined by `|`, each a number or `id` with shifts and masks.
fn word(text: &str, id: u32) -> u32 {
    text.split('|').map(|term| term_of(term, id)).fold(0, |word, term| word | term)
}

fn term_of(term: &str, id: u32) -> u32 {
    let end = term.find(['<', '>', '&']).unwrap_or(term.len());
    let (first, mut rest) = term.split_at(end);
    let mut value = if first == "id" { id } else { hex(first) };
    while !rest.is_empty() {
        let at = rest.find(|c: char| c.is_ascii_hexdigit()).unwrap();
        let end = rest[at..].find(['<', '>', '&']).map_or(rest.len(), |end| at + end);
        let number = hex(&rest[at..end]);
        value = match &rest[..at] {
            "<<" => value << number,
            ">>" => value >> number,
            "&" => value & number,
            other => panic!("{other}"),
        };
        rest = &rest[end..];
    }
    value
}

fn read(name: &str) -> Foreign {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign").join(name);
    let text = fs::read_to_string(path).unwrap();
    let mut vcpus = 0;
    let mut finds = BTreeSet::new();
    let mut refused = None;
    let mut rows: Vec<Vec<&str>> = Vec::new();
    for line in text.lines().map(|line| line.split('#').next().unwrap()) {
        let words: Vec<_> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            ["vcpus", number] => vcpus = number.parse().unwrap(),
            ["refused", words @ ..] => refused = Some(words.join(" ")),
            ["finds", kinds @ ..] => finds = kinds.iter().map(|&kind| kind.to_owned()).collect(),
            [_, _, _, _, _] => rows.push(words),
            _ => panic!("{name}: {line}"),
        }
    }
    let table = |id: u32| {
        let entry = |row: &Vec<&str>| {
            let (leaf, subleaf) =
                row[0].split_once('.').map_or((row[0], None), |(leaf, sub)| (leaf, Some(hex(sub))));
            let registers = [1, 2, 3, 4].map(|at| word(row[at], id));
            (hex(leaf), subleaf, registers)
        };
        rows.iter().map(entry).collect()
    };
    Foreign { refused, finds, tables: (0..vcpus).map(table).collect() }
}

/// The machine, or why the bytes are no table.
fn decoded(foreign: &Foreign) -> Result<Machine, String> {
    let read =
        |table: &Vec<Answer>| Answers::from_blob(&blob::encode(table)).map_err(|error| error.to_string());
    Ok(machine(&foreign.tables.iter().map(read).collect::<Result<Vec<_>, _>>()?))
}

fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign");
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn what_is_wrong_is_found() {
    let mut wrong = Vec::new();
    for name in names() {
        let foreign = read(&name);
        let machine = match (decoded(&foreign), &foreign.refused) {
            (Ok(machine), None) => machine,
            (Err(error), Some(words)) if error.contains(words) && foreign.finds.is_empty() => continue,
            (other, _) => panic!("{name}: {:?}", other.err()),
        };
        let found: BTreeSet<String> =
            machine.findings.iter().map(|finding| finding.kind.name().to_owned()).collect();
        if found.is_empty() || found != foreign.finds {
            let messages: Vec<_> =
                machine.findings.iter().map(|f| format!("  {}: {}", f.kind, f.message)).collect();
            wrong.push(format!(
                "{name}: finds {}\n{}",
                found.into_iter().collect::<Vec<_>>().join(" "),
                messages.join("\n")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A guest sees another machine than was meant, as the reports say.
#[test]
fn the_machine_is_the_one_that_was_reported() {
    for (name, sockets) in [
        ("crosvm_core_level_missing", 2),
        ("libkrun_core_level_missing", 4),
        ("cloud_hypervisor_6051_ids_without_gaps", 2),
        ("dragonball_type_is_the_subleaf", 2),
        ("cloud_hypervisor_8730_l3_of_the_host", 2),
    ] {
        let machine = decoded(&read(&format!("{name}.txt"))).unwrap();
        assert_eq!(machine.sets(Domain::Package).len(), sockets, "{name}");
    }
    let sizes = |name: &str| -> Vec<usize> {
        let machine = decoded(&read(name)).unwrap();
        machine.sets(Domain::Package).iter().map(topoc::decode::CpuSet::len).collect()
    };
    assert_eq!(sizes("cloud_hypervisor_6051_ids_without_gaps.txt"), [16, 8], "2 sockets of 12 were meant");
    assert_eq!(sizes("dragonball_type_is_the_subleaf.txt"), [8, 4], "2 sockets of 6 were meant");
    let three = decoded(&read("crosvm_three_vcpus_are_threads.txt")).unwrap();
    assert_eq!(three.sets(Domain::Core).len(), 1, "3 cores were meant");
}

/// The words of a fixture are what they look like.
#[test]
fn words_are_read_from_the_left() {
    assert_eq!(word("121|1<<e|3<<1a", 0), 0x121 | 1 << 14 | 3 << 26);
    assert_eq!(word("id>>1&1", 7), 1);
    assert_eq!(word("id<<18|4<<10|800", 0x102), 0x0204_0800);
}

/// No fixture is a sound table with a name: a fixture names kinds that there are.
#[test]
fn fixtures_name_kinds() {
    let kinds: BTreeSet<_> = FindingKind::ALL.iter().map(|kind| kind.name().to_owned()).collect();
    for name in names() {
        assert!(read(&name).finds.is_subset(&kinds), "{name}");
    }
}
