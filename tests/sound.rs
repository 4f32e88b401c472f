//! `profile::sound`: no alarm over sound captures, and one over each way in which captures go wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

#[allow(dead_code, reason = "shared by several tests")]
#[path = "support/examples.rs"]
mod examples;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;
use support::corpus;
use topoc::HostProfile;
use topoc::cpuid::{CpuidTable, Key, Registers, Vendor};
use topoc::profile::sound::{Fault, FaultKind, faults, usable};
use topoc::profile::{CpusPart, KvmPart, NumaNode, NumaPart};
use topoc::spec::CpuList;

/// The shipped host of this name; all are read once.
fn host(name: &str) -> HostProfile {
    static HOSTS: LazyLock<BTreeMap<String, HostProfile>> =
        LazyLock::new(|| examples::hosts().into_iter().collect());
    HOSTS[name].clone()
}

/// CPUs with these tables.
fn cpus(tables: &[(u32, CpuidTable)]) -> CpusPart {
    let first = &tables[0].1;
    let differences = |table: &CpuidTable| -> BTreeMap<Key, Registers> {
        let changed = table.iter().filter(|(key, words)| first.get(*key) != Some(words));
        let gone = first.iter().filter(|(key, _)| table.get(*key).is_none());
        changed.map(|(key, words)| (key, *words)).chain(gone.map(|(key, _)| (key, Registers::ZERO))).collect()
    };
    CpusPart {
        online: tables.iter().map(|(cpu, _)| *cpu).collect(),
        cpuid: first.clone(),
        differences: tables.iter().skip(1).map(|(cpu, table)| (*cpu, differences(table))).collect(),
    }
}

/// A shipped host, each CPU's table changed.
fn changed(name: &str, mut change: impl FnMut(u32, &mut CpuidTable)) -> HostProfile {
    let host = host(name);
    let mut tables: Vec<(u32, CpuidTable)> = host.cpu_tables().collect();
    tables.iter_mut().for_each(|(cpu, table)| change(*cpu, table));
    HostProfile { cpus: Some(cpus(&tables)), ..host }
}

/// Changes one register of a table.
fn put(table: &mut CpuidTable, key: Key, change: impl FnOnce(&mut Registers)) {
    let mut words = table.get(key).copied().unwrap_or_default();
    change(&mut words);
    table.set(key, words).unwrap();
}

/// Gives a CPU another x2APIC ID, in all registers that hold it.
fn set_id(table: &mut CpuidTable, id: u32) {
    put(table, Key::leaf(1), |words| words.ebx = words.ebx & 0x00ff_ffff | id << 24);
    for leaf in [0xb, 0x1f, 0x8000_0026] {
        let keys: Vec<Key> = table.leaf(leaf).map(|(key, _)| key).collect();
        keys.into_iter().for_each(|key| put(table, key, |words| words.edx = id));
    }
    if table.get(Key::leaf(0x8000_001e)).is_some() {
        put(table, Key::leaf(0x8000_001e), |words| words.eax = id);
    }
}

fn vendor(table: &mut CpuidTable, name: &[u8; 12]) {
    let word = |at: usize| u32::from_le_bytes(name[at..at + 4].try_into().unwrap());
    put(table, Key::leaf(0), |words| (words.ebx, words.edx, words.ecx) = (word(0), word(4), word(8)));
}

/// One fault in a line.
fn line(fault: &Fault) -> String {
    let cpus = if fault.cpus.is_empty() { String::new() } else { format!(" [{}]", fault.cpus) };
    format!("{}[{}]: {}{cpus}", fault.severity.word(), fault.kind, fault.message)
}

fn lines(profile: &HostProfile) -> Vec<String> {
    faults(profile).iter().map(line).collect()
}

