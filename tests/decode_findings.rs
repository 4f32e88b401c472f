//! Every kind of finding: one table that has it, one field away from a sound one.

// Helpers outside #[test] functions may panic too.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;

use support::Answer;
use support::blob::{completed, encode};
use support::golden::Golden;
use topoc::decode::{Answers, FindingKind, machine};

const EAX: usize = 0;
const EBX: usize = 1;
const ECX: usize = 2;
const EDX: usize = 3;

/// A field of a golden machine's tables, and the wrong value.
struct Wrong {
    machine: &'static str,
    /// Of one vCPU, or of all
    vcpu: Option<usize>,
    leaf: u32,
    subleaf: Option<u32>,
    register: usize,
    hi: u32,
    lo: u32,
    value: u32,
}

impl Wrong {
    fn spoil(&self, tables: &mut [Vec<Answer>]) {
        let mut changed = false;
        for (vcpu, table) in tables.iter_mut().enumerate() {
            for (leaf, subleaf, registers) in table.iter_mut() {
                if self.vcpu.is_none_or(|v| v == vcpu) && (*leaf, *subleaf) == (self.leaf, self.subleaf) {
                    let mask = (u32::MAX >> (31 - (self.hi - self.lo))) << self.lo;
                    let wrong = (registers[self.register] & !mask) | self.value << self.lo;
                    changed |= wrong != registers[self.register];
                    registers[self.register] = wrong;
                }
            }
        }
        assert!(changed, "the field is there and had another value");
    }

    fn kinds(&self) -> BTreeSet<FindingKind> {
        let mut tables = tables(self.machine);
        self.spoil(&mut tables);
        found(tables)
    }
}

/// A golden machine's tables, with 80000001H and 80000008H on Intel too.
fn tables(machine: &str) -> Vec<Vec<Answer>> {
    let mut tables = Golden::get(machine).tables();
    for table in &mut tables {
        *table = completed(table);
        if !table.iter().any(|(leaf, ..)| *leaf == 0x8000_0001) {
            table.push((0x8000_0001, None, [0; 4]));
        }
    }
    tables
}

fn found(tables: Vec<Vec<Answer>>) -> BTreeSet<FindingKind> {
    let answers: Vec<Answers> = tables.into_iter().map(Answers::from_entries).collect();
    machine(&answers).findings.into_iter().map(|finding| finding.kind).collect()
}

/// A wrong field of every vCPU.
fn all(
    machine: &'static str,
    (leaf, subleaf): (u32, Option<u32>),
    (register, hi, lo): (usize, u32, u32),
    value: u32,
) -> Wrong {
    Wrong { machine, vcpu: None, leaf, subleaf, register, hi, lo, value }
}

/// A wrong field of vCPU 1 alone.
fn one(machine: &'static str, key: (u32, Option<u32>), field: (usize, u32, u32), value: u32) -> Wrong {
    Wrong { vcpu: Some(1), ..all(machine, key, field, value) }
}

