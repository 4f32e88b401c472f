//! AMD's own leaves.

use topoc::decode::FindingKind;

use super::hand::*;

/// APM Vol. 3, `Fn8000_0001_ECX`: bit 22 says that 8000001DH and 8000001EH are there.
#[test]
fn topoext_stands_with_its_leaves() {
    use FindingKind::{PerfctrWithoutTopoext, TopoextMissing, TopoextWithoutLeaves};
    let zen =
        |extended, flags| with(maxima(AMD, ROME, 1, extended), &[leaf(0x8000_0001, [ROME, 0, flags, 0])]);
    assert!(!has(&zen(0x8000_0000, 0), TopoextMissing), "nothing says that the leaf is there");
    assert!(has(&zen(0x8000_0001, 0), TopoextMissing));
    assert!(has(&zen(0x8000_001E, 0), TopoextMissing));
    assert!(!has(&with(zen(0x8000_001E, TOPOEXT), &[L1D]), TopoextMissing));
    let k10 = with(maxima(AMD, K10, 1, 0x8000_0008), &[leaf(0x8000_0001, [K10, 0, 0, 0])]);
    assert!(!has(&k10, TopoextMissing), "family 10h has none");

    let counters = |flags| with(k10.clone(), &[leaf(0x8000_0001, [K10, 0, flags, 0])]);
    assert!(has(&counters(1 << 23), PerfctrWithoutTopoext));
    assert!(!has(&counters(1 << 23 | TOPOEXT), PerfctrWithoutTopoext));
    assert!(!has(&counters(0), PerfctrWithoutTopoext));

    assert!(!has(&with(zen(0x8000_001E, TOPOEXT), &[L1D]), TopoextWithoutLeaves));
    assert!(has(&zen(0x8000_001E, TOPOEXT), TopoextWithoutLeaves), "8000001DH is empty");
    assert!(has(&with(zen(0x8000_001D, TOPOEXT), &[L1D]), TopoextWithoutLeaves), "8000001EH is beyond");
    assert!(!has(&zen(0x8000_001D, 0), TopoextWithoutLeaves));
}

/// APM Vol. 3, `Fn8000_0008_ECX`: bits 11:8 and 31:18 are reserved; `Fn8000_001E`: EBX\[31:16\], ECX\[31:11\] and EDX.
#[test]
fn what_amd_reserves_is_zero() {
    let table = |ecx, core: [u32; 4]| {
        with(
            maxima(AMD, ROME, 1, 0x8000_001E),
            &[
                leaf(0x8000_0001, [ROME, 0, TOPOEXT, 0]),
                leaf(0x8000_0008, [0x3030, 0, ecx, 0]),
                L1D,
                leaf(0x8000_001E, core),
            ],
        )
    };
    let reserved = |ecx, core| has(&table(ecx, core), FindingKind::ReservedBits);
    assert!(!reserved(0x1000, [0; 4]));
    assert!(!reserved(0x2_1000, [0; 4]), "17:16 is PerfTscSize");
    for ecx in [1 << 8, 1 << 11, 1 << 18, 1 << 31, 1 << 8 | 1 << 18] {
        assert!(reserved(0x1000 | ecx, [0; 4]), "{ecx:#x}");
    }
    assert!(!reserved(0x1000, [0, 0xFFFF, 0x7FF, 0]));
    for core in [
        [0, 1 << 16, 0, 0],
        [0, 0, 1 << 11, 0],
        [0, 0, 0, 1],
        [0, 1 << 16, 1 << 11, 0],
        [0, 1 << 16, 0, 1],
        [0, 0, 1 << 11, 1],
    ] {
        assert!(reserved(0x1000, core), "{core:x?}");
    }
}

/// ID 10 of two nodes of 8 IDs, two threads a core: core 5 of the package, core 1 of its node. Hygon's silicon says
/// the latter (published dumps of Dhyana).
#[test]
fn hygons_silicon_numbers_cores_within_the_node() {
    let table = |vendor, signature, core: u32, nodes: u32| {
        with(
            maxima(vendor, signature, 1, 0x8000_001E),
            &[
                leaf(1, [signature, 10 << 24 | 16 << 16, 0, 1 << 28]),
                leaf(0x8000_0001, [signature, 0, TOPOEXT | 2, 0]),
                leaf(0x8000_0008, [0x3030, 0, 4 << 12 | 15, 0]),
                L1D,
                leaf(0x8000_001E, [10, 1 << 8 | core, (nodes - 1) << 8 | 1, 0]),
            ],
        )
    };
    let of_hygon = |core| table(HYGON, DHYANA, core, 2);
    for core in 0..8 {
        assert_eq!(has(&of_hygon(core), FindingKind::CoreId), ![1, 5].contains(&core), "core {core}");
        let amd = table(AMD, ROME, core, 2);
        assert_eq!(has(&amd, FindingKind::CoreId), core != 5, "core {core} of AMD");
        let blob = found_in_blob(&of_hygon(core));
        assert_eq!(blob.contains(&FindingKind::CoreId), core != 5, "core {core} of a guest");
    }
    // 3 nodes are none: then there is no node to number within.
    assert!(has(&table(HYGON, DHYANA, 1, 3), FindingKind::CoreId));
    assert!(has(&table(HYGON, DHYANA, 1, 3), FindingKind::NodesPerProcessor));
    for nodes in [1, 2, 4, 8] {
        assert!(!has(&table(HYGON, DHYANA, 5, nodes), FindingKind::NodesPerProcessor), "{nodes}");
    }
}