#[test]
fn sound_captures_have_no_errors_and_no_more_warnings_than_these() {
    // Firmware of the Opterons gives the 8-bit ID another base. AIDA64 leaves out subleaves of 0DH and does not
    // number them, so that the highest are not there.
    let expected = [
        "amd-opteron-processor-6274-dual: warning[ids-offset]: CPUID.(EAX=01H):EBX[31:24] is 0x0-0x2f, and \
         CPUID.(EAX=8000001EH):EAX is 0x20-0x4f: 0x20 less on every CPU [0-31]",
        "amd-opteron-processor-6274-dual: warning[subleaf-missing]: CPUID.(EAX=0DH,ECX=0):EDX:EAX is \
         0x4000000000000007, but subleaf 62 is absent or without a size [0-31]",
        "amd-ryzen-9-5950x-16-core-processor: warning[subleaf-missing]: CPUID.(EAX=0DH,ECX=0):EDX:EAX is 0x207, but \
         subleaf 9 is absent or without a size [0-31]",
        "amd-ryzen-9-5950x-16-core-processor: warning[subleaf-missing]: CPUID.(EAX=0DH,ECX=1):EDX:ECX is 0x1800, but \
         subleaves 11, 12 are absent or without a size [0-31]",
    ];
    let Some(captures) = corpus::captures() else { return };
    let mut found = Vec::new();
    for name in corpus::expectations().keys() {
        let tables = corpus::tables(&captures, name).into_iter().map(|answers| {
            let mut table = CpuidTable::new();
            for entry in answers.entries() {
                let key = Key { leaf: entry.leaf, subleaf: entry.subleaf };
                // The first of a key counts.
                let _ = table.insert(key, entry.registers.into());
            }
            table
        });
        let tables: Vec<(u32, CpuidTable)> = (0..).zip(tables).collect();
        let profile = HostProfile { cpus: Some(cpus(&tables)), ..HostProfile::default() };
        found.extend(lines(&profile).into_iter().map(|line| format!("{name}: {line}")));
    }
    assert_eq!(found, expected);
}

#[test]
fn shipped_hosts_have_no_errors_and_no_more_warnings_than_these() {
    // Put together from published figures, which have no subleaf of its lightweight profiling.
    let expected =
        ["two-socket-amd-opteron-6274: warning[subleaf-missing]: CPUID.(EAX=0DH,ECX=0):EDX:EAX is \
         0x4000000000000007, but subleaf 62 is absent or without a size [0-31]"];
    let found: Vec<String> = examples::hosts()
        .iter()
        .flat_map(|(name, host)| lines(host).into_iter().map(move |line| format!("{name}: {line}")))
        .collect();
    assert_eq!(found, expected);
}

const XEON: &str = "two-socket-intel-xeon-gold-6140";
const SAPPHIRE_RAPIDS: &str = "two-socket-intel-xeon-8480plus";
const ROME: &str = "two-socket-amd-epyc-7742";

/// A host with these nodes.
fn with_nodes(nodes: &[(u32, &str)], distances: &[&[u32]]) -> HostProfile {
    let node = |(id, cpus): &(u32, &str)| NumaNode { id: *id, cpus: cpus.parse().unwrap(), memory: None };
    let nodes = nodes.iter().map(node).collect();
    let distances = distances.iter().map(|row| row.to_vec()).collect();
    HostProfile { numa: Some(NumaPart { nodes, distances }), ..host(XEON) }
}

