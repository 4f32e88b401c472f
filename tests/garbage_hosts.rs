//! A host profile may hold any words: what cannot be compiled from is refused or left out, and never
//! ends in a bug of topoc's own.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, which the exemption for tests does not reach

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use topoc::compile::{Origin, compile_from, offered};
use topoc::cpuid::{CpuidTable, Key, Register, Registers};
use topoc::features::{Baseline, Offer};
use topoc::spec::{self, CpuList, Spec};
use topoc::{CompileError, HostProfile};

/// Shipped hosts with two CPUs each: with what KVM says alone, with what the CPUs say alone, with both.
static HOSTS: LazyLock<Vec<HostProfile>> = LazyLock::new(|| {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hosts");
    let mut hosts = Vec::new();
    for name in ["live-amd-genoa-2cpu", "two-socket-intel-xeon-8480plus", "two-socket-amd-epyc-9654"] {
        let text = std::fs::read(folder.join(format!("{name}.json"))).unwrap();
        let mut host = HostProfile::from_slice(&text).unwrap();
        let part = host.cpus.as_mut().unwrap();
        part.online = part.online.iter().take(2).collect::<CpuList>();
        part.differences.retain(|cpu, _| part.online.contains(*cpu));
        host.numa = None;
        let table = Some(part.cpuid.clone());
        let mut as_kvm = host.clone();
        as_kvm.kvm.get_or_insert_default().supported_cpuid = table;
        hosts.extend([
            HostProfile { cpus: None, ..as_kvm.clone() },
            HostProfile { kvm: None, ..host },
            as_kvm,
        ]);
    }
    hosts
});

/// What each host has in common with itself.
static BASELINES: LazyLock<Vec<Baseline>> = LazyLock::new(|| {
    let offer = |host: &HostProfile| {
        let vendor = host.processor().unwrap().vendor;
        Offer { name: "a".to_owned(), sha256: host.digest(), vendor, table: offered(host).unwrap() }
    };
    HOSTS.iter().map(|host| Baseline::common(&[offer(host)]).unwrap()).collect()
});

/// Small machines that reach every pass.
static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    [
        "{version: 1, topology: {sockets: 2, cores: 3, threads: 2}, host: {fidelity: none}}",
        "{version: 1, topology: {dies: 2, cores: 2}, numa: {per: die, memory: 1MiB}, host: {fidelity: none}}",
        "{version: 1, topology: {complexes: 2, cores: 2}, caches: {l3: {size: 4MiB, ways: 16, shared_by: complex}}}",
        "{version: 1, topology: {modules: 2, cores: 2}, cpu: {hypervisor: {msi_ext_dest_id: true}}}",
        "{version: 1, topology: {cores: 2}, caches: {l2: {mode: none}}}",
        "{version: 1, topology: {cores: 2}, cpu: {model: x86-64-v2, require: [aes], disable: [sse4_2], pmu: true}}",
        "{version: 1, topology: {cores: 2}, cpu: {model: x86-64-v3, migratable: true, hypervisor: {kvm: false}}}",
        "{version: 1, topology: {cores: 2}, cpu: {disable: [avx, xsavec, pku]}}",
        "{version: 1, topology: {cores: 2}, cpu: {disable: [xsave], pmu: false, hypervisor: {disable: [clocksource2]}}}",
        "{version: 1, topology: {cores: 2}, cpu: {identity: {stepping: 1, brand: A, physical_address_bits: 36}}}",
        "{version: 1, topology: {cores: 2}, cpu: {identity: {family: 23, model: 49}, disable: [sse4a, topoext]}}",
        "{version: 1, topology: {cores: 2}, cpu: {identity: {family: 6, model: 85}, model: x86-64-v1}}",
        "{version: 1, topology: {cores: 2}, cpu: {clock: {tsc: 2GHz, crystal: 25MHz, base: 2GHz, max: 3GHz}}}",
        "{version: 1, topology: {cores: 2}, cpu: {baseline: fleet.json}, guest: {os: linux, kernel: \"6.8\"}}",
    ]
    .iter()
    .map(|text| spec::parse(text.as_bytes()).unwrap().into_parts().0)
    .collect()
});

