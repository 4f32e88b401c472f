//! Single words as the manuals explain them: older leaves where the newer ones are not there, and the names of
//! fields. The tables are assembled by hand.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use topoc::decode::fields::{Range, describe, range_of};
use topoc::decode::{Answers, Cpu, Domain, FindingKind, cpu};

type Entries = Vec<(u32, Option<u32>, [u32; 4])>;

const INTEL: [u32; 3] = [0x756E_6547, 0x6C65_746E, 0x4965_6E69];
const AMD: [u32; 3] = [0x6874_7541, 0x444D_4163, 0x6974_6E65];

/// Families 10h, 15h and 17h.
const K10: u32 = 0x0010_0F91;
const INTERLAGOS: u32 = 0x0060_0F12;
const ROME: u32 = 0x0083_0F10;

const HTT: u32 = 1 << 28;
const TOPOEXT: u32 = 1 << 22;

/// Leaves 0 and 1: where the table ends, a signature, and as many threads as leaf 1 counts.
fn intel(max: u32, threads: u32) -> Entries {
    let [b, c, d] = INTEL;
    vec![(0, None, [max, b, d, c]), (1, None, [0x306F2, threads << 16, 0, HTT])]
}

/// Leaves 0 and 1, 80000000H, and TOPOEXT for those that have it.
fn amd(max: u32, signature: u32, max_extended: u32, flags: u32) -> Entries {
    let [b, d, c] = [AMD[0], AMD[2], AMD[1]];
    vec![
        (0, None, [max, b, c, d]),
        (1, None, [signature, 4 << 16, 0, HTT]),
        (0x8000_0000, None, [max_extended, b, c, d]),
        (0x8000_0001, None, [signature, 0, flags | 2, 0]),
    ]
}

fn with(mut entries: Entries, more: &[(u32, Option<u32>, [u32; 4])]) -> Cpu {
    entries.extend_from_slice(more);
    cpu(&Answers::from_entries(entries))
}

/// SDM Vol. 3A, "Hierarchical mapping", for processors without 0BH: leaf 1 numbers the threads of a package, leaf 4
/// its cores, in `EAX[31:26]` minus 1. Leaf 4 counts if it is there and its first subleaf has a cache.
#[test]
fn intel_without_0bh_has_leaves_1_and_4() {
    for (max, eax, core, package) in [
        (4, 3 << 26 | 0x121, 2, 4),
        (4, 4 << 26 | 0x121, 1, 4),
        (4, 0x121, 4, 4),
        (4, 3 << 26, 4, 4),
        (2, 3 << 26 | 0x121, 4, 4),
    ] {
        let found = with(intel(max, 16), &[(4, Some(0), [eax, 0, 0, 0])]);
        let shifts = (found.shift(Domain::Core), found.shift(Domain::Package));
        assert_eq!(shifts, (Some(core), Some(package)), "leaf 0 ends at {max}, leaf 4 EAX is {eax:#x}");
        assert_eq!(found.threads_per_core, 1 << core);
        assert_eq!(found.package_threads, None, "IDs are no threads");
    }
}

/// AMD's count of threads in 80000008H means nothing on Intel, nor where the extended range ends before it.
#[test]
fn the_threads_of_a_package_are_counted_where_the_vendor_does() {
    let nc = |count: u32, size: u32| (0x8000_0008, None, [0, 0, size << 12 | count, 0]);
    assert_eq!(with(amd(1, K10, 0x8000_0008, 0), &[nc(5, 3)]).package_threads, Some(6));
    assert_eq!(with(amd(1, K10, 0x8000_0004, 0), &[nc(5, 3)]).package_threads, None);
    let extended = [(0x8000_0000, None, [0x8000_0008, 0, 0, 0]), nc(5, 3)];
    assert_eq!(with(intel(4, 16), &extended).package_threads, None);
    let rows =
        [(0xB, Some(0), [1, 2, 0x100, 0]), (0xB, Some(1), [4, 12, 0x201, 0]), (0xB, Some(2), [0, 0, 2, 0])];
    assert_eq!(with(intel(0xB, 16), &rows).package_threads, Some(12));
}

