//! A wrong constant in each pass of lowering: at least two judges must notice it.
//!
//! Such a constant shows in the tables of all vCPUs alike, so that is where it is put in. The table of
//! `docs/testing.md` is the result; `TOPOC_UPDATE=1 cargo test --test seeded` writes it anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support {
    #![allow(dead_code, reason = "shared with other tests")]
    pub mod examples;
    pub mod golden_host;
    pub mod prepared;
}

use std::collections::BTreeSet;
use std::fmt::Write;

use raw_cpuid::{CpuId, CpuIdReader, CpuIdResult, HierarchyLevelType, Hypervisor};
use support::examples;
use support::golden_host::{Words, golden, host_of, listed, spec_of};
use support::prepared::Prepared;
use topoc::cpuid::field::{self, Field, Owner};
use topoc::cpuid::{CpuidTable, Key};
use topoc::decode::{Answers, machine};
use topoc::emit::blob;
use topoc::lower::{lower, offered};
use topoc::spec::{Clock, Cpu, Frequency, Identity, Spec};
use topoc::verify::verify;

/// Of `golden.json`: two sockets of three dies of six cores; AMD's of three dies of eight, with 80000026H.
const INTEL: &str = "G3";
const AMD: &str = "G7";
/// Of the same: four performance cores and a module of efficiency cores; AMD's complexes of either type.
const HYBRID: &str = "G9";
const UNLIKE: &str = "G10";

/// A wrong value in one field of all tables.
struct Fault {
    machine: &'static str,
    field: &'static Field,
    subleaf: Option<u32>,
    value: u32,
    what: &'static str,
}

macro_rules! faults {
    ($($machine:ident $field:ident $subleaf:expr, $value:literal: $what:literal;)*) => {
        const FAULTS: &[Fault] = &[
            $(Fault { machine: $machine, field: &field::$field, subleaf: $subleaf, value: $value, what: $what },)*
        ];
    };
}

faults! {
    INTEL MAX_LEAF None, 0x1e: "ends before 1FH";
    AMD MAX_EXTENDED_LEAF None, 0x8000_001d: "ends before 8000001EH";
    INTEL LOGICAL_PROCESSORS None, 32: "the IDs of two dies";
    AMD LOGICAL_PROCESSORS None, 96: "the threads of both packages";
    INTEL CACHE_SHARING Some(3), 63: "the L3 is the package's";
    INTEL CACHE_SETS Some(3), 0xfff: "the L3 has other sets";
    AMD AMD_CACHE_SHARING Some(3), 31: "the L3 is of two dies";
    INTEL LEVEL_SHIFT Some(1), 5: "the package ends a bit early";
    INTEL LEVEL_2_TYPE Some(2), 3: "dies are called modules";
    AMD AMD_LEVEL_SHIFT Some(2), 5: "the die ends a bit late";
    AMD APIC_ID_SIZE None, 5: "the package ends a bit early";
    AMD NODES_PER_PROCESSOR None, 1: "two nodes in each package";
    INTEL BRAND_3 None, 0x6f65_5830: "the brand has another letter";
    AMD PHYSICAL_BITS None, 40: "addresses end before the memory";
    INTEL CRYSTAL None, 25_000_000: "the crystal of another processor";
    INTEL MAX_FREQUENCY None, 2600: "no turbo";
    HYBRID HYBRID Some(0), 0: "types of core on a processor of one";
    HYBRID CORE_TYPE None, 0x40: "all are performance cores";
    HYBRID NATIVE_MODEL None, 2: "models of the next processor";
    HYBRID CACHE_WAYS Some(0), 11: "efficiency cores have the L1D of the others";
    HYBRID CACHE_SHARING Some(2), 1: "an L2 for each efficiency core";
    UNLIKE AMD_CORE_TYPE Some(0), 0: "all are performance cores";
    UNLIKE AMD_LEVEL_HETEROGENEOUS Some(1), 0: "complexes do not differ";
    UNLIKE AMD_CACHE_SETS Some(3), 0x3fff: "the L3 of the other complex";
    INTEL HYPERVISOR_1 None, 0x7263_694d: "the name begins as Hyper-V's";
}

/// Who looks at the tables. More look at most of these fields: see `docs/readers.md`.
const JUDGES: [&str; 4] = ["known answers", "verify", "decode alone", "raw-cpuid"];