/// Profiles with one fault each, and all that is said of them.
fn broken() -> Vec<(HostProfile, &'static str)> {
    let first_64 = |cpu: u32| cpu < 64;
    let only = |name: &str, keep: &dyn Fn(u32) -> bool| {
        let host = host(name);
        let tables: Vec<_> = host.cpu_tables().filter(|(cpu, _)| keep(*cpu)).collect();
        HostProfile { cpus: Some(cpus(&tables)), numa: None, ..host }
    };
    let tables: BTreeMap<u32, CpuidTable> = host(SAPPHIRE_RAPIDS).cpu_tables().collect();
    let kvm = |table: &CpuidTable| KvmPart { supported_cpuid: Some(table.clone()), ..KvmPart::default() };
    let rome = host(ROME).cpus.unwrap().cpuid;
    vec![
        (HostProfile::default(), "error[no-cpuid]: the profile has CPUID neither of its CPUs nor of KVM"),
        (
            changed(XEON, |cpu, table| {
                if cpu == 3 {
                    put(table, Key::leaf(0), |words| *words = Registers::new(0x16, 0x1b, 2, 3));
                }
            }),
            "error[leaf-0-corrupt]: CPUID.(EAX=00H) names no vendor: its text is \
             \"\\x1b\\x00\\x00\\x00\\x03\\x00\\x00\\x00\\x02\\x00\\x00\\x00\" [3]",
        ),
        (
            changed(XEON, |_, table| vendor(table, b"GenuineIotel")),
            "error[vendor-unknown]: leaf 0 names \"GenuineIotel\", none of `GenuineIntel`, `AuthenticAMD`, \
             `HygonGenuine`, `  Shanghai  `, `CentaurHauls` [0-71]",
        ),
        (
            changed(XEON, |cpu, table| {
                if cpu > 69 {
                    vendor(table, &Vendor::Zhaoxin.id());
                }
            }),
            "error[vendors-differ]: CPUs 70-71 name \"  Shanghai  \" in leaf 0, and CPUs 0-69 \"GenuineIntel\" [70-71]",
        ),
        (
            HostProfile { kvm: Some(kvm(&rome)), ..host(XEON) },
            "error[kvm-vendor-differs]: KVM's table is of \"AuthenticAMD\", and the CPUs are of \"GenuineIntel\"",
        ),
        (changed(XEON, |_, table| set_id(table, 5)), "error[one-id]: all 72 CPUs have x2APIC ID 0x5 [0-71]"),
        (
            changed(SAPPHIRE_RAPIDS, |cpu, table| {
                if (32..56).contains(&cpu) {
                    *table = tables[&31].clone();
                }
            }),
            "error[cpus-repeat]: CPUs 32-55 repeat CPU 31: all registers are alike, x2APIC ID 0x3e included [32-55]",
        ),
        (
            changed(XEON, |cpu, table| {
                if cpu == 7 {
                    set_id(table, 0);
                    put(table, Key::leaf(2), |words| words.eax ^= 0x100);
                }
            }),
            "error[ids-collide]: CPU 7 has x2APIC ID 0x0, which CPU 0 has [7]",
        ),
        (
            changed(XEON, |cpu, table| {
                if cpu == 3 {
                    put(table, Key::leaf(1), |words| words.ebx ^= 0x0c00_0000);
                }
            }),
            "error[ids-mixed]: CPUID.(EAX=01H):EBX[31:24] of CPU 3 is 0xa, but CPUID.(EAX=0BH,ECX=0):EDX is 0x6: these \
             are two CPUs' registers [3]",
        ),
        (
            changed(ROME, |_, table| {
                let id = table.lookup(0x8000_001e, 0).eax;
                set_id(table, 0);
                put(table, Key::leaf(0x8000_001e), |words| words.eax = id);
            }),
            "error[ids-masked]: CPUID.(EAX=0BH,ECX=0):EDX and CPUID.(EAX=01H):EBX[31:24] are 0, but \
             CPUID.(EAX=8000001EH):EAX is 0x0-0xff [0-255]",
        ),
        (
            changed(ROME, |_, table| put(table, Key::leaf(0x8000_001e), |words| words.eax = 0)),
            "warning[ids-masked]: CPUID.(EAX=8000001EH):EAX is 0, but CPUID.(EAX=0BH,ECX=0):EDX is 0x0-0xff [0-255]",
        ),
        (
            changed(ROME, |_, table| put(table, Key::leaf(0x8000_001e), |words| words.eax += 0x20)),
            "warning[ids-offset]: CPUID.(EAX=8000001EH):EAX is 0x20-0x11f, and CPUID.(EAX=0BH,ECX=0):EDX is 0x0-0xff: \
             0x20 more on every CPU [0-255]",
        ),
        (
            changed(XEON, |cpu, table| {
                if cpu == 9 {
                    put(table, Key::subleaf(0xb, 1), |words| words.eax = 7);
                }
            }),
            "error[levels-differ]: the topology leaves cut the ID at other bits (core 1, socket 7) than on CPU 0 \
             (core 1, socket 6) [9]",
        ),
        (
            changed(XEON, |cpu, table| {
                if cpu % 2 == 1 {
                    put(table, Key::leaf(1), |words| words.eax += 1);
                }
            }),
            "warning[signatures-differ]: CPUID.(EAX=01H):EAX is 0x00050655, and 0x00050654 on CPU 0 \
             [1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,39,41,43,45,47,49,51,53,55,57,59,61,63,65,67,69,71]",
        ),
        (
            changed(XEON, |_, table| {
                let words = table.lookup(4, 0);
                table.remove_leaf(4);
                table.insert(Key::leaf(4), words).unwrap();
            }),
            "error[list-endless]: CPUID.(EAX=04H) has 32 valid subleaves and more, and no end [0-71]",
        ),
        (
            changed(XEON, |_, table| table.remove_leaf(4)),
            "warning[leaf-missing]: the maximum leaf is 16H, but CPUID.(EAX=04H) is absent or zeros [0-71]",
        ),
        (
            changed(XEON, |_, table| put(table, Key::subleaf(7, 0), |words| words.eax = 2)),
            "warning[subleaf-missing]: CPUID.(EAX=07H,ECX=0):EAX is 2, but subleaves 1, 2 are absent [0-71]",
        ),
        (
            changed(XEON, |_, table| table.retain(|key, _| key != Key::subleaf(4, 1))),
            "warning[subleaf-missing]: CPUID.(EAX=04H,ECX=3) is a cache, but CPUID.(EAX=04H,ECX=1) before it is absent \
             or none [0-71]",
        ),
        (
            changed(XEON, |_, table| {
                let highest = table.lookup(0x16, 0);
                for leaf in [0x2000_0000, 0x8086_0000, 0xc000_0000] {
                    table.insert(Key::leaf(leaf), highest).unwrap();
                }
            }),
            "warning[leaf-aliased]: leaves beyond the maximum repeat the highest basic leaf, 16H: 20000000H, 80860000H, \
             C0000000H [0-71]",
        ),
        (
            only(XEON, &first_64),
            "warning[cpus-missing]: 28 CPUs were captured in the socket of CPUs 18-35,54-63, and its leaves count 36 \
             threads [18-35,54-63]",
        ),
        (
            changed(XEON, |_, table| put(table, Key::subleaf(0xb, 1), |words| words.ebx = 20)),
            "warning[cpus-uncounted]: 36 CPUs were captured in the socket of CPUs 0-17,36-53, and its leaves count 20 \
             threads [0-17,36-53]\n\
             warning[cpus-uncounted]: 36 CPUs were captured in the socket of CPUs 18-35,54-71, and its leaves count 20 \
             threads [18-35,54-71]",
        ),
        (with_nodes(&[(0, "0-71"), (0, "")], &[]), "error[node-twice]: node 0 stands twice"),
        (
            with_nodes(&[(0, "0-40"), (1, "36-71")], &[]),
            "error[cpu-in-two-nodes]: CPUs 36-40 are in node 0 and in node 1 [36-40]",
        ),
        (
            with_nodes(&[(0, "0-35"), (4, "36-72")], &[]),
            "warning[node-cpu-offline]: node 4 has CPU 72, which was not captured [72]",
        ),
        (
            with_nodes(&[(0, "0-35"), (1, "36-70")], &[]),
            "warning[cpu-without-node]: CPU 71 is in none of the 2 nodes [71]",
        ),
        (
            with_nodes(&[(0, "0-35"), (1, "36-71")], &[&[10, 21], &[21]]),
            "error[distances-not-square]: a row or column of the distances has 1 entries, and there are 2 nodes",
        ),
        (
            with_nodes(&[(0, "0-35"), (3, "36-71")], &[&[10, 21], &[10, 10]]),
            "error[distances-not-slit]: the distance from node 3 to node 0 is 10\n\
             warning[distances-asymmetric]: the distance from node 0 to node 3 is 21, and back 10",
        ),
        (
            with_nodes(&[(0, "0-35"), (3, "36-71")], &[&[10, 21], &[20, 10]]),
            "warning[distances-asymmetric]: the distance from node 0 to node 3 is 21, and back 20",
        ),
        (
            HostProfile { unread: vec!["CPU 9: no permission".to_owned()], ..host(XEON) },
            "warning[unread]: the capture could not read all: CPU 9: no permission",
        ),
    ]
}

