//! Hosts made of the words of a reference machine of `golden.json`.

use std::collections::BTreeMap;

use serde_json::Value;
use topoc::HostProfile;
use topoc::cpuid::{CpuidTable, Key, Registers};
use topoc::profile::{CpusPart, KvmPart};
use topoc::spec::{CoreType, CpuList, DiePath, Node, Numa, Part, Spec, Topology};

/// All reference machines by name.
pub fn golden() -> BTreeMap<String, Value> {
    serde_json::from_str(include_str!("../golden.json")).unwrap()
}

/// The listed vCPUs of a machine, by index.
pub fn listed(machine: &Value) -> BTreeMap<usize, Words> {
    let vcpus = machine["vcpus"].as_object().unwrap();
    vcpus.iter().map(|(vcpu, registers)| (vcpu.parse().unwrap(), words(registers))).collect()
}

/// A host made of the words of the machine of this name.
pub fn host_of(name: &str) -> HostProfile {
    host(&listed(&golden()[name]).into_values().collect::<Vec<_>>())
}

/// Registers by leaf and subleaf.
pub type Words = BTreeMap<(u32, u32), Registers>;

/// The listed registers of one vCPU, by leaf and subleaf.
fn words(vcpu: &Value) -> Words {
    vcpu.as_object()
        .unwrap()
        .iter()
        .map(|(key, registers)| {
            let (leaf, subleaf) = key.split_once('.').unwrap();
            let leaf = u32::from_str_radix(leaf.trim_start_matches("0x"), 16).unwrap();
            let subleaf = u32::from_str_radix(subleaf.trim_start_matches("0x"), 16).unwrap();
            let registers: Vec<u32> = registers
                .as_array()
                .unwrap()
                .iter()
                .map(|r| {
                    r.as_u64().map_or_else(
                        || u32::from_str_radix(r.as_str().unwrap().trim_start_matches("0x"), 16).unwrap(),
                        |n| n.try_into().unwrap(),
                    )
                })
                .collect();
            ((leaf, subleaf), <[u32; 4]>::try_from(registers).unwrap().into())
        })
        .collect()
}

fn key(leaf: u32, subleaf: u32) -> Key {
    if Key::is_indexed(leaf) { Key::subleaf(leaf, subleaf) } else { Key::leaf(leaf) }
}

fn table(words: &Words) -> CpuidTable {
    let mut table = CpuidTable::new();
    for ((leaf, subleaf), registers) in words {
        table.insert(key(*leaf, *subleaf), *registers).unwrap();
    }
    table
}

/// A host whose CPUs answer with the machine's words, and whose KVM leaks those of its first CPU.
pub fn host(vcpus: &[Words]) -> HostProfile {
    let first = table(&vcpus[0]);
    let differences = (0..)
        .zip(vcpus)
        .skip(1)
        .map(|(cpu, words)| {
            let own = words.iter().map(|((leaf, subleaf), r)| (key(*leaf, *subleaf), *r));
            (cpu, own.filter(|(key, r)| first.get(*key) != Some(r)).collect())
        })
        .collect();
    let last = u32::try_from(vcpus.len()).unwrap() - 1;
    HostProfile {
        kvm: Some(KvmPart { supported_cpuid: Some(first.clone()), ..KvmPart::default() }),
        cpus: Some(CpusPart { online: CpuList { ranges: vec![(0, last, 1)] }, cpuid: first, differences }),
        ..HostProfile::default()
    }
}

/// The counts of each machine: sockets, dies, complexes, modules, cores, threads.
pub fn spec_of(machine: &str) -> Spec {
    let [sockets, dies, complexes, modules, cores, threads] = match machine {
        "G1" => [1, 1, 1, 1, 4, 2],
        "G2" => [2, 1, 1, 1, 6, 1],
        "G3" => [2, 3, 1, 1, 6, 2],
        "G4" => [1, 1, 1, 3, 4, 1],
        "G5" => [4, 1, 1, 1, 40, 2],
        "G6" => [1, 1, 1, 1, 8, 2],
        "G7" => [2, 3, 1, 1, 8, 2],
        "G8" => [1, 4, 1, 1, 4, 1],
        "G12" => [1, 1, 1, 1, 1, 1],
        "G13" => [2, 2, 2, 1, 3, 2],
        "G14" => [1, 1, 3, 1, 3, 2],
        "G9" | "G10" | "G11" => return uneven(machine),
        other => panic!("{other}"),
    };
    let topology = Topology {
        sockets: Some(sockets),
        dies: Some(dies),
        complexes: Some(complexes),
        modules: Some(modules),
        cores: Some(cores),
        threads: Some(threads),
        ..Topology::default()
    };
    // G8 is NPS2: two dies in each of two nodes.
    let node = |dies: [u32; 2]| Node {
        dies: Some(dies.map(|die| DiePath { socket: 0, die }).to_vec()),
        ..Node::default()
    };
    let numa =
        (machine == "G8").then(|| Numa { nodes: Some(vec![node([0, 1]), node([2, 3])]), ..Numa::default() });
    Spec { version: Some(1), topology: Some(topology), numa, ..Spec::default() }
}

/// The machines whose parts are unlike.
fn uneven(machine: &str) -> Spec {
    let part = |core_type, threads, cores| Part {
        core_type,
        threads: Some(threads),
        cores: Some(cores),
        ..Part::default()
    };
    let (fast, slow) = (Some(CoreType::Performance), Some(CoreType::Efficiency));
    let one = Some(1);
    let parts = match machine {
        "G9" => vec![part(fast, 2, 4), Part { modules: one, ..part(slow, 1, 4) }],
        "G10" => {
            vec![Part { complexes: one, ..part(fast, 2, 4) }, Part { complexes: one, ..part(slow, 2, 8) }]
        }
        _ => vec![Part { dies: one, ..part(None, 2, 6) }, Part { dies: one, ..part(None, 2, 4) }],
    };
    let topology = Topology { parts: Some(parts), ..Topology::default() };
    Spec { version: Some(1), topology: Some(topology), ..Spec::default() }
}
