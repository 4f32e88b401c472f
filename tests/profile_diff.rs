//! `profile::diff`: what changed, by field and name, on which CPUs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests")]
#[path = "support/examples.rs"]
mod examples;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use topoc::HostProfile;
use topoc::cpuid::{CpuidTable, Key, Register, Registers};
use topoc::profile::diff::{Section, changes};
use topoc::profile::{CpusPart, NumaNode};

const XEON: &str = "two-socket-intel-xeon-gold-6140";

/// The host with one register of some CPUs changed.
fn changed(
    host: &HostProfile,
    cpus: impl Fn(u32) -> bool,
    key: Key,
    change: impl Fn(&mut Registers),
) -> HostProfile {
    let mut tables: Vec<(u32, CpuidTable)> = host.cpu_tables().collect();
    for (_, table) in tables.iter_mut().filter(|(cpu, _)| cpus(*cpu)) {
        let mut words = table.get(key).copied().unwrap_or_default();
        change(&mut words);
        table.set(key, words).unwrap();
    }
    let first = tables[0].1.clone();
    let differences = |table: &CpuidTable| -> BTreeMap<Key, Registers> {
        let changed = table.iter().filter(|(key, words)| first.get(*key) != Some(words));
        let gone = first.iter().filter(|(key, _)| table.get(*key).is_none());
        changed.map(|(key, words)| (key, *words)).chain(gone.map(|(key, _)| (key, Registers::ZERO))).collect()
    };
    let differences = tables.iter().skip(1).map(|(cpu, table)| (*cpu, differences(table))).collect();
    let online = tables.iter().map(|(cpu, _)| *cpu).collect();
    HostProfile { cpus: Some(CpusPart { online, cpuid: first.clone(), differences }), ..host.clone() }
}

fn lines(old: &HostProfile, new: &HostProfile) -> Vec<String> {
    let told = changes(old, new).changes;
    told.iter().map(|change| format!("{}: {change}", change.section.title())).collect()
}

#[test]
fn a_profile_is_alike_to_itself() {
    for (name, host) in examples::hosts() {
        let found = changes(&host, &host);
        assert!(found.alike() && found.changes.is_empty(), "{name}");
    }
}

/// What new microcode and a new kernel change.
#[test]
fn fields_are_told_by_name_and_cpus_as_lists() {
    let old = examples::host(XEON);
    let all = |_| true;
    let new = changed(&old, all, Key::subleaf(7, 0), |words| words.edx ^= 1 << 10);
    let new = changed(&new, all, Key::leaf(1), |words| words.ecx ^= 1 << 27);
    let new = changed(&new, |cpu| (4..8).contains(&cpu), Key::leaf(1), |words| words.eax += 1);
    let mut new = changed(&new, |cpu| cpu == 9, Key::leaf(2), |words| words.ebx ^= 0x8100_0000);
    new.kernel = Some("6.18".to_owned());
    assert_eq!(
        lines(&old, &new),
        [
            "Host: kernel: absent → 6.18",
            "CPUs: CPUID.(EAX=01H):EAX[3:0] stepping: 4 → 5 on CPUs 4-7",
            "CPUs: CPUID.(EAX=01H):ECX[27] osxsave: 1 → 0 on all CPUs (OSXSAVE follows the running kernel's CR4)",
            "CPUs: CPUID.(EAX=02H):EBX: 0x00f0b5ff → 0x81f0b5ff on CPU 9",
            "CPUs: CPUID.(EAX=07H,ECX=0):EDX[10] md_clear: 0 → 1 on all CPUs",
        ]
    );
    assert!(!changes(&old, &new).alike());
    let back = lines(&new, &old);
    assert_eq!(back[0], "Host: kernel: 6.18 → absent");
    assert_eq!(back.len(), 5);
}

