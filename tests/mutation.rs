//! Every bit that topoc owns, flipped: verification must notice, in one table and in all of them.
//!
//! A flip in all tables is what a wrong constant in lowering would do.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/examples.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod examples;
#[path = "support/golden_host.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod golden_host;
#[path = "support/prepared.rs"]
mod prepared;

use golden_host::host_of;
use prepared::Prepared;
use topoc::HostProfile;
use topoc::cpuid::{CpuidTable, Key, field};
use topoc::emit::blob;
use topoc::lower::lower;
use topoc::spec::{
    Cache, Caches, Clock, CoreCaches, CoreType, Cpu, Frequency, Hypervisor, Identity, KvmHint, NodePer, Numa,
    Part, Size, Spec, Topology,
};
use topoc::verify::verify;

/// Fields that say nothing of topology, or how far software may look beyond it: a flip in all
/// tables makes another machine that is as good. Their values are held where they are written.
const NOT_TOPOLOGY: &[&field::Field] = &[
    &field::MAX_LEAF,
    &field::MAX_EXTENDED_LEAF,
    &field::MAX_CENTAUR_LEAF,
    &field::EXTENDED_VENDOR_1,
    &field::EXTENDED_VENDOR_2,
    &field::EXTENDED_VENDOR_3,
    &field::BRAND_INDEX,
    &field::CLFLUSH_SIZE,
    &field::MONITOR,
    &field::X2APIC,
    &field::TSC_DEADLINE,
    &field::OSXSAVE,
    &field::APIC,
    &field::DESCRIPTORS_EAX,
    &field::DESCRIPTORS_EBX,
    &field::DESCRIPTORS_ECX,
    &field::DESCRIPTORS_EDX,
];

fn survivors(name: &str, spec: &Spec, host: &HostProfile) -> Vec<String> {
    let prepared = Prepared::new(spec, host);
    let machine = prepared.machine();
    let tables = lower(&machine, &prepared.base).unwrap();
    let blobs: Vec<_> = tables.iter().map(blob).collect();
    verify(&machine, &blobs).unwrap();
    let mut survivors = Vec::new();
    let mut flips = 0;
    for field in field::ALL {
        let keys: Vec<Key> = tables[0].leaf(field.leaf).map(|(key, _)| key).collect();
        for key in keys {
            for bit in field.low..=field.high {
                let flip = |table: &CpuidTable| {
                    let mut table = table.clone();
                    *table.get_mut(key).unwrap().get_mut(field.register) ^= 1 << bit;
                    blob(&table)
                };
                let all: Vec<_> = tables.iter().map(flip).collect();
                let mut one = blobs.clone();
                one[tables.len() / 2] = flip(&tables[tables.len() / 2]);
                for (what, mutant) in [("all", all), ("one", one)] {
                    if what == "all" && NOT_TOPOLOGY.contains(field) {
                        continue;
                    }
                    flips += 1;
                    if verify(&machine, &mutant).is_ok() {
                        survivors.push(format!(
                            "{name}: {} bit {bit} in {what}: {}",
                            field.at(key.subleaf),
                            field.name
                        ));
                    }
                }
            }
        }
    }
    println!("{name}: {flips} flips");
    assert!(flips > 400, "{flips} flips");
    survivors
}

fn spec(topology: Topology, per: Option<NodePer>) -> Spec {
    let numa = per.map(|per| Numa { per: Some(per), ..Numa::default() });
    Spec { version: Some(1), topology: Some(topology), numa, cpu: Some(cpu()), ..Spec::default() }
}

/// Everything that a CPU can be made to say of itself.
fn cpu() -> Cpu {
    let mhz = |mhz: u64| Some(Frequency(mhz * 1_000_000));
    Cpu {
        identity: Some(Identity {
            brand: Some("topoc: forty-seven characters are the most of it".to_owned()),
            physical_address_bits: Some(44),
            ..Identity::default()
        }),
        clock: Some(Clock {
            tsc: mhz(2592),
            crystal: mhz(24),
            base: mhz(2600),
            max: mhz(4800),
            bus: mhz(100),
        }),
        hypervisor: Some(Hypervisor { hints: Some(vec![KvmHint::Realtime]), ..Hypervisor::default() }),
        ..Cpu::default()
    }
}