/// APM Vol. 3, `Fn8000_0008`: where ECX[15:12] is 0, the IDs are as wide as the count in ECX[7:0] needs.
#[test]
fn amds_ids_are_as_wide_as_said_or_as_the_threads_need() {
    for (word, package) in [(3 << 12 | 4, 3), (4 << 12 | 4, 4), (4, 3), (3, 2), (0, 0)] {
        let found = with(amd(1, K10, 0x8000_0008, 0), &[(0x8000_0008, None, [0, 0, word, 0])]);
        assert_eq!(found.shift(Domain::Package), Some(package), "ECX is {word:#x}");
        assert_eq!(found.shift(Domain::Core), Some(0));
    }
}

/// Without a leaf that has the package's threads, ECX[7:0] is held to the IDs that ECX[15:12] makes.
#[test]
fn more_threads_than_ids_are_found() {
    for (word, found) in [(2 << 12 | 3, false), (2 << 12 | 4, true), (4, false)] {
        let cpu = with(amd(1, K10, 0x8000_0008, 0), &[(0x8000_0008, None, [0, 0, word, 0])]);
        let kinds: Vec<FindingKind> = cpu.findings.iter().map(|finding| finding.kind).collect();
        assert_eq!(kinds.contains(&FindingKind::NcCount), found, "ECX is {word:#x}: {kinds:?}");
    }
}

/// APM Vol. 3, `Fn8000_001E` EBX[15:8]: threads of a core from family 17h on; before it, cores of a compute unit.
#[test]
fn threads_of_a_core_by_8000001eh() {
    let leaf = |threads: u32| (0x8000_001E, None, [0, (threads - 1) << 8, 0, 0]);
    for (signature, threads, expected) in
        [(ROME, 3, 3), (ROME, 2, 2), (ROME, 1, 1), (INTERLAGOS, 2, 1), (INTERLAGOS, 1, 1)]
    {
        let found = with(amd(1, signature, 0x8000_001E, TOPOEXT), &[leaf(threads)]);
        assert_eq!(found.threads_per_core, expected, "{signature:#x} says {threads}");
    }
}

/// Leaf 1FH is Intel's: on AMD its rows count nothing.
#[test]
fn amd_does_not_read_leaf_1fh() {
    let rows = [
        (0x1F, Some(0), [2, 4, 0x100, 0]),
        (0x1F, Some(1), [4, 16, 0x201, 0]),
        (0x8000_0026, Some(0), [1, 2, 0x100, 0]),
        (0x8000_0026, Some(1), [3, 8, 0x401, 0]),
    ];
    let found = with(amd(0x1F, 0x00A1_0F11, 0x8000_0026, TOPOEXT), &rows);
    assert_eq!((found.threads_per_core, found.shift(Domain::Package)), (2, Some(3)));
}

/// A table whose 0BH ends after the threads: they are all that a core has, and the package begins there.
#[test]
fn threads_alone_make_a_core_of_the_package() {
    let rows = [(0xB, Some(0), [1, 2, 0x100, 0]), (0xB, Some(1), [0, 0, 1, 0])];
    let found = with(intel(0xB, 2), &rows);
    assert_eq!((found.shift(Domain::Core), found.shift(Domain::Package)), (Some(1), Some(1)));
}

/// 80000005H and 80000006H of family 10h. A cache without a size or without lines is none.
#[test]
fn amds_older_cache_leaves_have_the_caches_that_they_say() {
    let caches = |l1d: u32, l2: u32| {
        let more = [
            (0x8000_0005, None, [0, 0, l1d, 0x4002_0140]),
            (0x8000_0006, None, [0, 0, l2, 12 << 18 | 0xB140]),
            (0x8000_0008, None, [0, 0, 3, 0]),
        ];
        let caches = with(amd(1, K10, 0x8000_0008, 0), &more).caches;
        caches.iter().map(|cache| (cache.name.level, cache.leaf)).collect::<Vec<_>>()
    };
    let all = [(1, 0x8000_0005), (1, 0x8000_0005), (2, 0x8000_0006), (3, 0x8000_0006)];
    assert_eq!(caches(0x4002_0140, 512 << 16 | 0x8140), all);
    assert_eq!(caches(0x4002_0100, 512 << 16 | 0x8140), all[1..], "no lines");
    assert_eq!(caches(0x0002_0140, 512 << 16 | 0x8140), all[1..], "no size");
    assert_eq!(caches(0x4002_0140, 0x8140), [all[0], all[1], all[3]], "no L2");
}