#[test]
fn each_way_of_going_wrong_is_one_fault() {
    let mut tested = BTreeSet::new();
    for (profile, expected) in broken() {
        let found = faults(&profile);
        tested.extend(found.iter().map(|fault| fault.kind));
        let told: Vec<String> = found.iter().map(line).collect();
        assert_eq!(told.join("\n"), expected);
    }
    let untested: Vec<_> = FaultKind::ALL.iter().filter(|kind| !tested.contains(kind)).collect();
    assert!(untested.is_empty(), "{untested:?}");
}

#[test]
fn what_is_usable_has_no_errors_left_and_says_what_is_gone() {
    for (profile, expected) in broken() {
        let found = faults(&profile);
        let left = usable(&profile, &found);
        let errors: Vec<String> = faults(&left).iter().filter(|fault| fault.is_error()).map(line).collect();
        let lasts = |fault: &Fault| matches!(fault.kind, FaultKind::NoCpuid | FaultKind::VendorUnknown);
        assert_eq!(errors.is_empty(), !found.iter().any(lasts), "{expected}: {errors:?}");
        let is_told = left.unread.len() > profile.unread.len();
        let is_changed = left.cpus != profile.cpus || left.numa != profile.numa || left.kvm != profile.kvm;
        // An alias is no loss, and CPUs that are not there are in no node.
        let is_quiet =
            found.iter().all(|f| matches!(f.kind, FaultKind::LeafAliased | FaultKind::NodeCpuOffline));
        assert!(is_told == is_changed || is_quiet, "{expected}: {:?}", left.unread);
    }
}