/// An L1 and an L2 of each type's own, and an L3 that both share.
fn unlike_caches() -> Caches {
    let cache =
        |kib: u64, ways| Some(Cache { size: Some(Size(kib << 10)), ways: Some(ways), ..Cache::default() });
    let of_type = |l1d, l2| CoreCaches { l1d, l2, ..CoreCaches::default() };
    Caches {
        l1i: cache(32, 8),
        l3: cache(24 << 10, 12),
        performance: Some(of_type(cache(48, 12), cache(1280, 10))),
        efficiency: Some(of_type(cache(32, 8), cache(2 << 10, 16))),
        ..Caches::default()
    }
}

#[test]
fn no_flipped_bit_survives() {
    let two = Topology { sockets: Some(2), cores: Some(2), threads: Some(2), ..Topology::default() };
    let intel = Topology { modules: Some(3), ..two.clone() };
    let zen_4 = Topology { dies: Some(2), complexes: Some(2), cores: Some(1), ..two.clone() };
    let zen_2 = Topology { sockets: None, complexes: Some(3), ..two };
    let mut all = survivors("Intel", &spec(intel, None), &host_of("G3"));
    all.extend(survivors("Zen 4", &spec(zen_4, Some(NodePer::Die)), &host_of("G13")));
    all.extend(survivors("Zen 2", &spec(zen_2, None), &host_of("G14")));
    let hygon = Topology { complexes: Some(3), cores: Some(3), ..Topology::default() };
    let host = examples::host("two-socket-hygon-c86-7185");
    all.extend(survivors("Hygon", &spec(hygon, None), &host));
    let kaisheng = Topology {
        sockets: Some(2),
        dies: Some(2),
        complexes: Some(2),
        cores: Some(3),
        ..Topology::default()
    };
    let host = examples::host("two-socket-zhaoxin-kh-40000");
    all.extend(survivors("Zhaoxin", &spec(kaisheng, None), &host));
    let zx_d = Topology { modules: Some(2), cores: Some(3), ..Topology::default() };
    all.extend(survivors("Centaur", &spec(zx_d, None), &examples::host("one-socket-centaur-zx-d-4600")));
    let sockets = Topology { sockets: Some(2), cores: Some(3), ..Topology::default() };
    for (name, host) in [("15h", "two-socket-amd-opteron-6274"), ("10h", "two-socket-amd-opteron-6164he")] {
        all.extend(survivors(name, &spec(sockets.clone(), None), &examples::host(host)));
    }
    let part = |core_type, cores, threads| Part {
        core_type: Some(core_type),
        cores: Some(cores),
        threads: Some(threads),
        ..Part::default()
    };
    let (fast, slow) = (CoreType::Performance, CoreType::Efficiency);
    let hybrid = |parts| Topology { parts: Some(parts), ..Topology::default() };
    let modules = hybrid(vec![part(fast, 2, 2), Part { modules: Some(1), ..part(slow, 3, 1) }]);
    let written = Spec { caches: Some(unlike_caches()), ..spec(modules, None) };
    all.extend(survivors("hybrid", &written, &host_of("G9")));
    let alone = Topology { cores: Some(3), core_type: Some(slow), ..Topology::default() };
    all.extend(survivors("one type", &spec(alone, None), &host_of("G9")));
    let complex = |core_type, cores| Part { complexes: Some(1), ..part(core_type, cores, 2) };
    let complexes = hybrid(vec![complex(fast, 2), complex(slow, 3)]);
    all.extend(survivors("heterogeneous", &spec(complexes, None), &host_of("G10")));
    let mixed = hybrid(vec![part(fast, 2, 2), part(slow, 3, 1)]);
    let written = Spec { caches: Some(unlike_caches()), ..spec(mixed, None) };
    all.extend(survivors("mixed complex", &written, &host_of("G10")));
    assert!(all.is_empty(), "{} flips went unnoticed:\n{}", all.len(), all.join("\n"));
}
