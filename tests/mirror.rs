//! A host's shape comes back: what is mirrored of it, compiled for it and decoded, is the host again.

// Helpers outside #[test] functions may panic too.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "support/mod.rs"]
mod captures;
mod support {
    #![allow(dead_code, reason = "other tests use the rest")]
    pub mod examples;
    pub mod need;
    pub mod own_reading;
    pub mod readers;
    pub mod tables;
    pub mod words;
}

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use captures::corpus;
use proptest::prelude::*;
use support::readers::{Property, Reading, hwloc};
use support::{examples, need};
use topoc::cpuid::CpuidTable;
use topoc::decode::{self, Answers, Domain, Machine, Names};
use topoc::emit::export;
use topoc::mirror::{MirrorError, Mirrored, mirror};
use topoc::place::{Answer, BUDGET, Demand, HostShape, Wish, place};
use topoc::spec::{CoreType, CpuList, NodePer, Numa, Part, Spec, Topology};
use topoc::topology::{Caches, Numbered};
use topoc::{CompileError, HostProfile, compile, profile, spec};

/// What a guest would conclude, its vCPUs called by the CPUs that they stand for.
fn decoded(mirrored: &Mirrored, host: &HostProfile) -> Result<Machine, CompileError> {
    let compiled = compile(&mirrored.spec, host)?;
    let tables: Vec<Answers> =
        compiled.blobs().iter().map(|blob| Answers::from_blob(blob).unwrap()).collect();
    let machine = decode::machine(&tables);
    Ok(Machine { names: Names::of_host(mirrored.cpus.iter().copied()), ..machine })
}

/// The text reads back as the spec, with nothing to say of it.
fn text_is_the_spec(mirrored: &Mirrored) {
    let text = mirrored.text();
    let parsed =
        spec::parse(text.as_bytes()).unwrap_or_else(|failed| panic!("{:?}\n{text}", failed.diagnostics()));
    let (read, _, warnings) = parsed.into_parts();
    assert_eq!((read, warnings.len()), (mirrored.spec.clone(), 0), "{text}");
}

/// What of a capture cannot come back, and why. A line that nothing needs is a mistake.
const EXCEPTIONS: [(&str, &str, &str); 6] = [
    (
        "AMD-K10-MagnyCours-2xOpteron-6164HE",
        "L3U",
        "80000006H has one L3 of a package; that it is two nodes' follows from the package's type, which no guest has",
    ),
    ("Intel-CPUID.1F-Qemu-2p3d3c2t", "L1D", "a cache that splits a core is an error: Linux calls it broken"),
    ("Intel-CPUID.1F-Qemu-2p3d3c2t", "L1I", "a cache that splits a core is an error: Linux calls it broken"),
    ("amd-opteron-processor-6274-dual", "L1I", "no leaf of family 15h tells a guest of compute units"),
    ("amd-opteron-processor-6274-dual", "L2U", "no leaf of family 15h tells a guest of compute units"),
    (
        "intel-core-ultra-7-155h",
        "L3U",
        "caches go by the type of core, and two efficiency cores are without an L3",
    ),
];

