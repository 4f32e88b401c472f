//! Core types and clocks.

use topoc::decode::{Answers, FindingKind, cpu};

use super::hand::*;

/// SDM, leaf 07H: EDX\[15\], where the table reaches it; AMD has no such bit.
#[test]
fn hybrid_is_intels() {
    let hybrid = |vendor, max, bit: u32| {
        let table = with(maxima(vendor, SKYLAKE, max, 0x8000_0008), &[sub(7, 0, [0, 0, 0, bit])]);
        cpu(&Answers::from_entries(table)).hybrid
    };
    assert!(hybrid(INTEL, 7, 1 << 15) && hybrid(INTEL, 0x20, 1 << 15));
    assert!(!hybrid(INTEL, 6, 1 << 15) && !hybrid(INTEL, 7, 1 << 14));
    assert!(!hybrid(AMD, 7, 1 << 15) && !hybrid(AMD, 6, 1 << 15));
}

/// SDM, leaf 15H: the TSC is crystal times numerator over denominator, and unknown where one of them is.
#[test]
fn a_tsc_has_all_three_of_its_numbers() {
    let tsc = |denominator, numerator, crystal| {
        let table = with(
            maxima(INTEL, SKYLAKE, 0x16, 0x8000_0008),
            &[leaf(0x15, [denominator, numerator, crystal, 0])],
        );
        topoc::decode::system(&Answers::from_entries(table)).tsc
    };
    assert_eq!(tsc(2, 250, 24_000_000), Some(3_000_000_000));
    assert_eq!((tsc(0, 250, 24_000_000), tsc(2, 0, 24_000_000), tsc(2, 250, 0)), (None, None, None));
    assert_eq!(tsc(7, 250, 24_000_000), None, "no whole number of Hz");
}

/// SDM, leaves 07H and 1AH: a hybrid processor tells each core's type; EBX, ECX and EDX are reserved, and so is a
/// model without a type.
#[test]
fn a_hybrid_processor_names_its_cores() {
    use FindingKind::{Hybrid, ReservedBits};
    let table = |vendor, max, hybrid: u32, words: [u32; 4]| {
        with(
            maxima(vendor, SKYLAKE, max, 0x8000_0008),
            &[sub(7, 0, [0, 0, 0, hybrid << 15]), leaf(0x1A, words)],
        )
    };
    let core = 0x40 << 24;
    assert!(
        has(&table(INTEL, 0x1A, 1, [0; 4]), Hybrid) && has(&table(INTEL, 0x19, 1, [core, 0, 0, 0]), Hybrid)
    );
    assert!(
        !has(&table(INTEL, 0x1A, 1, [core, 0, 0, 0]), Hybrid) && !has(&table(INTEL, 0x1A, 0, [0; 4]), Hybrid)
    );
    assert!(!has(&table(INTEL, 0x1A, 1, [core | 1, 0, 0, 0]), ReservedBits));
    for words in [
        [core, 1, 0, 0],
        [core, 0, 1, 0],
        [core, 0, 0, 1],
        [core, 1, 1, 0],
        [core, 1, 0, 1],
        [0, 0, 1, 1],
        [1, 0, 0, 0],
    ] {
        assert!(has(&table(INTEL, 0x1A, 1, words), ReservedBits), "{words:x?}");
        assert!(!has(&table(INTEL, 0x19, 1, words), ReservedBits), "{words:x?} beyond the maximum");
        assert!(!has(&table(AMD, 0x1A, 1, words), ReservedBits), "{words:x?} of AMD");
    }
}

/// APM Vol. 3, `Fn8000_0026`: EAX\[30\] says that types differ, EBX\[31:28\] of the first subleaf which it is.
#[test]
fn amd_names_types_where_they_differ() {
    let found = |vendor, differ: u32, core_type: u32| {
        let table = with(
            maxima(vendor, 0x00A1_0F11, 0xB, 0x8000_0026),
            &[
                sub(0x8000_0026, 0, [1 | differ << 30, 2 | core_type << 28, 0x100, 0]),
                sub(0x8000_0026, 1, [4 | differ << 30, 16, 0x401, 0]),
            ],
        );
        has(&table, FindingKind::Hybrid)
    };
    assert!(found(AMD, 0, 1));
    assert!(!found(AMD, 1, 1) && !found(AMD, 0, 0) && !found(INTEL, 0, 1));
}