/// The tables of a machine with a fault, judged; and without, where nobody may object.
fn objections(name: &str, fault: Option<&Fault>) -> [bool; 4] {
    let prepared = Prepared::new(&told(name), &host_of(name));
    let meant = prepared.machine();
    let mut tables = lower(&meant, &prepared.base).unwrap();
    if let Some(fault) = fault {
        let changed = tables.iter_mut().filter_map(|table| seed(table, fault).then_some(())).count();
        assert!(changed > 0, "{}: nothing changed", fault.what);
    }
    let blobs: Vec<Vec<u8>> = tables.iter().map(blob).collect();
    let answers: Vec<Answers> = blobs.iter().map(|blob| Answers::from_blob(blob).unwrap()).collect();
    let known = listed(&golden()[name]);
    [
        known.iter().any(|(vcpu, words)| differs(&answers[*vcpu], words)) || !says_kvm(&answers[0]),
        verify(&meant, &blobs).is_err(),
        !machine(&answers).findings.is_empty(),
        answers.iter().enumerate().any(|(vcpu, answers)| !raw_cpuid_agrees(answers, name, vcpu)),
    ]
}

/// The machine's spec; on Intel with a name and clocks.
fn told(name: &str) -> Spec {
    let mhz = |mhz: u64| Some(Frequency(mhz * 1_000_000));
    let identity = Identity { brand: Some(BRAND.to_owned()), ..Identity::default() };
    let clock = Clock { tsc: mhz(2592), crystal: mhz(24), base: mhz(2600), max: mhz(4800), bus: None };
    let cpu = Cpu { identity: Some(identity), clock: Some(clock), ..Cpu::default() };
    Spec { cpu: (name == INTEL).then_some(cpu), ..spec_of(name) }
}

const BRAND: &str = "Intel(R) Xeon(R) w7-2475X";

/// Whether the table is another one for it.
fn seed(table: &mut CpuidTable, fault: &Fault) -> bool {
    let register = table.get_mut(fault.field.key(fault.subleaf)).unwrap().get_mut(fault.field.register);
    let good = *register;
    *register = good & !fault.field.mask() | fault.value << fault.field.low;
    *register != good
}

fn differs(answers: &Answers, words: &Words) -> bool {
    words.iter().any(|((leaf, subleaf), words)| answers.get(*leaf, *subleaf) != words.words())
}

/// KVM's signature. Source: Linux `Documentation/virt/kvm/x86/cpuid.rst`.
fn says_kvm(answers: &Answers) -> bool {
    answers.get(0x4000_0000, 0) == [0x4000_0001, 0x4b4d_564b, 0x564b_4d56, 0x4d]
}

/// A table that answers raw-cpuid.
#[derive(Clone)]
struct Table<'a>(&'a Answers);

impl CpuIdReader for Table<'_> {
    fn cpuid2(&self, leaf: u32, subleaf: u32) -> CpuIdResult {
        let [eax, ebx, ecx, edx] = self.0.get(leaf, subleaf);
        CpuIdResult { eax, ebx, ecx, edx }
    }
}

/// What raw-cpuid reads, beside figures that follow from the counts: bits and threads of each level of the
/// leaf that says most, bits of the package, its threads or IDs in leaf 1, sharers and sets of the L3.
fn raw_cpuid_agrees(answers: &Answers, name: &str, vcpu: usize) -> bool {
    let cpuid = CpuId::with_cpuid_reader(Table(answers));
    if [HYBRID, UNLIKE].contains(&name) {
        // It reads no types of core: caches by type, as ways and sets of each.
        let caches: Vec<(usize, usize)> = cpuid
            .get_cache_parameters()
            .into_iter()
            .flatten()
            .map(|cache| (cache.associativity(), cache.sets()))
            .collect();
        return caches
            == match (name, vcpu) {
                (HYBRID, ..8) => [(12, 64), (8, 64), (10, 2048), (10, 40960)],
                (HYBRID, _) => [(8, 64), (8, 128), (16, 2048), (10, 40960)],
                (_, ..8) => [(12, 64), (8, 64), (16, 1024), (16, 16384)],
                _ => [(12, 64), (8, 64), (16, 1024), (16, 8192)],
            };
    }
    let levels: Vec<(u32, u32, u32)> = match name {
        INTEL => cpuid.get_extended_topology_info_v2().map_or_else(Vec::new, |levels| {
            levels
                .map(|level| {
                    let threads = u32::from(level.processors());
                    (level.level_type() as u32, level.shift_right_for_next_apic_id(), threads)
                })
                .collect()
        }),
        _ => cpuid.get_extended_cpu_topology().map_or_else(Vec::new, |levels| {
            levels
                .map(|level| {
                    let threads = u32::from(level.num_logical_processors());
                    (kind(&level.level_type()), u32::from(level.mask_width()), threads)
                })
                .collect()
        }),
    };
    let oldest = cpuid.get_extended_topology_info().into_iter().flatten().last();
    let oldest = oldest.map(|level| (level.shift_right_for_next_apic_id(), u32::from(level.processors())));
    let counted = cpuid.get_feature_info().map(|leaf| leaf.max_logical_processor_ids());
    let l3 = cpuid.get_cache_parameters().into_iter().flatten().find(|cache| cache.level() == 3);
    let l3 = l3.map(|cache| (cache.max_cores_for_cache(), cache.sets()));
    let sizes = cpuid.get_processor_capacity_feature_info().map(|leaf| leaf.apic_id_size());
    let nodes = cpuid.get_processor_topology_info().map(|leaf| leaf.nodes_per_processor());
    let hypervisor = cpuid.get_hypervisor_info().map(|info| info.identify());
    let brand = cpuid.get_processor_brand_string().map(|brand| brand.as_str().to_owned());
    let tsc = cpuid.get_tsc_info().map(|tsc| (tsc.tsc_frequency(), tsc.nominal_frequency()));
    let clocks = cpuid.get_processor_frequency_info();
    let clocks = clocks.map(|c| (c.processor_base_frequency(), c.processor_max_frequency()));
    let physical = cpuid.get_processor_capacity_feature_info().map(|leaf| leaf.physical_address_bits());
    let is_meant = match name {
        INTEL => {
            levels == [(1, 1, 2), (2, 4, 12), (5, 6, 36)]
                && (oldest, counted, l3) == (Some((6, 36)), Some(64), Some((16, 0x2000)))
                && (brand.as_deref(), clocks) == (Some(BRAND), Some((2600, 4800)))
                && tsc == Some((Some(2_592_000_000), 24_000_000))
        }
        _ => {
            levels == [(1, 1, 2), (2, 4, 16), (3, 4, 16), (4, 6, 48)]
                && (oldest, counted, l3) == (Some((6, 48)), Some(48), Some((16, 0x8000)))
                && (sizes, nodes, physical) == (Some(6), Some(1), Some(48))
        }
    };
    is_meant && hypervisor == Some(Hypervisor::KVM)
}

