//! The levels of leaf 0BH and its like.

use topoc::decode::{Answers, FindingKind, cpu};

use super::hand::*;

/// A row ends the walk if it has no type, and if it counts no thread (SDM, leaf 0BH).
#[test]
fn a_row_has_a_type_and_threads() {
    let rows = |max, second: [u32; 4]| {
        let table = with(
            maxima(INTEL, SKYLAKE, max, 0x8000_0008),
            &[sub(0xB, 0, [1, 2, 0x100, 0]), sub(0xB, 1, second), sub(0xB, 2, [0, 0, 2, 0])],
        );
        cpu(&Answers::from_entries(table)).rows.len()
    };
    assert_eq!(rows(0xB, [4, 8, 0x201, 0]), 2);
    assert_eq!(rows(0xB, [4, 0, 0x201, 0]), 1);
    assert_eq!(rows(0xB, [4, 8, 0x001, 0]), 1);
    assert_eq!(rows(0xA, [4, 8, 0x201, 0]), 0);
}

/// SDM, leaf 0BH: the first level is the thread's, and levels rise; no more threads are counted than there are IDs.
#[test]
fn levels_begin_with_threads_and_rise() {
    use FindingKind::{
        CountImplausible, DomainOrder, DomainTypeUnknown, FirstRow, RowMissing, ShiftDecreases,
        ThreadsWithoutBit,
    };
    assert_eq!(found(&levels(&[THREADS, CORES, END])), []);
    assert!(!has(&levels(&[[1, 2, 0x100, 9], [1, 2, 0x201, 9], END]), ShiftDecreases));
    for (rows, kind, is_found) in [
        ([[1, 2, 0x200, 9], [4, 16, 0x301, 9]], FirstRow, true),
        ([[1, 2, 0x200, 9], [4, 16, 0x101, 9]], DomainOrder, true),
        ([[1, 2, 0x100, 9], [4, 16, 0x101, 9]], DomainOrder, true),
        ([THREADS, CORES], DomainOrder, false),
        ([[1, 2, 0x100, 9], [4, 16, 0x301, 9]], DomainTypeUnknown, true),
        ([[1, 2, 0x100, 9], [4, 16, 0x301, 9]], RowMissing, true),
        ([THREADS, CORES], RowMissing, false),
        ([[4, 2, 0x100, 9], [3, 8, 0x201, 9]], ShiftDecreases, true),
        ([[4, 2, 0x100, 9], [4, 8, 0x201, 9]], ShiftDecreases, false),
        ([[1, 2, 0x100, 9], [4, 1, 0x201, 9]], CountImplausible, true),
        ([[1, 2, 0x100, 9], [4, 2, 0x201, 9]], CountImplausible, false),
        ([[1, 2, 0x100, 9], [4, 17, 0x201, 9]], CountImplausible, true),
        ([[0, 2, 0x100, 9], [4, 16, 0x201, 9]], ThreadsWithoutBit, true),
        ([[0, 1, 0x100, 9], [4, 16, 0x201, 9]], ThreadsWithoutBit, false),
        ([[2, 3, 0x100, 9], [4, 16, 0x201, 9]], ThreadsWithoutBit, false),
    ] {
        let [first, second] = rows;
        assert_eq!(has(&levels(&[first, second, END]), kind), is_found, "{rows:x?} {kind:?}");
    }
}

const THREADS: [u32; 4] = [1, 2, 0x100, 9];
const CORES: [u32; 4] = [4, 16, 0x201, 9];
const END: [u32; 4] = [0, 0, 2, 9];