/// The kinds that one wrong field brings about.
fn by_field() -> Vec<(FindingKind, Wrong)> {
    use FindingKind as K;
    let b = |subleaf| (0xB, Some(subleaf));
    let f = |subleaf| (0x1F, Some(subleaf));
    let x = |subleaf| (0x8000_0026, Some(subleaf));
    let c = |subleaf| (4, Some(subleaf));
    let d = |subleaf| (0x8000_001D, Some(subleaf));
    let plain = |leaf| (leaf, None);
    let share = (EAX, 25, 14);
    vec![
        (K::ApicIdTwice, one("G2", f(0), (EDX, 31, 0), 0)),
        (K::ApicIdDiffers, one("G1", f(2), (EDX, 31, 0), 0)),
        (K::ApicIdDiffers, one("G6", plain(0x8000_001E), (EAX, 31, 0), 0)),
        (K::InitialApicIdDiffers, one("G1", plain(1), (EBX, 31, 24), 0)),
        (K::SignatureDiffers, one("G1", plain(1), (EAX, 3, 0), 0)),
        (K::RowsDiffer, one("G1", f(1), (EAX, 4, 0), 4)),
        (K::ShiftDecreases, all("G3", f(2), (EAX, 4, 0), 3)),
        (K::DomainOrder, all("G3", f(2), (ECX, 15, 8), 2)),
        (K::FirstRow, all("G3", f(0), (ECX, 15, 8), 3)),
        (K::FirstRow, all("G1", b(0), (EBX, 15, 0), 0)),
        (K::SubleafEcho, all("G1", b(1), (ECX, 7, 0), 0)),
        (K::NoTerminator, all("G1", c(4), (EBX, 31, 0), 1)),
        (K::NoTerminator, all("G1", b(2), (ECX, 7, 0), 7)),
        (K::RowMissing, all("G1", f(1), (ECX, 15, 8), 5)),
        (K::RowMissing, all("G7", x(3), (ECX, 15, 8), 5)),
        (K::PackageShiftDiffers, all("G1", b(1), (EAX, 4, 0), 4)),
        (K::PackageShiftDiffers, all("G6", plain(0x8000_0008), (ECX, 15, 12), 5)),
        (K::CoreShiftDiffers, all("G1", b(0), (EAX, 4, 0), 2)),
        (K::DomainTypeUnknown, all("G3", f(2), (ECX, 15, 8), 7)),
        (K::CountImplausible, all("G1", f(1), (EBX, 15, 0), 9)),
        (K::CountNotPopulation, all("G7", x(1), (EBX, 15, 0), 15)),
        (K::ThreadsWithoutBit, all("G1", f(0), (EAX, 4, 0), 0)),
        (K::Leaf1fEmpty, all("G1", f(0), (ECX, 15, 8), 0)),
        (K::ReservedBits, all("G1", b(0), (EAX, 5, 5), 1)),
        (K::ReservedBits, all("G1", c(0), (EAX, 10, 10), 1)),
        (K::ReservedBits, all("G6", plain(0x8000_001E), (EDX, 0, 0), 1)),
        (K::LogicalProcessorCount, all("G1", plain(1), (EBX, 23, 16), 0)),
        (K::LogicalProcessorCount, all("G7", plain(1), (EBX, 23, 16), 64)),
        (K::Htt, all("G1", plain(1), (EDX, 28, 28), 0)),
        (K::Htt, all("G6", plain(1), (EDX, 28, 28), 0)),
        (K::CoreIdsField, all("G1", c(2), (EAX, 31, 26), 2)),
        (K::CacheTypeUnknown, all("G1", c(3), (EAX, 4, 0), 4)),
        (K::CacheSpanUneven, all("G3", c(3), share, 11)),
        (K::CacheSpanNoDomain, all("G3", c(3), share, 7)),
        (K::CacheSpanNarrows, all("G1", c(0), share, 0)),
        (K::CacheSpanNarrows, all("G3", c(1), share, 63)),
        (K::CacheBeyondPackage, all("G3", c(3), share, 127)),
        (K::CacheBeyondNode, all("G8", d(3), share, 15)),
        (K::CacheLevelTwice, all("G1", c(2), (EAX, 7, 5), 1)),
        (K::CacheOrder, all("G6", d(1), (EAX, 4, 0), 1)),
        (K::AmdCacheLeaves, all("G6", plain(0x8000_0005), (ECX, 31, 24), 48)),
        (K::AmdCacheLeaves, all("G6", plain(0x8000_0006), (EDX, 31, 0), 0)),
        (K::AmdCacheLeaves, all("G7", plain(0x8000_0006), (EDX, 31, 18), 64)),
        (K::AmdCacheLeaves, all("G7", d(3), (EAX, 4, 0), 0)),
        (K::L3NotComplex, all("G7", d(3), share, 63)),
        (K::CacheViewsDiffer, one("G1", c(3), (ECX, 31, 0), 1)),
        (K::CacheViewsDiffer, one("G1", c(3), share, 1)),
        (K::TopoextWithoutLeaves, all("G6", d(0), (EAX, 4, 0), 0)),
        (K::TopoextWithoutLeaves, all("G6", plain(0x8000_0000), (EAX, 7, 0), 8)),
        (K::TopoextMissing, all("G6", plain(0x8000_0001), (ECX, 22, 22), 0)),
        (K::PerfctrWithoutTopoext, all("G6", plain(0x8000_0001), (ECX, 23, 22), 2)),
        (K::CmpLegacy, all("G6", plain(0x8000_0001), (ECX, 1, 1), 0)),
        (K::AmdFlagsElsewhere, all("G1", plain(0x8000_0001), (ECX, 1, 1), 1)),
        (K::AmdFlagsElsewhere, all("G1", plain(0x8000_0008), (ECX, 0, 0), 1)),
        (K::NcCount, all("G6", plain(0x8000_0008), (ECX, 7, 0), 7)),
        (K::ThreadsPerCore, all("G6", plain(0x8000_001E), (EBX, 15, 8), 0)),
        (K::ThreadsPerCore, all("G6", b(0), (EBX, 15, 0), 1)),
        (K::CoreId, one("G8", plain(0x8000_001E), (EBX, 7, 0), 0)),
        (K::NodesPerProcessor, all("G8", plain(0x8000_001E), (ECX, 10, 8), 2)),
        (K::NodesPerProcessor, one("G8", plain(0x8000_001E), (ECX, 10, 8), 0)),
        (K::NodeId, one("G8", plain(0x8000_001E), (ECX, 7, 0), 1)),
        (K::Hybrid, one("G9", plain(0x1A), (EAX, 31, 0), 0)),
        (K::Hybrid, all("G9", (7, Some(0)), (EDX, 15, 15), 0)),
        (K::Hybrid, all("G10", x(0), (EAX, 30, 30), 0)),
    ]
}

/// APM Vol. 3, `Fn8000_0006`: code 9 says that 8000001DH has the ways; any number there is held against them.
#[test]
fn code_9_leaves_the_ways_to_8000001dh() {
    let with = |register, value| {
        let leaf = 0x8000_0006;
        Wrong { machine: "G7", vcpu: None, leaf, subleaf: None, register, hi: 15, lo: 12, value }.kinds()
    };
    assert_eq!(with(ECX, 9), BTreeSet::new());
    assert_eq!(with(ECX, 1), BTreeSet::from([FindingKind::AmdCacheLeaves]));
}

