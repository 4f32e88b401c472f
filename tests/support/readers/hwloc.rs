//! hwloc, which reads a directory of dumps.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Partition, Property, Reading, Value};

/// A level of leaf 1FH that hwloc 2.9 has no word for.
const DIE_GROUP: &str = " kind=\"101\"";

const PROGRAM: &str = "lstopo-no-graphics";

/// The installed version, such as `2.9.0`; `None` where there is none.
pub fn version() -> Option<String> {
    let output = Command::new(PROGRAM).arg("--version").output().ok()?;
    Some(String::from_utf8(output.stdout).unwrap().split_whitespace().last()?.to_owned())
}

/// What hwloc makes of these files.
pub fn read(files: &[(String, String)]) -> Reading {
    let folder = written(files);
    describe(folder.path(), files.len() - 1)
}

/// What hwloc makes of a capture, which may lack leaves that it asks for: they read as zeros.
pub fn read_capture(files: &[(String, String)]) -> Reading {
    let folder = written(files);
    describe_but(folder.path(), files.len() - 1, "Couldn't find ")
}

fn written(files: &[(String, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// What hwloc makes of a directory of so many CPUs.
pub fn describe(folder: &Path, cpus: usize) -> Reading {
    describe_but(folder, cpus, "\0")
}

/// The same, whatever it says in lines that begin so.
fn describe_but(folder: &Path, cpus: usize, beginning: &str) -> Reading {
    let output = Command::new(PROGRAM)
        .args(["--of", "xml", "-"])
        .env("HWLOC_COMPONENTS", "x86,stop")
        .env("HWLOC_CPUID_PATH", folder)
        .env("HWLOC_THISSYSTEM", "0")
        .env("HWLOC_X86_TOPOEXT_NUMANODES", "1")
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    let complaint: String = complaint.lines().filter(|line| !line.starts_with(beginning)).collect();
    let contradicts = complaint.contains("received invalid information");
    if contradicts || complaint.contains("hwloc_topology_load() failed") {
        assert!(contradicts || !output.status.success());
        return Property::ALL.into_iter().map(|property| (property, vec![Value::Refused])).collect();
    }
    // A directory that it cannot use is ignored in favour of the machine that it runs on.
    assert!(output.status.success() && complaint.is_empty(), "hwloc: {complaint}");
    let xml = String::from_utf8(output.stdout).unwrap();
    let sets = |kind: &str| objects(&xml, kind);
    assert_eq!(sets("PU").len(), cpus, "PUs: hwloc describes another machine");
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
    for (property, subtype) in
        [(Property::DieGroups, DIE_GROUP), (Property::Tiles, "\"Tile\""), (Property::Modules, "\"Module\"")]
    {
        let is_it = |line: &&str| line.contains(subtype);
        let groups = lines(&xml, "Group").filter(is_it).map(|line| self::cpus(attribute(line, "cpuset")));
        let groups: Partition = groups.collect();
        reading.insert(property, if groups.is_empty() { Vec::new() } else { vec![Value::Sets(groups)] });
    }
    for (property, kind) in [
        (Property::L3, "L3Cache"),
        (Property::L2, "L2Cache"),
        (Property::L1d, "L1Cache"),
        (Property::L1i, "L1iCache"),
    ] {
        let mut sizes = vec![0; cpus];
        for line in lines(&xml, kind) {
            let size = attribute(line, "cache_size").parse().unwrap();
            self::cpus(attribute(line, "cpuset")).iter().for_each(|cpu| sizes[*cpu as usize] = size);
        }
        reading.entry(property).or_default().push(Value::Sizes(sizes));
    }
    reading
}

/// The heads of all objects of a type.
fn lines<'x>(xml: &'x str, kind: &str) -> impl Iterator<Item = &'x str> {
    let head = format!("<object type=\"{kind}\"");
    xml.lines().filter_map(move |line| line.trim_start().strip_prefix(&head))
}

fn attribute<'l>(line: &'l str, name: &str) -> &'l str {
    let (_, rest) = line.split_once(&format!(" {name}=\"")).unwrap();
    rest.split_once('"').unwrap().0
}

/// The CPU sets of all objects of a type.
fn objects(xml: &str, kind: &str) -> Partition {
    let mut sets: Partition = lines(xml, kind).map(|line| cpus(attribute(line, "cpuset"))).collect();
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
