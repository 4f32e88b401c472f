//! hwloc, which reads a directory of dumps: `hwloc-cpuid-info`, and `puN` for each CPU with lines
//! `mask eax ebx ecx edx => eax ebx ecx edx`.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use super::{Partition, Property, Reading, Value};
use crate::support::words::Entry;

const PROGRAM: &str = "lstopo-no-graphics";

/// The installed version, such as `2.9.0`; `None` where there is none.
pub fn version() -> Option<String> {
    let output = Command::new(PROGRAM).arg("--version").output().ok()?;
    Some(String::from_utf8(output.stdout).unwrap().split_whitespace().last()?.to_owned())
}

/// One CPU's file. Bits 0 and 2 of the mask: EAX and ECX are inputs that must match.
fn dump(table: &[Entry]) -> String {
    let mut text = String::new();
    for Entry { leaf, subleaf, words: [a, b, c, d] } in table {
        let (mask, ecx) = subleaf.map_or((1, 0), |subleaf| (5, subleaf));
        writeln!(text, "{mask} {leaf:x} 0 {ecx:x} 0 => {a:x} {b:x} {c:x} {d:x}").unwrap();
    }
    text
}

/// What hwloc makes of the tables.
pub fn read(tables: &[Vec<Entry>]) -> Reading {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hwloc-cpuid-info"), "Architecture: x86\n").unwrap();
    for (pu, table) in tables.iter().enumerate() {
        fs::write(folder.path().join(format!("pu{pu}")), dump(table)).unwrap();
    }
    let output = Command::new(PROGRAM)
        .args(["--of", "xml", "-"])
        .env("HWLOC_COMPONENTS", "x86,stop")
        .env("HWLOC_CPUID_PATH", folder.path())
        .env("HWLOC_THISSYSTEM", "0")
        .env("HWLOC_X86_TOPOEXT_NUMANODES", "1")
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    if complaint.contains("hwloc_topology_load() failed") {
        assert!(!output.status.success());
        return Property::ALL.into_iter().map(|property| (property, vec![Value::Refused])).collect();
    }
    // A directory that it cannot use is ignored in favour of the machine that it runs on.
    assert!(output.status.success() && complaint.is_empty(), "hwloc: {complaint}");
    let xml = String::from_utf8(output.stdout).unwrap();
    let sets = |kind: &str| objects(&xml, kind);
    assert_eq!(sets("PU").len(), tables.len(), "PUs: hwloc describes another machine");
    let mut reading = Reading::new();
    // A die that fills its package is dropped.
    let dies = if sets("Die").is_empty() { sets("Package") } else { sets("Die") };
    for (property, sets) in [
        (Property::Packages, sets("Package")),
        (Property::Dies, dies),
        (Property::Cores, sets("Core")),
        (Property::Threads, sets("PU")),
        (Property::L3, sets("L3Cache")),
        (Property::L2, sets("L2Cache")),
        (Property::L1d, sets("L1Cache")),
        (Property::L1i, sets("L1iCache")),
        (Property::Nodes, sets("NUMANode")),
    ] {
        reading.insert(property, vec![Value::Sets(sets)]);
    }
    reading
}

/// The CPU sets of all objects of a type.
fn objects(xml: &str, kind: &str) -> Partition {
    let head = format!("<object type=\"{kind}\"");
    let mut sets: Partition = xml
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix(&head))
        .map(|line| {
            let (_, rest) = line.split_once(" cpuset=\"").unwrap();
            cpus(rest.split_once('"').unwrap().0)
        })
        .collect();
    sets.sort();
    sets
}

/// A CPU set as hwloc prints it: `0x0000000f,0xffffffff`, 32 CPUs a word, the lowest word last.
fn cpus(text: &str) -> Vec<u32> {
    let words = text.rsplit(',').map(|word| {
        let digits = word.trim_start_matches("0x");
        if digits.is_empty() { 0 } else { u32::from_str_radix(digits, 16).unwrap() }
    });
    (0..)
        .zip(words)
        .flat_map(|(at, word)| (0..32).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 32 + bit))
        .collect()
}
