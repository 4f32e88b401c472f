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
    for core in
        [[0, 1 << 16, 0, 0], [0, 0, 1 << 11, 0], [0, 0, 0, 1], [0, 1 << 16, 1 << 11, 0], [0, 1 << 16, 0, 1]]
    {
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