#[test]
fn one_wrong_field_is_found_for_what_it_is() {
    let mut missed = Vec::new();
    for (kind, wrong) in by_field() {
        let (machine, leaf, subleaf) = (wrong.machine, wrong.leaf, wrong.subleaf);
        let kinds = wrong.kinds();
        if !kinds.contains(&kind) {
            missed.push(format!("{kind} in {machine} {leaf:x}.{subleaf:?}: {kinds:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// The kinds that take more than one field.
fn by_table() -> Vec<(FindingKind, BTreeSet<FindingKind>)> {
    use FindingKind as K;
    let changed = |machine: &str, change: &dyn Fn(&mut Vec<Answer>)| {
        let mut tables = tables(machine);
        tables.iter_mut().for_each(change);
        tables
    };
    let blob = |change: &dyn Fn(&mut Vec<Answer>)| {
        let read = |table: &Vec<Answer>| Answers::from_blob(&encode(table)).expect("sound bytes");
        let answers: Vec<Answers> = changed("G1", change).iter().map(read).collect();
        machine(&answers).findings.into_iter().map(|finding| finding.kind).collect()
    };
    assert_eq!(blob(&|_| {}), BTreeSet::new());
    vec![
        (K::Leaf1fOnAmd, {
            found(changed("G6", &|table| {
                table.push((0x1F, Some(0), [1, 2, 0x100, 0]));
                table[0].2[EAX] = 0x1F;
            }))
        }),
        (K::RowUnreachable, {
            found(changed("G1", &|table| table.push((0x1F, Some(5), [3, 8, 0x505, table[0].2[EDX]]))))
        }),
        (K::CacheRepeated, {
            found(changed("G1", &|table| {
                let first = table.iter().find(|(leaf, ..)| *leaf == 4).expect("leaf 4").2;
                table
                    .iter_mut()
                    .filter(|(leaf, sub, _)| (*leaf, *sub) == (4, Some(1)))
                    .for_each(|e| e.2 = first);
            }))
        }),
        (K::IndexFlag, blob(&|table| table.push((0x14, None, [0; 4])))),
        (K::HypervisorLeaves, blob(&|table| table.retain(|(leaf, ..)| leaf >> 28 != 4))),
        (K::RangeMissing, blob(&|table| table.retain(|(leaf, ..)| *leaf != 0x8000_0000))),
        (K::BeyondMaximumLeaf, blob(&|table| table.push((0x8000_0009, None, [0; 4])))),
        (K::VirtualAddressBits, {
            blob(&|table| {
                table.iter_mut().filter(|(leaf, ..)| *leaf == 0x8000_0008).for_each(|e| e.2[EAX] = 0x2F30);
            })
        }),
    ]
}

#[test]
fn one_wrong_table_is_found_for_what_it_is() {
    for (kind, kinds) in by_table() {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
}

/// Where two checks give the same kind, each speaks for itself.
#[test]
fn messages_tell_checks_apart() {
    let messages = |wrong: Wrong| {
        let mut tables = tables(wrong.machine);
        wrong.spoil(&mut tables);
        let answers: Vec<Answers> = tables.into_iter().map(Answers::from_entries).collect();
        let findings = machine(&answers).findings;
        findings.into_iter().map(|finding| finding.message).collect::<Vec<_>>()
    };
    let has = |wrong: Wrong, expected: &str| {
        let messages = messages(wrong);
        assert!(messages.iter().any(|message| message == expected), "{messages:#?}");
    };
    has(
        all("G1", (0x1F, Some(1)), (EBX, 15, 0), 9),
        "CPUID.(EAX=1FH,ECX=1):EBX[15:0] counts 9 threads, but EAX[4:0] is 3",
    );
    has(
        all("G1", (0x1F, Some(1)), (EBX, 15, 0), 1),
        "CPUID.(EAX=1FH,ECX=1):EBX[15:0] is 1, less than 2 in the subleaf before",
    );
    has(
        Wrong { vcpu: Some(5), ..all("G1", (4, Some(3)), (EAX, 25, 14), 1) },
        "the L3U overlaps that of vCPU 0, which reaches further",
    );
    has(one("G1", (4, Some(3)), (ECX, 31, 0), 1), "vCPU 0 shares the L3U but describes it otherwise");
    has(
        all("G6", (0x8000_0006, None), (EDX, 15, 12), 6),
        "CPUID.(EAX=80000006H) gives the L3U another associativity than 16 ways",
    );
}

#[test]
fn every_kind_has_its_table() {
    let fields = by_field().into_iter().map(|(kind, _)| kind);
    let tables = by_table().into_iter().map(|(kind, _)| kind);
    let tested: BTreeSet<FindingKind> = fields.chain(tables).collect();
    let untested: Vec<_> = FindingKind::ALL.iter().filter(|kind| !tested.contains(kind)).collect();
    assert!(untested.is_empty(), "{untested:?}");
}