#[test]
fn what_is_usable_is_what_the_table_of_kinds_says() {
    let left = |kind: FaultKind| -> HostProfile {
        let find =
            |(profile, _): &(HostProfile, &str)| faults(profile).iter().any(|fault| fault.kind == kind);
        let (profile, _) = broken().into_iter().find(find).unwrap();
        usable(&profile, &faults(&profile))
    };
    let online = |kind| left(kind).cpus.unwrap().online.to_string();
    assert_eq!(online(FaultKind::CpusRepeat), "0-31,56-223");
    assert_eq!(online(FaultKind::OneId), "0");
    assert_eq!(online(FaultKind::IdsCollide), "0-6,8-71");
    assert_eq!(online(FaultKind::LeafZeroCorrupt), "0-2,4-71");
    assert_eq!(online(FaultKind::VendorsDiffer), "0-69");
    assert_eq!(online(FaultKind::LevelsDiffer), "0-8,10-71");
    assert_eq!(left(FaultKind::CpusRepeat).unread[0].split(':').next(), Some("CPUs 32-55 left out"));
    // IDs come back, each where it was.
    assert_eq!(left(FaultKind::IdsMasked).cpus, host(ROME).cpus);
    assert_eq!(left(FaultKind::LeafAliased).cpus, host(XEON).cpus);
    assert_eq!(left(FaultKind::KvmVendorDiffers).kvm.unwrap().supported_cpuid, None);
    let nodes = left(FaultKind::CpuInTwoNodes).numa.unwrap().nodes;
    assert_eq!(nodes.iter().map(|node| node.cpus.to_string()).collect::<Vec<_>>(), ["0-40", "41-71"]);
    assert!(left(FaultKind::DistancesNotSquare).numa.unwrap().distances.is_empty());
    // CPUs that were dropped are in no node.
    let host = left(FaultKind::CpusRepeat);
    let members: CpuList =
        host.numa.unwrap().nodes.iter().flat_map(|node| node.cpus.iter().collect::<Vec<_>>()).collect();
    assert_eq!(members.to_string(), "0-31,56-223");
}