#[test]
fn every_capture_comes_back() {
    let Some(captures) = corpus::captures() else { return };
    let mut needed = BTreeSet::new();
    let mut wrong = Vec::new();
    for (name, expectation) in corpus::expectations() {
        let host = corpus::host(&corpus::tables(&captures, &name));
        let mirrored = mirror(&host, None).unwrap_or_else(|error| panic!("{name}: {error}"));
        text_is_the_spec(&mirrored);
        println!("{name}\n{}", mirrored.text());
        let differences = match decoded(&mirrored, &host) {
            Ok(machine) => corpus::differences(&name, &expectation, &machine),
            Err(error) => vec![format!("{name}: {error}")],
        };
        for difference in differences {
            let about = |(_, object, _): &(&str, &str, &str)| {
                difference.starts_with(&format!("{name}: {object} is "))
            };
            match EXCEPTIONS.iter().find(|exception| exception.0 == name && about(exception)) {
                Some(exception) => {
                    needed.insert(exception);
                    // What cannot be had is said.
                    let key = exception.1.trim_end_matches('U').to_ascii_lowercase().replacen('l', "L", 1);
                    assert!(
                        mirrored.unlike.iter().any(|unlike| unlike.starts_with(&key)),
                        "{:?}",
                        mirrored.unlike
                    );
                }
                None => wrong.push(difference),
            }
        }
        let excepted = EXCEPTIONS.iter().any(|exception| exception.0 == name);
        assert_eq!(mirrored.unlike.is_empty(), !excepted, "{name}: {:?}", mirrored.unlike);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let stale: Vec<_> = EXCEPTIONS.iter().filter(|exception| !needed.contains(exception)).collect();
    assert!(stale.is_empty(), "no capture needs {stale:?}");
}

/// Sets of CPUs with what they have in common, by a name for it.
type Shape = BTreeMap<String, BTreeSet<String>>;

/// What decoding tells of the shape of a machine, CPUs by the kernel's numbers.
fn shape(machine: &Machine) -> Shape {
    let mut shape = corpus::partitions(machine);
    let complexes = machine.sets(Domain::Complex).iter();
    let complexes: BTreeSet<String> = complexes.map(|set| machine.names.set(set).to_string()).collect();
    shape.insert("Complex".to_owned(), complexes);
    for (name, caches) in &machine.caches {
        let words = |c: &decode::SharedCache| format!("{} {} {} {}", c.size, c.ways, c.line, c.sets);
        shape.insert(format!("{name} is"), caches.iter().map(words).collect());
    }
    let types = machine.places.iter().filter_map(|place| {
        let cpu = machine.names.number(place.vcpu);
        Some(format!("{cpu} {:?}", place.core_type?))
    });
    let types: BTreeSet<String> = types.collect();
    // AMD's leaf tells types only where there are several.
    let kinds: BTreeSet<_> = machine.places.iter().map(|place| place.core_type).collect();
    let is_amd = machine.vendor == Some(decode::Vendor::Amd);
    shape.insert("types".to_owned(), if is_amd && kinds.len() < 2 { BTreeSet::new() } else { types });
    shape
}

/// In what the guest is another machine than the host. Levels that the guest does not name are passed over where each of
/// the next one outward holds one of them; names of what the guest is said to be unlike are left out.
fn differences(host: &Shape, guest: &Shape, unlike: &[String]) -> Vec<String> {
    let is_excepted = |key: &str| {
        let key = key.trim_end_matches(" is").trim_end_matches('U');
        unlike.iter().any(|unlike| unlike.to_ascii_uppercase().starts_with(key))
    };
    let is_other_level = |key: &str| {
        let sets = &host[key];
        host.iter().any(|(other, theirs)| {
            other != key && ["Package", "Die", "Core"].contains(&other.as_str()) && theirs == sets
        })
    };
    let mut found = Vec::new();
    for (key, sets) in host.iter().filter(|(key, _)| !is_excepted(key)) {
        let theirs = guest.get(key).filter(|theirs| !theirs.is_empty());
        let is_level = ["Die", "Module", "Complex"].contains(&key.as_str());
        let same = match theirs {
            Some(theirs) => theirs == sets,
            None => sets.is_empty() || (is_level && is_other_level(key)),
        };
        if !same {
            found.push(format!("{key} is {theirs:?}, not {sets:?}"));
        }
    }
    found
}

/// The chosen CPUs of a host as they describe themselves.
fn part_of(host: &HostProfile, cpus: &[u32]) -> Machine {
    let tables: Vec<Answers> = host
        .cpu_tables()
        .filter(|(cpu, _)| cpus.contains(cpu))
        .map(|(_, table)| profile::answers(&table))
        .collect();
    Machine { names: Names::of_host(cpus.iter().copied()), ..decode::part_of_machine(&tables) }
}

/// Mirrors CPUs of a host, and holds the guest to them. What is a list of names alone: not every one of some CPUs.
fn comes_back(host: &HostProfile, cpus: Option<&[u32]>) -> Result<Mirrored, String> {
    let list: Option<CpuList> = cpus.map(|cpus| cpus.iter().copied().collect());
    let mirrored = mirror(host, list.as_ref()).map_err(|error| error.to_string())?;
    text_is_the_spec(&mirrored);
    let mut chosen = mirrored.cpus.clone();
    chosen.sort_unstable();
    let all: Vec<u32> = host.cpus.as_ref().unwrap().online.iter().collect();
    assert_eq!(chosen, cpus.map_or(all, <[u32]>::to_vec));
    let guest = decoded(&mirrored, host).map_err(|error| format!("{error}\n{}", mirrored.text()))?;
    let differences = differences(&shape(&part_of(host, &chosen)), &shape(&guest), &mirrored.unlike);
    if differences.is_empty() { Ok(mirrored) } else { Err(format!("{differences:#?}\n{}", mirrored.text())) }
}

/// The shipped hosts whole, and CPUs of each: one, some of a core's, every third, the first half, the last quarter.
#[test]
fn shipped_hosts_and_parts_of_them_come_back() {
    let mut hosts = 0;
    for (name, host) in examples::hosts() {
        let all: Vec<u32> = host.cpus.as_ref().unwrap().online.iter().collect();
        let third: Vec<u32> = all.iter().copied().step_by(3).collect();
        let quarter = all[all.len() - all.len().div_ceil(4)..].to_vec();
        let parts = [
            None,
            Some(all[..1].to_vec()),
            Some(third),
            Some(all[..all.len().div_ceil(2)].to_vec()),
            Some(quarter),
        ];
        for cpus in parts {
            let mirrored =
                comes_back(&host, cpus.as_deref()).unwrap_or_else(|why| panic!("{name}: {cpus:?}: {why}"));
            let may_be_unlike = name.contains("opteron");
            assert!(mirrored.unlike.is_empty() || may_be_unlike, "{name}: {cpus:?}: {:?}", mirrored.unlike);
            if mirrored.unlike.is_empty() {
                is_placed(&name, &host, &mirrored);
            }
        }
        hosts += 1;
    }
    assert!(hosts >= 12);
}

/// The host can give the guest its shape, exactly, and where the pins say.
fn is_placed(name: &str, host: &HostProfile, mirrored: &Mirrored) {
    let there = HostShape::of(host, &host.decoded().machine).unwrap();
    let mut pinned = mirrored.clone();
    pinned.pin();
    let wish = |spec: &Spec| {
        let topology = topoc::topology::Topology::resolve(spec).unwrap();
        let numbered = Numbered::number(&topology, host.processor());
        let caches = Caches::resolve(spec, &topology, &numbered, host.processor(), &host.caches());
        Wish::of(spec, &topology, &numbered, &caches, Demand::Exact)
    };
    for spec in [&mirrored.spec, &pinned.spec] {
        let answer = place(&wish(spec), &there, BUDGET).unwrap();
        let Answer::Fits(placement) = answer else { panic!("{name}: {answer:?}\n{}", mirrored.text()) };
        if spec == &pinned.spec {
            assert_eq!(placement.cpu_of, mirrored.cpus, "{name}");
        }
    }
}

#[test]
fn nodes_come_with_memory_and_distances() {
    let host = examples::host("two-socket-hygon-c86-7185");
    let nodes = |spec: &Spec| spec.numa.clone().unwrap().nodes.unwrap();
    let whole = mirror(&host, None).unwrap().spec;
    assert_eq!((nodes(&whole).len(), nodes(&whole)[3].host_node), (8, Some(3)));
    assert_eq!(nodes(&whole)[7].memory.map(|size| size.0), Some(64 << 30));
    // Complexes 2 and 3 of the first socket, and one core of the second: nodes 1 and 6.
    let part: CpuList = "8-15,48,72-79,112".parse().unwrap();
    let part = mirror(&host, Some(&part)).unwrap();
    let bound: Vec<_> = nodes(&part.spec).iter().map(|node| node.host_node).collect();
    assert_eq!(bound, [Some(1), Some(6)]);
    let topology = topoc::topology::Topology::resolve(&part.spec).unwrap();
    assert_eq!(topology.distances(), [[10, 32], [32, 10]]);
    assert_eq!(part.spec.host.unwrap().cpus.unwrap().to_string(), "8-15,48,72-79,112");
    // A node of memory alone comes along with all CPUs; one of neither does not.
    let mut far = examples::host("two-socket-intel-xeon-8480plus");
    let numa = far.numa.as_mut().unwrap();
    numa.nodes[1].memory = Some((1 << 30) + 4095);
    let node = |id, memory| profile::NumaNode { id, memory, ..Default::default() };
    numa.nodes.extend([node(5, Some(3 << 20)), node(6, None)]);
    numa.distances =
        vec![vec![10, 21, 17, 17], vec![21, 10, 28, 28], vec![17, 28, 10, 28], vec![17, 28, 28, 10]];
    let with = comes_back(&far, None).unwrap().spec;
    let memory: Vec<_> =
        nodes(&with).iter().map(|node| (node.host_node, node.memory.map(|size| size.0))).collect();
    assert_eq!(memory, [(Some(0), Some(512 << 30)), (Some(1), Some(1 << 30)), (Some(5), Some(3 << 20))]);
    let distances = topoc::topology::Topology::resolve(&with).unwrap().distances().to_vec();
    assert_eq!(distances, [[10, 21, 17], [21, 10, 28], [17, 28, 10]]);
    let first: CpuList = "0-3".parse().unwrap();
    let one = nodes(&mirror(&far, Some(&first)).unwrap().spec);
    assert_eq!((one.len(), one[0].host_node), (1, Some(0)));
}

/// Parts of unlike caches of one type: the chosen CPUs' caches are written where they are not the first CPU's.
#[test]
fn caches_of_other_cpus_than_the_first_are_written() {
    let host = examples::host("one-socket-amd-ryzen-ai-9-hx-370");
    // Without types, as on a host whose complexes have unlike L3s and like cores.
    let mut plain = host.clone();
    let part = plain.cpus.as_mut().unwrap();
    let untyped = |key: &topoc::cpuid::Key, words: &mut topoc::cpuid::Registers| {
        if key.leaf == 0x8000_0026 {
            words.eax &= !(1 << 30);
        }
    };
    let keys: Vec<_> = part.cpuid.iter().map(|(key, _)| key).collect();
    for key in keys {
        untyped(&key, part.cpuid.get_mut(key).unwrap());
    }
    part.differences.values_mut().flatten().for_each(|(key, words)| untyped(key, words));
    let both = mirror(&plain, None).unwrap();
    assert_eq!(both.unlike, ["L3 of CPUs 4-11,16-23: `size` is 8MiB on the host, 16MiB in the guest"]);
    let second: Vec<u32> = (4..12).chain(16..24).collect();
    let second = comes_back(&plain, Some(&second)).unwrap();
    let l3 = second.spec.caches.unwrap().l3.unwrap();
    assert_eq!((l3.size.map(|size| size.0), l3.ways, l3.shared_by), (Some(8 << 20), None, None));
}

#[test]
fn what_is_not_there_is_an_error_with_what_is() {
    let host = examples::host("one-socket-centaur-zx-d-4600");
    let error = |host: &HostProfile, list: &str| mirror(host, Some(&list.parse().unwrap())).unwrap_err();
    let not_online = error(&host, "6-9,4294967295").to_string();
    assert!(
        not_online.contains("CPUs 8-9,4294967295 were not online") && not_online.contains("CPUs 0-7"),
        "{not_online}"
    );
    assert!(error(&host, "0-4294967295").to_string().contains("8-71"), "in no time");
    assert!(error(&host, "").to_string().contains("no CPU is asked for"));
    let without = HostProfile { cpus: None, ..host.clone() };
    assert_eq!(mirror(&without, None).unwrap_err(), MirrorError::NoCpus);
    let mut twins = host.clone();
    twins.cpus.as_mut().unwrap().differences.clear();
    assert_eq!(mirror(&twins, None).unwrap_err(), MirrorError::SameId { id: 0, cpus: [0, 1] });
}

/// hwloc finds the same sockets, cores and caches in the guest as in the host.
#[test]
fn hwloc_finds_the_host_in_the_guest() {
    if hwloc::version().is_none() {
        return need::skip("hwloc", "hwloc is not installed: it does not compare guests with their hosts");
    }
    let mut hosts = examples::hosts();
    if let Some(captures) = corpus::captures() {
        let of = |name: String| (name.clone(), corpus::host(&corpus::tables(&captures, &name)));
        hosts.extend(corpus::expectations().into_keys().map(of));
    }
    let mut compared = 0;
    for (name, host) in hosts {
        let mirrored = mirror(&host, None).unwrap();
        let compiled = compile(&mirrored.spec, &host).unwrap();
        let own: Vec<(u32, CpuidTable)> = host.cpu_tables().collect();
        // The guest's tables in the order of the CPUs that they stand for.
        let entries = compiled.blobs().iter().map(|blob| support::words::entries(blob)).collect::<Vec<_>>();
        let mut guest: Vec<(u32, CpuidTable)> = support::tables::numbered(&entries)
            .into_iter()
            .zip(&mirrored.cpus)
            .map(|((_, table), cpu)| (*cpu, table))
            .collect();
        guest.sort_by_key(|(cpu, _)| *cpu);
        let read = |tables: &[(u32, CpuidTable)]| -> Reading { hwloc::read(&export::hwloc(tables)) };
        let (host_reading, guest_reading) = (hwloc::read_capture(&export::hwloc(&own)), read(&guest));
        for (property, key) in [
            (Property::Packages, "PACKAGE"),
            (Property::Cores, "CORE"),
            (Property::L3, "L3"),
            (Property::L2, "L2"),
            (Property::L1d, "L1D"),
            (Property::L1i, "L1I"),
        ] {
            if mirrored.unlike.iter().any(|unlike| unlike.to_ascii_uppercase().starts_with(key)) {
                continue;
            }
            assert_eq!(
                host_reading.get(&property),
                guest_reading.get(&property),
                "{name}: {}",
                property.word()
            );
            compared += 1;
        }
    }
    println!("{compared} properties compared");
    assert!(compared > 60);
}

/// Two levels of unlike parts, of what a vendor enumerates.
fn any_topology(is_intel: bool) -> impl Strategy<Value = Topology> {
    let inner = (1..=3_u32, 1..=4_u32, 1..=2_u32, any::<bool>());
    let outer = (1..=3_u32, prop::collection::vec(inner, 1..=3));
    (1..=2_u32, prop::collection::vec(outer, 1..=3), any::<bool>()).prop_map(move |(sockets, dies, typed)| {
        let inner = |(groups, cores, threads, fast): (u32, u32, u32, bool)| {
            let core_type = if fast { CoreType::Performance } else { CoreType::Efficiency };
            let part = Part { cores: Some(cores), threads: Some(threads), ..Part::default() };
            // AMD's types need two of them, and complexes are whole.
            match is_intel {
                true => Part {
                    modules: (groups > 1).then_some(groups),
                    core_type: typed.then_some(core_type),
                    ..part
                },
                false => Part { complexes: Some(groups), ..part },
            }
        };
        let outer = |(dies, parts): (u32, Vec<_>)| Part {
            dies: Some(dies),
            parts: Some(parts.into_iter().map(inner).collect()),
            ..Part::default()
        };
        let parts = dies.into_iter().map(outer).collect();
        Topology { sockets: Some(sockets), parts: Some(parts), ..Topology::default() }
    })
}

/// A guest as a host: its tables are the CPUs' own.
fn guest_as_host(spec: &Spec, host: &HostProfile) -> Result<HostProfile, TestCaseError> {
    let compiled = compile(spec, host).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let tables: Vec<Answers> =
        compiled.blobs().iter().map(|blob| Answers::from_blob(blob).unwrap()).collect();
    Ok(corpus::host(&tables))
}

fn guest(topology: Topology, per: Option<NodePer>) -> Spec {
    let numa = per.map(|per| Numa { per: Some(per), ..Numa::default() });
    Spec { version: Some(1), topology: Some(topology), numa, ..Spec::default() }
}

fn holds(spec: &Spec, host: &HostProfile, every: usize) -> Result<(), TestCaseError> {
    let host = guest_as_host(spec, host)?;
    let whole = comes_back(&host, None).map_err(TestCaseError::fail)?;
    prop_assert_eq!(&whole.unlike, &Vec::<String>::new());
    // Some of its CPUs likewise.
    let some: Vec<u32> = host.cpus.as_ref().unwrap().online.iter().step_by(every).collect();
    match comes_back(&host, Some(&some)) {
        // No guest can have that: HTT is one bit for all of the machine, and the rule says so.
        Err(why) if why.starts_with("topology::beyond_field: a socket has 1 thread beside") => {}
        other => drop(other.map_err(TestCaseError::fail)?),
    }
    Ok(())
}

static XEON: LazyLock<HostProfile> = LazyLock::new(|| examples::host("two-socket-intel-xeon-8480plus"));
static GENOA: LazyLock<HostProfile> = LazyLock::new(|| examples::host("two-socket-amd-epyc-9654"));
static ROME: LazyLock<HostProfile> = LazyLock::new(|| examples::host("two-socket-amd-epyc-7742"));

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// What is mirrored of a guest of Intel is that guest.
    #[test]
    fn guests_of_intel_come_back(topology in any_topology(true), every in 1..4_usize) {
        holds(&guest(topology, None), &XEON, every)?;
    }

    /// Of AMD, with leaf 80000026H and without.
    #[test]
    fn guests_of_amd_come_back(topology in any_topology(false), every in 1..4_usize, per in 0..3_usize) {
        let per = [None, Some(NodePer::Socket), Some(NodePer::Die)][per];
        holds(&guest(topology.clone(), per), &GENOA, every)?;
        let complexes = |topology: Topology| {
            // Dies stand in no leaf of Zen 2: each of their complexes is one of the socket's.
            let parts = topology.parts.unwrap_or_default().into_iter().flat_map(|die| {
                let inner = die.parts.unwrap_or_default();
                (0..die.dies.unwrap_or(1)).flat_map(move |_| inner.clone())
            });
            Topology { parts: Some(parts.collect()), ..topology }
        };
        holds(&guest(complexes(topology), None), &ROME, every)?;
    }
}
