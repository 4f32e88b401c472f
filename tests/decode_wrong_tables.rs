//! Wrong tables that outside readers miss, each made from a golden machine by one deliberate mistake.

// Helpers outside #[test] functions may panic too.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod support;

use support::Answer;
use support::golden::Golden;
use topoc::decode::{Answers, Domain, FindingKind, Machine, machine};

/// EAX, EBX, ECX, EDX
const EAX: usize = 0;
const EBX: usize = 1;
const ECX: usize = 2;
const EDX: usize = 3;

/// The machine's tables after `change` saw each (vCPU index, APIC ID, entry).
fn spoilt(name: &str, change: impl Fn(usize, u32, &mut Answer)) -> Machine {
    let golden = Golden::get(name);
    let mut tables = golden.tables();
    let before = tables.clone();
    for (vcpu, table) in tables.iter_mut().enumerate() {
        table.iter_mut().for_each(|answer| change(vcpu, golden.apic_ids[vcpu], answer));
    }
    assert_ne!(tables, before, "the mistake changes something");
    machine(&tables.into_iter().map(Answers::from_entries).collect::<Vec<_>>())
}

fn sound(name: &str) -> Machine {
    let machine = machine(&Golden::get(name).captures());
    assert_eq!(machine.findings, []);
    machine
}

fn kinds(machine: &Machine) -> Vec<FindingKind> {
    let mut kinds: Vec<FindingKind> = machine.findings.iter().map(|finding| finding.kind).collect();
    kinds.dedup();
    kinds
}

/// `register[hi:lo]` replaced.
fn set(register: &mut u32, hi: u32, lo: u32, value: u32) {
    let mask = (u32::MAX >> (31 - (hi - lo))) << lo;
    *register = (*register & !mask) | (value << lo);
}

#[test]
fn duplicate_apic_id() {
    let machine = spoilt("G3", |vcpu, _, (leaf, _, registers)| {
        if vcpu == 5 {
            match leaf {
                1 => set(&mut registers[EBX], 31, 24, 4),
                0xB | 0x1F => registers[EDX] = 4,
                _ => {}
            }
        }
    });
    assert!(kinds(&machine).contains(&FindingKind::ApicIdTwice));
    let twice = &machine.findings[0];
    assert_eq!((twice.kind, twice.cpus.to_string()), (FindingKind::ApicIdTwice, "4-5".to_owned()));
}

/// A legal table of another machine: no finding, but the L3 lies elsewhere than meant.
#[test]
fn l3_shared_by_the_package() {
    let machine = spoilt("G3", |_, _, (leaf, subleaf, registers)| {
        if (*leaf, *subleaf) == (4, Some(3)) {
            set(&mut registers[EAX], 25, 14, 63);
        }
    });
    assert_eq!(machine.findings, []);
    assert_ne!(machine.caches, sound("G3").caches);
    let l3 = machine.caches.values().next_back().expect("L3");
    assert_eq!(l3.iter().map(|cache| cache.cpus.to_string()).collect::<Vec<_>>(), ["0-35", "36-71"]);
}

/// On AMD the complex row contradicts it.
#[test]
fn l3_shared_by_the_amd_package() {
    let machine = spoilt("G13", |_, _, (leaf, subleaf, registers)| {
        if (*leaf, *subleaf) == (0x8000_001D, Some(3)) {
            set(&mut registers[EAX], 25, 14, 31);
        }
    });
    assert!(kinds(&machine).contains(&FindingKind::L3NotComplex));
}

#[test]
fn leaf_4_cores_field_is_zero() {
    let machine = spoilt("G3", |_, _, (leaf, subleaf, registers)| {
        if *leaf == 4 && *subleaf != Some(4) {
            set(&mut registers[EAX], 31, 26, 0);
        }
    });
    assert_eq!(kinds(&machine), [FindingKind::CoreIdsField]);
}

#[test]
fn leaf_0bh_core_shift_is_too_small() {
    let machine = spoilt("G3", |_, _, (leaf, subleaf, registers)| {
        if (*leaf, *subleaf) == (0xB, Some(1)) {
            set(&mut registers[EAX], 4, 0, 5);
        }
    });
    assert!(kinds(&machine).contains(&FindingKind::PackageShiftDiffers), "{:?}", machine.findings);
}

#[test]
fn leaf_1fh_swaps_the_dies() {
    let machine = spoilt("G3", |_, apic_id, (leaf, _, registers)| {
        if *leaf == 0x1F && apic_id & 0x20 == 0 {
            registers[EDX] = apic_id ^ 0x10;
        }
    });
    assert!(kinds(&machine).contains(&FindingKind::ApicIdDiffers));
}