#[test]
fn what_only_the_capture_made_differ_is_alike_and_still_told() {
    let old = examples::host("live-amd-genoa-2cpu");
    let mut new = changed(&old, |_| true, Key::leaf(1), |words| words.ecx ^= 1 << 27);
    new = changed(&new, |_| true, Key::subleaf(7, 0), |words| words.ecx ^= 1 << 4);
    new = changed(&new, |_| true, Key::subleaf(0xd, 0), |words| words.ebx += 64);
    new.origin.date = Some("2027-01-01".to_owned());
    let kvm = new.kvm.as_mut().unwrap().supported_cpuid.as_mut().unwrap();
    kvm.get_mut(Key::leaf(1)).unwrap().ebx ^= 1 << 24;
    kvm.get_mut(Key::subleaf(0xb, 0)).unwrap().edx ^= 1;
    let found = changes(&old, &new);
    assert!(found.alike(), "{:?}", lines(&old, &new));
    assert_eq!(found.changes.len(), 6, "{:?}", lines(&old, &new));
    // The same bits of the CPUs' own answers are the machine's.
    let moved = changed(&old, |cpu| cpu == 1, Key::leaf(1), |words| words.ebx ^= 1 << 25);
    assert!(!changes(&old, &moved).alike());
}

#[test]
fn places_caches_and_nodes_are_told_by_what_they_come_to() {
    let old = examples::host(XEON);
    // CPUs 0 and 36 are threads of one core: with the IDs of 36 and 37 exchanged, 0 and 37 are.
    let id = |host: &HostProfile, cpu: u32| {
        host.cpu_tables().find(|(number, _)| *number == cpu).unwrap().1.lookup(0xb, 0).edx
    };
    let (a, b) = (id(&old, 36), id(&old, 37));
    let mut new = old.clone();
    for (cpu, id) in [(36, b), (37, a)] {
        for subleaf in [0, 1, 2] {
            new = changed(&new, |other| other == cpu, Key::subleaf(0xb, subleaf), |words| words.edx = id);
        }
        new = changed(
            &new,
            |other| other == cpu,
            Key::leaf(1),
            |words| words.ebx = words.ebx & 0xff_ffff | id << 24,
        );
    }
    let of = |section| -> Vec<String> {
        let told = changes(&old, &new).changes;
        told.iter().filter(|change| change.section == section).map(ToString::to_string).collect()
    };
    assert_eq!(
        of(Section::Topology),
        [
            "core: CPUs 0,36 → CPUs 0,37 on CPU 0",
            "core: CPUs 1,37 → CPUs 1,36 on CPU 1",
            "core: CPUs 0,36 → CPUs 1,36 on CPU 36",
            "core: CPUs 1,37 → CPUs 0,37 on CPU 37",
        ]
    );
    assert_eq!(of(Section::Caches)[0], "L1D: 32 KiB of CPUs 0,36 → 32 KiB of CPUs 0,37 on CPU 0");
    // A way less: 24.75 MiB become 22.5.
    let smaller = changed(&old, |_| true, Key::subleaf(4, 3), |words| words.ebx -= 1 << 22);
    let told = lines(&old, &smaller);
    assert_eq!(
        told[0],
        "CPUs: CPUID.(EAX=04H,ECX=3):EBX[31:22] ways of associativity, minus 1: 10 → 9 on all CPUs"
    );
    assert!(
        told[1]
            .starts_with("Caches: L3: 25344 KiB of CPUs 0-17,36-53 → 23040 KiB of CPUs 0-17,36-53 on CPUs "),
        "{told:?}"
    );

    let mut new = old.clone();
    let numa = new.numa.as_mut().unwrap();
    numa.nodes[1].memory = Some(32 << 30);
    numa.distances[0][1] = 31;
    numa.nodes.push(NumaNode { id: 7, cpus: "".parse().unwrap(), memory: None });
    let memory = old.numa.as_ref().unwrap().nodes[1].memory.unwrap() >> 30;
    assert_eq!(
        lines(&old, &new),
        [
            format!("Nodes: node 1 memory: {memory} GiB → 32 GiB"),
            "Nodes: node 7 CPUs: absent → none".to_owned(),
            "Nodes: distance from node 0 to node 1: 21 → 31".to_owned(),
        ]
    );
}