/// A word of ones in every leaf and subleaf that has names.
fn ones(vendor: [u32; 3], hypervisor: [u32; 3]) -> Answers {
    let [b, c, d] = vendor;
    let names = [
        (0, None, [u32::MAX, b, c, d]),
        (0x4000_0000, None, {
            let [b, c, d] = hypervisor;
            [0x4000_0001, b, c, d]
        }),
    ];
    let leaves = (1..0x25).chain([0x4000_0001]).chain(0x8000_0000..0x8000_0027);
    let all = leaves.flat_map(|leaf| (0..4).map(move |subleaf| (leaf, Some(subleaf), [u32::MAX; 4])));
    Answers::from_entries(names.into_iter().chain(all))
}

const KVM: [u32; 3] = [0x4B4D_564B, 0x564B_4D56, 0x4D];

/// Each bit is of one field, is a flag, or has no name, whichever way it is asked for.
#[test]
fn the_range_of_a_bit_is_the_field_that_is_listed() {
    for vendor in [[INTEL[0], INTEL[2], INTEL[1]], AMD] {
        let answers = ones(vendor, KVM);
        let (mut fields, mut flags, mut both) = (0, 0, 0);
        for (entry, view) in answers.entries().iter().zip(describe(&answers)) {
            let subleaf = entry.subleaf.unwrap_or(0);
            for register in 0..4 {
                let of = |at| range_of(&answers, entry.leaf, subleaf, register, at);
                let here: Vec<_> = view.fields.iter().filter(|f| f.register as usize == register).collect();
                for field in &here {
                    let listed = Range { hi: field.hi, lo: field.lo, name: field.name };
                    assert!(
                        (field.lo..=field.hi).all(|at| of(at) == Some(listed)),
                        "{}: {listed:?}",
                        view.coordinate
                    );
                    fields += 1;
                }
                let Some(named) = view.flags.iter().find(|f| f.register as usize == register) else {
                    continue;
                };
                let in_field = |at: u32| here.iter().any(|f| (f.lo..=f.hi).contains(&at));
                assert!(
                    named.unnamed.iter().all(|at| !in_field(*at) && of(*at).is_none()),
                    "{}",
                    view.coordinate
                );
                let single = (0..32).filter(|at| !in_field(*at) && !named.unnamed.contains(at));
                let single: Vec<Option<Range>> = single.map(of).collect();
                let listed: Vec<_> = single.iter().flatten().map(|range| range.name).collect();
                assert_eq!(listed, named.set, "{}", view.coordinate);
                assert_eq!(listed.len(), single.len(), "{}", view.coordinate);
                flags += listed.len();
                both += usize::from(!here.is_empty());
            }
        }
        assert!(fields > 80 && flags > 200 && both > 0, "{fields} fields, {flags} flags, {both} with both");
    }
}

/// Known ranges: SDM Vol. 2A, leaves 04H, 07H, 0DH; APM Vol. 3, `Fn8000_0008`; Linux `asm/kvm_para.h`.
#[test]
fn ranges_that_the_manuals_name() {
    let intel = ones([INTEL[0], INTEL[2], INTEL[1]], KVM);
    let amd = ones(AMD, [0x7263_694D, 0x666F_736F, 0x7648_2074]);
    let bits = |answers: &Answers, leaf, subleaf, register, at| {
        range_of(answers, leaf, subleaf, register, at).map(|range| (range.hi, range.lo))
    };
    assert_eq!(bits(&intel, 4, 3, 0, 20), Some((25, 14)));
    assert_eq!(bits(&amd, 4, 3, 0, 20), None, "AMD reserves leaf 4");
    assert_eq!(bits(&amd, 0x8000_0008, 0, 2, 13), Some((15, 12)));
    assert_eq!(bits(&intel, 0x8000_0008, 0, 2, 13), None);
    assert_eq!(bits(&intel, 0xD, 2, 0, 9), Some((31, 0)));
    assert_ne!(
        range_of(&intel, 0xD, 1, 0, 9).map(|range| range.name),
        range_of(&intel, 0xD, 2, 0, 9).map(|r| r.name)
    );
    let name = |answers: &Answers, leaf, register, at| {
        range_of(answers, leaf, 0, register, at).map(|range| range.name)
    };
    assert_eq!(name(&intel, 7, 3, 15), Some("hybrid_cpu"));
    assert_eq!(name(&intel, 1, 2, 21), Some("x2apic"));
    assert_eq!(name(&intel, 0x4000_0001, 0, 15), Some("msi_ext_dest_id"));
    assert_eq!(name(&amd, 0x4000_0001, 0, 15), None, "another hypervisor's leaf");
    assert_eq!(range_of(&intel, 1, 0, 4, 0), None, "there are four registers");
}