/// What is done to one table of a profile.
#[derive(Clone, Debug)]
enum Change {
    /// Another word in an entry: which, register, bits to flip.
    Flip(prop::sample::Index, usize, u32),
    /// The word itself.
    Word(prop::sample::Index, usize, u32),
    /// A leaf is not there.
    Without(prop::sample::Index),
    /// One more subleaf of a leaf that has them, with any words.
    More(prop::sample::Index, u32, [u32; 4]),
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    let bit = (0..32_u32).prop_map(|bit| 1 << bit);
    let word = prop_oneof![Just(0), Just(u32::MAX), any::<u32>(), 0..64_u32];
    prop_oneof![
        4 => (index(), 0..4_usize, bit).prop_map(|(at, register, bit)| Change::Flip(at, register, bit)),
        4 => (index(), 0..4_usize, word).prop_map(|(at, register, word)| Change::Word(at, register, word)),
        1 => index().prop_map(Change::Without),
        1 => (index(), 0..8_u32, any::<[u32; 4]>()).prop_map(|(at, n, words)| Change::More(at, n, words)),
    ]
}

fn apply(table: &mut CpuidTable, change: &Change) {
    let keys: Vec<Key> = table.iter().map(|(key, _)| key).collect();
    let word =
        |table: &mut CpuidTable, at: &prop::sample::Index, register: usize, with: &dyn Fn(u32) -> u32| {
            if !keys.is_empty()
                && let Some(words) = table.get_mut(keys[at.index(keys.len())])
            {
                let word = words.get_mut(Register::ALL[register]);
                *word = with(*word);
            }
        };
    match change {
        Change::Flip(at, register, bits) => word(table, at, *register, &|old| old ^ bits),
        Change::Word(at, register, new) => word(table, at, *register, &|_| *new),
        Change::Without(at) if !keys.is_empty() => table.remove_leaf(keys[at.index(keys.len())].leaf),
        Change::More(at, subleaf, words) if !keys.is_empty() => {
            // A leaf without subleaves refuses it.
            let _ =
                table.set(Key::subleaf(keys[at.index(keys.len())].leaf, *subleaf), Registers::from(*words));
        }
        Change::Without(_) | Change::More(..) => {}
    }
}

/// A bug in words that do not depend on the figures.
fn kind(bug: &str) -> String {
    let lines = bug.lines().map(|line| line.split(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']).next());
    lines.flatten().collect::<Vec<_>>().join(" | ")
}

/// Every bug is told once, with the changes that bring it about.
#[test]
fn garbage_words_are_never_a_bug() {
    let cases = std::env::var("TOPOC_CASES").map_or(2000, |cases| cases.parse().unwrap());
    let mut runner = TestRunner::deterministic();
    let changes = || proptest::collection::vec(change(), 0..4);
    let case = (0..HOSTS.len(), 0..SPECS.len(), changes(), changes());
    let (mut bugs, mut compiled) = (BTreeMap::new(), 0);
    for _ in 0..cases {
        let (at, spec, native, supported) = case.new_tree(&mut runner).unwrap().current();
        let mut host = HOSTS[at].clone();
        if let Some(part) = &mut host.cpus {
            native.iter().for_each(|change| apply(&mut part.cpuid, change));
        }
        if let Some(table) = host.kvm.as_mut().and_then(|part| part.supported_cpuid.as_mut()) {
            supported.iter().for_each(|change| apply(table, change));
        }
        // What reading refuses never gets as far.
        let Ok(host) = HostProfile::from_slice(host.to_json().as_bytes()) else { continue };
        let named = SPECS[spec].cpu.as_ref().is_some_and(|cpu| cpu.baseline.is_some());
        let origin = Origin { baseline: named.then_some(Ok(&BASELINES[at])), ..Origin::default() };
        match compile_from(&SPECS[spec], origin, &host) {
            Ok(_) => compiled += 1,
            Err(CompileError::Refused(_)) => {}
            Err(CompileError::Bug(bug)) => {
                bugs.entry(kind(&bug)).or_insert_with(|| {
                    format!("{bug}\n  host {at}, spec {spec}, cpus {native:?}, KVM {supported:?}")
                });
            }
        }
    }
    assert!(bugs.is_empty(), "{}", bugs.into_values().collect::<Vec<_>>().join("\n"));
    assert!(compiled > cases / 10, "only {compiled} of {cases} compiled");
}