/// APM Vol. 3, `Fn8000_0005` and `Fn8000_0006` repeat 8000001DH: lines of 255 bytes at most, FFH for an L1 of full
/// associativity, and of several L3s together nothing that is one's own.
#[test]
fn amds_older_figures_repeat_8000001dh() {
    let row = |kind: u32, level: u32, line: u32, ways: u32, sets: u32, full: u32| {
        [full << 9 | level << 5 | kind, (ways - 1) << 22 | (line - 1), sets - 1, 0]
    };
    // IDs of 3 bits, an L3 for each `ids` of them.
    let found = |l1d: u32, l2: u32, l3: u32, rows: [[u32; 4]; 3], ids: u32| {
        let [l1d_row, l2_row, mut l3_row] = rows;
        l3_row[0] |= (ids - 1) << 14;
        let more = [
            leaf(0x8000_0001, [ROME, 0, TOPOEXT, 0]),
            leaf(0x8000_0005, [0, 0, l1d, 0]),
            leaf(0x8000_0006, [0, 0, l2, l3]),
            leaf(0x8000_0008, [0x3030, 0, 3 << 12, 0]),
            sub(0x8000_001D, 0, l1d_row),
            sub(0x8000_001D, 1, l2_row),
            sub(0x8000_001D, 2, l3_row),
        ];
        has(&with(maxima(AMD, ROME, 1, 0x8000_001E), &more), FindingKind::AmdCacheLeaves)
    };
    let l1d = row(1, 1, 64, 8, 64, 0);
    let l2 = row(3, 2, 64, 8, 1024, 0);
    let l3 = row(3, 3, 64, 16, 8192, 0);
    let (l1d_word, l2_word, l3_word) = (32 << 24 | 8 << 16 | 0x140, 512 << 16 | 0x6140, 16 << 18 | 0x8140);
    let sound = |l1d_word, l2_word, l3_word, rows| found(l1d_word, l2_word, l3_word, rows, 8);
    assert!(!sound(l1d_word, l2_word, l3_word, [l1d, l2, l3]));
    assert!(sound(l1d_word + (1 << 24), l2_word, l3_word, [l1d, l2, l3]), "33 KiB");
    assert!(sound(l1d_word, l2_word + 64, l3_word, [l1d, l2, l3]), "a line of 128 bytes");
    // A line of 256 bytes is beyond the field, one of 255 is not.
    let long = |line, sets| row(3, 2, line, 8, sets, 0);
    assert!(!sound(l1d_word, 512 << 16 | 0x6100, l3_word, [l1d, long(256, 256), l3]));
    assert!(sound(l1d_word, 510 << 16 | 0x6100, l3_word, [l1d, long(255, 256), l3]));
    // Full associativity: as said, or as one set has it.
    let full_word = 32 << 24 | 0xFF << 16 | 0x140;
    assert!(!sound(full_word, l2_word, l3_word, [row(1, 1, 64, 8, 64, 1), l2, l3]));
    assert!(!sound(full_word, l2_word, l3_word, [row(1, 1, 64, 512, 1, 0), l2, l3]));
    assert!(sound(full_word, l2_word, l3_word, [l1d, l2, l3]));
    assert!(!sound(full_word, l2_word, l3_word, [row(1, 1, 64, 512, 1, 1), l2, l3]));
    // The ways of a single L3 are its own, those of two are nobody's.
    let other_ways = 16 << 18 | 0x6140;
    assert!(found(l1d_word, l2_word, other_ways, [l1d, l2, l3], 8));
    assert!(!found(l1d_word, l2_word, other_ways, [l1d, l2, l3], 4));
    assert!(found(l1d_word, 512 << 16 | 0x8140, other_ways, [l1d, l2, l3], 4), "of the L2");
}
