//! Leaf 1 and leaf 4, which number the package.

use topoc::decode::FindingKind;

use super::hand::*;

/// SDM, leaves 01H and 04H: IDs of the package, 255 at most, and core IDs minus 1, 63 at most.
#[test]
fn leaf_1_and_leaf_4_number_the_package() {
    use FindingKind::{CoreIdsField, Htt, LogicalProcessorCount};
    let package = |shift: u32, threads: u32, ids: u32, htt: u32| {
        with(
            levels(&[[0, 1, 0x100, 0], [shift, threads, 0x201, 0], [0, 0, 2, 0]]),
            &[leaf(1, [SKYLAKE, ids << 16, 0, htt << 28])],
        )
    };
    for (shift, ids, htt, wrong_ids, wrong_htt) in [
        (0, 0, 0, false, false),
        (0, 1, 0, false, false),
        (0, 2, 0, true, false),
        (0, 1, 1, false, true),
        (4, 16, 1, false, false),
        (4, 15, 1, true, false),
        (4, 16, 0, false, true),
        (1, 2, 1, false, false),
        (1, 1, 1, true, false),
        (8, 255, 1, false, false),
        (8, 0, 1, true, false),
        (9, 255, 1, false, false),
    ] {
        let table = package(shift, 1, ids, htt);
        let found = (has(&table, LogicalProcessorCount), has(&table, Htt));
        assert_eq!(found, (wrong_ids, wrong_htt), "shift {shift}, {ids} IDs, HTT {htt}");
    }
    // Without 0BH, leaf 4 numbers no more cores than leaf 1 has IDs.
    let cores = |max, kind: u32, cores: u32, ids: u32, htt: u32| {
        let table = with(
            maxima(INTEL, SKYLAKE, max, 0x8000_0000),
            &[
                leaf(1, [SKYLAKE, ids << 16, 0, htt << 28]),
                sub(4, 0, [(cores - 1) << 26 | 0x120 | kind, 0x01C0_003F, 0x3F, 0]),
            ],
        );
        has(&table, CoreIdsField)
    };
    assert!(cores(4, 1, 32, 16, 1) && cores(0xA, 1, 32, 16, 1) && cores(4, 1, 17, 16, 1));
    assert!(!cores(4, 1, 16, 16, 1) && !cores(4, 1, 16, 9, 1), "16 IDs for 9 threads");
    assert!(!cores(4, 0, 32, 16, 1), "no cache");
    assert!(!cores(3, 1, 32, 16, 1), "beyond the maximum");
    assert!(!cores(4, 1, 32, 16, 0), "leaf 1 counts with HTT alone");
    // With it, exactly those of the package, in each subleaf.
    let beside = |shift, cores: u32| {
        with(
            package(shift, 1, 1 << shift.min(7_u32), 1),
            &[sub(4, 0, [(cores - 1) << 26 | 0x121, 0x01C0_003F, 0x3F, 0]), sub(4, 1, [0; 4])],
        )
    };
    assert!(!has(&beside(4, 16), CoreIdsField) && has(&beside(4, 15), CoreIdsField));
    assert!(!has(&beside(6, 64), CoreIdsField) && !has(&beside(7, 64), CoreIdsField));
}

/// APM Vol. 3, `Fn0000_0001` and `Fn8000_0001`: threads of the package, 255 at most; HTT and CmpLegacy where there
/// are several.
#[test]
fn leaf_1_counts_amds_threads() {
    use FindingKind::{CmpLegacy, Htt, LogicalProcessorCount};
    let kinds = |threads: u32, count: u32, htt: u32, legacy: u32, extended| {
        let table = with(
            maxima(AMD, K10, 1, extended),
            &[
                leaf(1, [K10, count << 16, 0, htt << 28]),
                leaf(0x8000_0001, [K10, 0, legacy << 1, 0]),
                leaf(0x8000_0008, [0x3030, 0, 8 << 12 | (threads - 1), 0]),
            ],
        );
        [LogicalProcessorCount, Htt, CmpLegacy].map(|kind| has(&table, kind))
    };
    let all = 0x8000_0008;
    assert_eq!(kinds(6, 6, 1, 1, all), [false; 3]);
    assert_eq!(kinds(2, 2, 1, 1, all), [false; 3]);
    assert_eq!(kinds(6, 5, 0, 0, all), [true; 3]);
    assert_eq!((kinds(1, 0, 0, 0, all), kinds(1, 1, 0, 0, all)), ([false; 3], [false; 3]));
    assert_eq!(kinds(1, 2, 1, 1, all), [true; 3]);
    assert_eq!((kinds(255, 255, 1, 1, all), kinds(256, 255, 1, 1, all)), ([false; 3], [false; 3]));
    assert_eq!(kinds(6, 5, 0, 0, 0x8000_0004), [false; 3], "nothing counts the threads");
}

/// SDM, leaves 80000001H and 80000008H: what AMD has there is reserved.
#[test]
fn amds_flags_are_nobody_elses() {
    let found = |extended, flags: u32, sizes: u32| {
        let table = with(
            maxima(INTEL, SKYLAKE, 4, extended),
            &[leaf(0x8000_0001, [0, 0, flags, 0]), leaf(0x8000_0008, [0x3030, 0, sizes, 0])],
        );
        has(&table, FindingKind::AmdFlagsElsewhere)
    };
    assert!(!found(0x8000_0008, 1, 0));
    assert!(found(0x8000_0008, 1 << 1, 0) && found(0x8000_0001, 1 << 1, 0) && found(0x8000_0008, 1 << 22, 0));
    assert!(!found(0x8000_0000, 1 << 1, 0), "beyond the maximum");
    assert!(found(0x8000_0008, 0, 1) && found(0x8000_001E, 0, 1) && !found(0x8000_0007, 0, 1));
}