/// SDM, leaf 0BH: ECX\[7:0\] repeats the subleaf, EAX\[31:5\], EBX\[31:16\] and ECX\[31:16\] are reserved.
#[test]
fn what_the_levels_reserve_is_zero() {
    use FindingKind::{ReservedBits, SubleafEcho};
    assert!(has(&levels(&[THREADS, [4, 16, 0x202, 9], END]), SubleafEcho));
    for (register, bit) in [(0, 5), (0, 31), (1, 16), (1, 31), (2, 16), (2, 31)] {
        let mut cores = CORES;
        cores[register] |= 1 << bit;
        assert!(has(&levels(&[THREADS, cores, END]), ReservedBits), "register {register}, bit {bit}");
    }
    // The same bit of two registers.
    assert!(has(
        &levels(&[THREADS, [CORES[0] | 1 << 5, CORES[1] | 1 << 16, CORES[2], 9], END]),
        ReservedBits
    ));
    assert!(has(
        &levels(&[THREADS, [CORES[0], CORES[1] | 1 << 16, CORES[2] | 1 << 16, 9], END]),
        ReservedBits
    ));
    // APM Vol. 3, `Fn8000_0026`: EAX[31:29] in every subleaf, EBX[31:16] in the first.
    let amd = |first: [u32; 4], second: [u32; 4]| {
        let table = with(
            maxima(AMD, 0x00A1_0F11, 0xB, 0x8000_0026),
            &[sub(0x8000_0026, 0, first), sub(0x8000_0026, 1, second)],
        );
        has(&table, ReservedBits)
    };
    assert!(!amd([1 | 7 << 29, 2 | 0x1234 << 16, 0x100, 0], [4 | 7 << 29, 16, 0x401, 0]));
    assert!(amd([1 | 1 << 28, 2, 0x100, 0], [4, 16, 0x401, 0]));
    assert!(amd([1, 2, 0x100, 0], [4, 16 | 1 << 16, 0x401, 0]));
}

/// The subleaf after the last has its own number in ECX and the ID in EDX. Captures may lack it, blobs may not.
#[test]
fn the_levels_end() {
    use FindingKind::{NoTerminator, RowUnreachable};
    let without = levels(&[THREADS, CORES]);
    assert!(!has(&without, NoTerminator) && found_in_blob(&without).contains(&NoTerminator));
    assert!(!found_in_blob(&levels(&[THREADS, CORES, END])).contains(&NoTerminator));
    for (end, is_found) in [
        (END, false),
        ([1, 0, 2, 9], true),
        ([0, 1, 2, 9], true),
        ([1, 1, 2, 9], true),
        ([0, 0, 3, 9], true),
        ([0, 0, 0, 9], true),
    ] {
        assert_eq!(has(&levels(&[THREADS, CORES, end]), NoTerminator), is_found, "{end:?}");
    }
    for (behind, is_found) in [([4, 16, 0x203, 9], true), ([4, 0, 0x203, 9], false), ([4, 16, 3, 9], false)] {
        assert_eq!(has(&levels(&[THREADS, CORES, END, behind]), RowUnreachable), is_found, "{behind:x?}");
    }
    // A walk of 64 subleaves ends without one that says so.
    let endless: Vec<_> = (0..66).map(|n| [4, 16, 0x200 | n, 9]).collect();
    assert!(has(&levels(&endless), NoTerminator) && has(&levels(&endless), RowUnreachable));
    assert!(!has(&levels(&endless[..65]), RowUnreachable), "the end itself");
    // Beyond the maximum nobody looks.
    let beyond = with(
        levels(&[THREADS, CORES, END, [4, 16, 0x203, 9]]),
        &[leaf(0, [0xA, INTEL[0], INTEL[1], INTEL[2]])],
    );
    assert!(!has(&beyond, RowUnreachable));
}

/// SDM, leaf 0BH: EDX is the ID in every subleaf, also in the one that ends the leaf.
#[test]
fn one_id_stands_everywhere() {
    use FindingKind::{ApicIdDiffers, InitialApicIdDiffers};
    assert!(has(&levels(&[THREADS, [4, 16, 0x201, 8], END]), ApicIdDiffers));
    assert!(has(&levels(&[THREADS, CORES, [0, 0, 2, 8]]), ApicIdDiffers));
    assert!(!has(&levels(&[THREADS, CORES]), ApicIdDiffers));
    assert!(!found_in_blob(&levels(&[THREADS, CORES])).contains(&ApicIdDiffers), "KVM fills it in");
    let initial = |id: u32| {
        with(levels(&[THREADS, CORES, END]), &[leaf(1, [SKYLAKE, id << 24 | 16 << 16, 0, 1 << 28])])
    };
    assert!(has(&initial(8), InitialApicIdDiffers) && !has(&initial(9), InitialApicIdDiffers));
}
