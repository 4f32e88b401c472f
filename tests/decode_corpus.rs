//! Real machines: the decoder finds the partitions that hwloc, libcpuid, cpuid(1) and people found.

// Helpers outside #[test] functions may panic too.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::corpus::{self, Expectation};
use topoc::decode::{CpuSet, Domain, Machine, machine};

/// The decoder's partitions under the expectations' names.
fn partitions(machine: &Machine) -> BTreeMap<String, BTreeSet<String>> {
    let shown = |sets: &[CpuSet]| sets.iter().map(CpuSet::to_string).collect::<BTreeSet<_>>();
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
        all.insert(name.to_string(), caches.iter().map(|cache| cache.cpus.to_string()).collect());
    }
    all
}

/// The difference between one capture and its expectation, as text; empty where there is none.
fn differences(name: &str, expectation: &Expectation, machine: &Machine) -> Vec<String> {
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

#[test]
fn every_capture_is_read_right() {
    let Some(captures) = corpus::captures() else { return };
    let expectations = corpus::expectations();
    assert_eq!(expectations.len(), 23);
    let mut wrong = Vec::new();
    for (name, expectation) in &expectations {
        let tables = corpus::tables(&captures, name);
        assert_eq!(tables.len(), expectation.ncpu, "{name}");
        let machine = machine(&tables);
        wrong.extend(differences(name, expectation, &machine));
        println!("{name}");
        for finding in &machine.findings {
            println!("    {} {} [{}]", finding.kind, finding.message, finding.cpus);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