/// The number of a level's type. Source: APM volume 3, 80000026H.
fn kind(level: &HierarchyLevelType) -> u32 {
    match level {
        HierarchyLevelType::Core => 1,
        HierarchyLevelType::Complex => 2,
        HierarchyLevelType::Die => 3,
        HierarchyLevelType::Socket => 4,
        _ => 0,
    }
}

#[test]
fn a_wrong_constant_in_any_pass_has_two_judges_against_it() {
    for name in [INTEL, AMD, HYBRID, UNLIKE] {
        assert_eq!(objections(name, None), [false; 4], "{name} without a fault");
    }
    let mut table =
        format!("| pass | field | fault | {} |\n|---|---|---|{}\n", JUDGES.join(" | "), "---|".repeat(4));
    for fault in FAULTS {
        let objections = objections(fault.machine, Some(fault));
        let count = objections.iter().filter(|noticed| **noticed).count();
        assert!(count >= 2, "{}, {}: {objections:?}", fault.field.name, fault.what);
        let cells = objections.map(|noticed| if noticed { "x" } else { "" }).join(" | ");
        let at = fault.field.at(fault.subleaf);
        writeln!(table, "| {:?} | `{at}` | {} | {cells} |", fault.field.owner, fault.what).unwrap();
    }
    for owner in field::ALL.iter().map(|field| field.owner) {
        assert!(FAULTS.iter().any(|fault| fault.field.owner == owner), "no fault in {owner:?}");
    }
    examples::is_current_part("docs/testing.md", "seeded", &table, "seeded");
}

/// The fields of a pass are what passed from the host's table, as if the pass were not there: verification refuses
/// some machine for each.
#[test]
fn no_pass_can_be_left_out() {
    let owners: BTreeSet<Owner> = field::ALL.iter().map(|field| field.owner).collect();
    let mut noticed = BTreeSet::new();
    let hosts = [INTEL, AMD, HYBRID, UNLIKE].map(|name| (told(name), host_of(name)));
    // Genoa's own leaves end above those of any guest.
    let genoa = (spec_of(AMD), examples::host("two-socket-amd-epyc-9654"));
    for (spec, host) in hosts.into_iter().chain([genoa]) {
        let prepared = Prepared::new(&spec, &host);
        let machine = prepared.machine();
        let tables = lower(&machine, &prepared.base).unwrap();
        let passed = offered(&prepared.base, &machine.processor).unwrap();
        for owner in &owners {
            let without = |table: &CpuidTable| {
                let mut table = table.clone();
                for field in field::ALL.iter().filter(|field| field.owner == *owner) {
                    let keys: Vec<Key> = table.leaf(field.leaf).map(|(key, _)| key).collect();
                    for key in keys {
                        let word = passed.get(key).map_or(0, |words| words.get(field.register));
                        let register = table.get_mut(key).unwrap().get_mut(field.register);
                        *register = *register & !field.mask() | word & field.mask();
                    }
                }
                blob(&table)
            };
            let blobs: Vec<Vec<u8>> = tables.iter().map(without).collect();
            if verify(&machine, &blobs).is_err() {
                noticed.insert(*owner);
            }
        }
    }
    assert_eq!(noticed, owners);
}