#[test]
fn parts_and_cpus_that_come_and_go_are_told() {
    let old = examples::host("live-amd-genoa-2cpu");
    let mut new = old.clone();
    let kvm = new.kvm.as_mut().unwrap();
    kvm.capabilities.max_vcpus = Some(4096);
    kvm.capabilities.irqchip = None;
    kvm.emulated_cpuid = None;
    let supported = kvm.supported_cpuid.as_mut().unwrap();
    supported.get_mut(Key::leaf(0x8000_0001)).unwrap().ecx ^= 1 << 22;
    let part = new.cpus.as_mut().unwrap();
    (part.online, part.differences) = ("0".parse().unwrap(), BTreeMap::new());
    let told = lines(&old, &new);
    for line in [
        "KVM: KVM_CAP_MAX_VCPUS: 1024 → 4096",
        "KVM: KVM_CAP_IRQCHIP: 1 → absent",
        "CPUID that KVM emulates: table: there → absent",
        "CPUs: online: 0-1 → 0",
    ] {
        assert!(told.contains(&line.to_owned()), "{line} in {told:?}");
    }
    assert!(
        told.iter()
            .any(|line| line.starts_with("CPUID that KVM supports: CPUID.(EAX=80000001H):ECX[22] topoext: "))
    );
    assert!(
        lines(&old, &HostProfile { kvm: None, ..old.clone() })
            .contains(&"KVM: KVM part: there → absent".to_owned())
    );
    // Fields have the same names whichever profile comes first, of one vendor or of two.
    let other = changed(&old, |_| true, Key::leaf(0), |words| words.ebx ^= 1);
    let other = changed(&other, |_| true, Key::subleaf(0x8000_001d, 0), |words| words.ebx ^= 1);
    for (before, after) in [(&old, &other), (&other, &old)] {
        let told = lines(before, after);
        assert!(
            told.iter().any(|line| line.contains("EBX[11:0] line size in bytes, minus 1: 6")),
            "{told:?}"
        );
    }
    // Another machine altogether is compared to the end.
    let found = changes(&examples::host(XEON), &examples::host("two-socket-amd-epyc-7742"));
    assert!(found.changes.len() > 500 && found.more == 0, "{} {}", found.changes.len(), found.more);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// No bit changes in silence: each register with a flipped bit is told, and exchanging the profiles exchanges
    /// what was and what is.
    #[test]
    fn no_flipped_bit_is_silent(
        name in prop::sample::select(vec!["live-amd-genoa-2cpu", "one-socket-intel-core-i7-1370p"]),
        flips in prop::collection::vec((any::<u32>(), any::<prop::sample::Index>(), 0..4_usize, 0..32_u32), 1..8),
    ) {
        let old = examples::host(name);
        let keys: Vec<Key> = old.cpus.as_ref().unwrap().cpuid.iter().map(|(key, _)| key).collect();
        let last = old.cpus.as_ref().unwrap().online.max().unwrap();
        let mut new = old.clone();
        let mut flipped = BTreeSet::new();
        for (cpu, key, register, bit) in flips {
            let (cpu, key) = (cpu % (last + 1), *key.get(&keys));
            if flipped.insert((cpu, key, register, bit)) {
                let register = Register::ALL[register];
                new = changed(&new, |other| other == cpu, key, |words| *words.get_mut(register) ^= 1 << bit);
            }
        }
        let found = changes(&old, &new);
        for (cpu, key, register, bit) in &flipped {
            let subleaf = key.subleaf.map(|n| format!(",ECX={n}")).unwrap_or_default();
            let at = format!("CPUID.(EAX={:02X}H{subleaf}):{}", key.leaf, Register::ALL[*register]);
            let is_told = found.changes.iter().any(|change| {
                let here = change.what.strip_prefix(&at).filter(|rest| rest.is_empty() || rest.starts_with(['[', ' ']));
                here.is_some() && change.cpus.as_ref().is_some_and(|cpus| cpus.contains(*cpu))
            });
            prop_assert!(is_told, "{at}[{bit}] of CPU {cpu}: {:?}", lines(&old, &new));
        }
        let back: BTreeSet<String> = changes(&new, &old).changes.iter().map(|c| format!("{} {:?} {:?} {:?}", c.what, c.new, c.old, c.cpus)).collect();
        let there: BTreeSet<String> = found.changes.iter().map(|c| format!("{} {:?} {:?} {:?}", c.what, c.old, c.new, c.cpus)).collect();
        prop_assert_eq!(there, back);
    }
}