/// A legal table of another machine: no finding, but modules where dies were meant.
#[test]
fn die_row_typed_as_module() {
    let machine = spoilt("G3", |_, _, (leaf, subleaf, registers)| {
        if (*leaf, *subleaf) == (0x1F, Some(2)) {
            set(&mut registers[ECX], 15, 8, 3);
        }
    });
    assert_eq!(machine.findings, []);
    assert_eq!(machine.sets(Domain::Module), sound("G3").sets(Domain::Die));
    assert_eq!(machine.sets(Domain::Die), []);
}

#[test]
fn core_id_restarts_in_each_complex() {
    let machine = spoilt("G13", |_, apic_id, (leaf, _, registers)| {
        if *leaf == 0x8000_001E {
            set(&mut registers[EBX], 7, 0, (apic_id & 7) >> 1);
        }
    });
    assert_eq!(kinds(&machine), [FindingKind::CoreId]);
}

#[test]
fn node_id_is_zero_everywhere() {
    let machine = spoilt("G8", |_, _, (leaf, _, registers)| {
        if *leaf == 0x8000_001E {
            set(&mut registers[ECX], 7, 0, 0);
        }
    });
    assert_eq!(kinds(&machine), [FindingKind::NodeId]);
}

#[test]
fn leaf_80000026h_die_shift_is_wrong() {
    for shift in [3, 5] {
        let machine = spoilt("G13", |_, _, (leaf, subleaf, registers)| {
            if (*leaf, *subleaf) == (0x8000_0026, Some(2)) {
                set(&mut registers[EAX], 4, 0, shift);
            }
        });
        assert!(kinds(&machine).contains(&FindingKind::CountNotPopulation), "{shift}");
        assert_ne!(machine.sets(Domain::Die), sound("G13").sets(Domain::Die), "{shift}");
    }
}

/// Every bit that a compiler of topology owns: turned over, on one vCPU or on all, it changes what is decoded.
#[test]
fn no_owned_bit_is_turned_unnoticed() {
    let mut unnoticed = Vec::new();
    for name in ["G1", "G4", "G6", "G8", "G9", "G10", "G12"] {
        let golden = Golden::get(name);
        let tables = golden.tables();
        let answers: Vec<Answers> = tables.iter().cloned().map(Answers::from_entries).collect();
        let baseline = machine(&answers);
        let last = tables.len() - 1;
        for (at, (leaf, subleaf, _)) in tables[last].clone().into_iter().enumerate() {
            for (register, bit) in (0..4).flat_map(|r| (0..32).map(move |b| (r, b))) {
                // A lone thread may count itself or leave the count out.
                let is_free = name == "G12" && (leaf, register, bit) == (1, EBX, 16);
                if is_free || !is_owned(leaf, register, bit, golden.vendor == "amd") {
                    continue;
                }
                let turned = |vcpu: usize| {
                    let mut table = tables[vcpu].clone();
                    table[at].2[register] ^= 1 << bit;
                    Answers::from_entries(table)
                };
                let mut one = answers.clone();
                one[last] = turned(last);
                let all: Vec<Answers> = (0..tables.len()).map(turned).collect();
                for (who, spoilt) in [("the last vCPU", one), ("every vCPU", all)] {
                    if machine(&spoilt) == baseline {
                        unnoticed.push(format!("{name} {leaf:x}.{subleaf:?} {register} bit {bit} of {who}"));
                    }
                }
            }
        }
    }
    assert!(unnoticed.is_empty(), "{} bits:\n{}", unnoticed.len(), unnoticed.join("\n"));
}

/// The bits of topology, caches and IDs; the rest belongs to features.
fn is_owned(leaf: u32, register: usize, bit: u32, amd: bool) -> bool {
    match (leaf, register) {
        (1, EBX) => bit >= 16,
        (1, EDX) => bit == 28,
        (0, EBX | ECX | EDX)
        | (1, EAX)
        | (4 | 0xB | 0x1A | 0x1F | 0x8000_001D | 0x8000_001E | 0x8000_0026, _) => true,
        (7, EDX) => bit == 15,
        (0x8000_0001, ECX) => matches!(bit, 1 | 22),
        (0x8000_0005 | 0x8000_0006, ECX | EDX) => amd && !(8..16).contains(&bit),
        (0x8000_0008, ECX) => bit < 16,
        _ => false,
    }
}