/// One step inside of each limit nothing is said.
#[test]
fn near_misses_are_silent() {
    // A single CPU of a machine that says that it has one.
    let mut one = host("live-amd-genoa-2cpu");
    assert_eq!(lines(&one), Vec::<String>::new());
    one.numa = None;
    assert_eq!(lines(&one), Vec::<String>::new());
    // The hypervisor's and Centaur's own ranges are no aliases, and neither are zeros.
    let host = changed("one-socket-centaur-zx-d-4600", |_, table| {
        table.set(Key::leaf(0x2000_0000), Registers::ZERO).unwrap();
        put(table, Key::leaf(0xc000_0000), |words| *words = Registers::new(0xc000_0004, 0, 0, 0));
        put(table, Key::leaf(0xc000_0001), |words| words.eax = 7);
    });
    assert_eq!(lines(&host), Vec::<String>::new());
    // A node of memory alone, and distances that are as far both ways.
    let host = with_nodes(&[(0, "0-71"), (1, "")], &[&[10, 255], &[255, 10]]);
    assert_eq!(lines(&host), Vec::<String>::new());
    // IDs beyond eight bits: leaf 1 has the low byte.
    let host = changed(XEON, |cpu, table| {
        let id = table.lookup(0xb, 0).edx + if cpu % 36 < 18 { 0x100 } else { 0x200 };
        set_id(table, id);
    });
    assert_eq!(lines(&host), Vec::<String>::new());
}

/// Whether nothing can be left out that would mend it.
fn lasts(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::NoCpuid | FaultKind::VendorUnknown | FaultKind::LeafZeroCorrupt)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever a few registers are made to say, judging ends, and what is usable has no error that leaving out
    /// could mend.
    #[test]
    fn any_damage_is_judged_and_mended(
        name in prop::sample::select(vec![
            "live-amd-genoa-2cpu",
            "one-socket-centaur-zx-d-4600",
            "one-socket-intel-core-i7-1370p",
            "one-socket-amd-ryzen-ai-9-hx-370",
        ]),
        damage in prop::collection::vec((any::<u32>(), any::<prop::sample::Index>(), 0..4_usize, any::<u32>()), 1..6),
    ) {
        let broken = changed(name, |cpu, table| {
            let keys: Vec<Key> = table.iter().map(|(key, _)| key).collect();
            for (cpus, key, register, bits) in &damage {
                if cpus >> (cpu % 32) & 1 == 1 {
                    let mut words = table.get(*key.get(&keys)).unwrap().words();
                    words[*register] ^= bits & 0x0107_0103;
                    put(table, *key.get(&keys), |old| *old = words.into());
                }
            }
        });
        let left = usable(&broken, &faults(&broken));
        let errors: Vec<_> = faults(&left).into_iter().filter(|fault| fault.is_error() && !lasts(fault)).collect();
        prop_assert!(errors.is_empty(), "{errors:?}");
        prop_assert!(left.cpus.is_some_and(|part| !part.online.is_empty()));
    }
}
