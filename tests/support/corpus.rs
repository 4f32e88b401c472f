//! The corpus: captures of real machines, and the partitions that several readers found in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use topoc::HostProfile;
use topoc::cpuid::{CpuidTable, Key, Registers};
use topoc::decode::{Answers, CpuSet, Domain, Machine};
use topoc::profile::{CpusPart, answers};
use topoc::spec::CpuList;

/// What the readers found in one capture.
#[derive(Debug, Deserialize)]
pub struct Expectation {
    pub path: String,
    pub ncpu: usize,
    pub vendor: String,
    pub sig: String,
    /// Bytes of each cache, by name
    pub cachesizes: BTreeMap<String, Vec<u64>>,
    /// cpulists by object
    pub expected: BTreeMap<String, Vec<String>>,
    /// AMD nodes of the machine, 0 where none are told
    pub nodes: usize,
}

/// Every expectation by the name of its capture.
pub fn expectations() -> BTreeMap<String, Expectation> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected");
    let mut all = BTreeMap::new();
    for file in folder.read_dir().expect("tests/expected") {
        let path = file.expect("entry").path();
        let name = path.file_stem().expect("name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("readable");
        all.insert(name, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}")));
    }
    all
}

/// The captures' folder, or `None` after a printed skip.
pub fn captures() -> Option<PathBuf> {
    if let Some(corpus) = std::env::var_os("TOPOC_CORPUS") {
        return Some(PathBuf::from(corpus).join("captures"));
    }
    let required = std::env::var("TOPOC_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|part| part == "corpus"), "TOPOC_CORPUS is not set, but required");
    println!("skipped: TOPOC_CORPUS is not set");
    None
}

/// The place of a capture, by the name of its expectation.
pub fn place(captures: &Path, name: &str) -> PathBuf {
    let places = [
        captures.join("hwloc").join(name),
        captures.join("libcpuid").join(format!("{name}.aida64.txt")),
        captures.join("jcurl").join(format!("{name}.xml")),
    ];
    places.into_iter().find(|place| place.exists()).unwrap_or_else(|| panic!("no capture {name}"))
}

/// One capture, every CPU, by the name of its expectation: as `topoc import` reads it. What the decoder makes of the
/// tables is held to what others found; that the tables are the capture's own follows from it, for a register that
/// was lost or misread would lose a partition.
pub fn tables(captures: &Path, name: &str) -> Vec<Answers> {
    let imported = super::imports::of(&place(captures, name));
    imported.profile.cpu_tables().map(|(_, table)| answers(&table)).collect()
}

/// A host whose CPUs answer as these do, numbered from 0; nothing is known of its KVM and its nodes.
pub fn host(tables: &[Answers]) -> HostProfile {
    let table = |answers: &Answers| {
        let mut table = CpuidTable::new();
        for entry in answers.entries() {
            let (leaf, subleaf) = (entry.leaf, entry.subleaf.unwrap_or(0));
            let key = if Key::is_indexed(leaf) { Key::subleaf(leaf, subleaf) } else { Key::leaf(leaf) };
            // The first of several equal entries counts, as it does for the decoder.
            if table.get(key).is_none() && (key.subleaf.is_some() || subleaf == 0) {
                table.insert(key, entry.registers.into()).unwrap();
            }
        }
        table
    };
    let mut cpus: Vec<CpuidTable> = tables.iter().map(table).collect();
    cpus.iter_mut().for_each(complete);
    let first = cpus.first().unwrap().clone();
    let differences = (0..)
        .zip(&cpus)
        .skip(1)
        .map(|(cpu, own)| {
            let differing = own.iter().filter(|(key, words)| first.get(*key) != Some(*words));
            let mut differs: BTreeMap<Key, Registers> = differing.map(|(key, words)| (key, *words)).collect();
            // What another CPU lacks reads as zeros.
            let lacks = first.iter().filter(|(key, _)| own.get(*key).is_none());
            differs.extend(lacks.map(|(key, _)| (key, [0; 4].into())));
            (cpu, differs)
        })
        .collect();
    let last = u32::try_from(cpus.len()).unwrap() - 1;
    let cpus = CpusPart { online: CpuList { ranges: vec![(0, last, 1)] }, cpuid: first, differences };
    HostProfile { cpus: Some(cpus), ..HostProfile::default() }
}

/// Some captures leave out where the components of the XSAVE area lie, or have zeros there. It has nothing to do with the
/// shape, and a guest cannot do without.
fn complete(table: &mut CpuidTable) {
    let there = table.lookup(0xd, 0).eax;
    for (component, words) in [(2, [0x100, 0x240, 0, 0]), (9, [8, 0x980, 0, 0])] {
        if there >> component & 1 == 1 && table.lookup(0xd, component).eax == 0 {
            table.set(Key::subleaf(0xd, component), words.into()).unwrap();
        }
    }
}

/// The decoder's partitions under the expectations' names, CPUs by their own.
pub fn partitions(machine: &Machine) -> BTreeMap<String, BTreeSet<String>> {
    let shown =
        |sets: &[CpuSet]| sets.iter().map(|set| machine.names.set(set).to_string()).collect::<BTreeSet<_>>();
    let names = [
        (Domain::Package, "Package"),
        (Domain::Die, "Die"),
        (Domain::Module, "Module"),
        (Domain::Core, "Core"),
    ];
    let mut all: BTreeMap<String, BTreeSet<String>> = names
        .into_iter()
        .filter(|(domain, _)| machine.domains.contains_key(domain))
        .map(|(domain, name)| (name.to_owned(), shown(machine.sets(domain))))
        .collect();
    for (name, caches) in &machine.caches {
        all.insert(
            name.to_string(),
            caches.iter().map(|cache| machine.names.set(&cache.cpus).to_string()).collect(),
        );
    }
    all
}

/// The difference between one capture and its expectation, as text; empty where there is none.
pub fn differences(name: &str, expectation: &Expectation, machine: &Machine) -> Vec<String> {
    let mut differences = Vec::new();
    let found = partitions(machine);
    for (object, sets) in &expectation.expected {
        let sets: BTreeSet<String> = sets.iter().cloned().collect();
        if found.get(object) != Some(&sets) {
            differences.push(format!("{name}: {object} is {:?}, not {sets:?}", found.get(object)));
        }
    }
    for object in found.keys().filter(|object| object.starts_with('L')) {
        if !expectation.expected.contains_key(object) {
            differences.push(format!("{name}: {object} is not expected"));
        }
    }
    for (cache, sizes) in &expectation.cachesizes {
        let found: BTreeSet<u64> = machine
            .caches
            .iter()
            .filter(|(name, _)| name.to_string() == *cache)
            .flat_map(|(_, caches)| caches.iter().map(|cache| cache.size))
            .collect();
        if found != sizes.iter().copied().collect() {
            differences.push(format!("{name}: {cache} has sizes {found:?}, not {sizes:?}"));
        }
    }
    if machine.nodes.len() != expectation.nodes {
        differences.push(format!("{name}: nodes are {:?}, not {}", machine.nodes, expectation.nodes));
    }
    differences
}
