//! Caches: leaf 4, 8000001DH and what stood before it.

use topoc::decode::{Answers, FindingKind, cpu};

use super::hand::*;

/// Linux takes 8000001DH's subleaf 3 for the L3. Intel's leaf 4 has an order of its own.
#[test]
fn the_order_of_caches_is_amds() {
    let l1i_first = |number| {
        [sub(number, 0, [0x122, 0x01C0_003F, 0x3F, 0]), sub(number, 1, [0x121, 0x01C0_003F, 0x3F, 0])]
    };
    let intel = with(maxima(INTEL, SKYLAKE, 4, 0x8000_0008), &l1i_first(4));
    assert!(!has(&intel, FindingKind::CacheOrder));
    let amd = with(maxima(AMD, ROME, 1, 0x8000_001E), &[leaf(0x8000_0001, [ROME, 0, TOPOEXT, 0])]);
    assert!(has(&with(amd, &l1i_first(0x8000_001D)), FindingKind::CacheOrder));
    // Before 8000001DH, 80000005H and 80000006H list what there is: here an L2 alone.
    let k10 = with(maxima(AMD, K10, 1, 0x8000_0008), &[leaf(0x8000_0006, [0, 0, 0x0200_8140, 0])]);
    assert!(!has(&k10, FindingKind::CacheOrder));
}

/// BKDG 31116: two dies share a G34 package of family 10h, `Fn8000_0001_EBX`\[31:28\] is 3. Its L3 is each die's half.
#[test]
fn a_g34_package_is_of_family_10h() {
    let ids = |vendor, signature, package: u32, threads: u32| {
        let table = with(
            maxima(vendor, signature, 1, 0x8000_0008),
            &[
                leaf(0x8000_0001, [signature, package << 28, 0, 0]),
                leaf(0x8000_0006, [0, 0, 0x0200_8140, 0x0030_B140]),
                leaf(0x8000_0008, [0x3030, 0, 4 << 12 | (threads - 1), 0]),
            ],
        );
        let cpu = cpu(&Answers::from_entries(table));
        cpu.caches.iter().find(|cache| cache.name.level == 3).unwrap().window.ids
    };
    assert_eq!(ids(AMD, K10, 3, 12), 6);
    assert_eq!(ids(AMD, K10, 1, 12), 16, "another socket");
    assert_eq!(ids(AMD, K10, 3, 11), 16, "no two halves");
    assert_eq!(ids(AMD, INTERLAGOS, 3, 12), 16, "another family");
    assert_eq!(ids(HYGON, K10, 3, 12), 16, "another vendor");
}

/// A table of Intel's with leaf 4 as `rows`, in a package of 16 IDs, two threads a core.
fn leaf_4(rows: &[[u32; 4]]) -> Table {
    let table = with(
        maxima(INTEL, SKYLAKE, 0xB, 0x8000_0008),
        &[
            leaf(1, [SKYLAKE, 16 << 16, 0, 1 << 28]),
            sub(0xB, 0, [1, 2, 0x100, 0]),
            sub(0xB, 1, [4, 16, 0x201, 0]),
            sub(0xB, 2, [0, 0, 2, 0]),
        ],
    );
    let rows: Vec<_> = (0..).zip(rows).map(|(subleaf, words)| sub(4, subleaf, *words)).collect();
    with(table, &rows)
}

/// EAX of leaf 4: 8 core IDs, this many IDs that share the cache, its level and its type.
fn eax(ids: u32, level: u32, kind: u32) -> u32 {
    7 << 26 | (ids - 1) << 14 | 1 << 8 | level << 5 | kind
}

fn cache(ids: u32, level: u32, kind: u32) -> [u32; 4] {
    [eax(ids, level, kind), 0x01C0_003F, 0x3F * level, 0]
}

/// SDM, leaf 04H: the IDs that share a cache are a power of two, those of a core at least and of a package at most.
#[test]
fn a_cache_is_a_domains() {
    use FindingKind::{CacheBeyondPackage, CacheSpanNarrows, CacheSpanNoDomain, CacheSpanUneven};
    let found = |ids: u32| {
        let table = leaf_4(&[cache(ids, 1, 1), [0; 4]]);
        [CacheSpanUneven, CacheSpanNarrows, CacheBeyondPackage, CacheSpanNoDomain]
            .map(|kind| has(&table, kind))
    };
    assert_eq!(found(1), [false, true, false, false], "half a core");
    assert_eq!(found(2), [false; 4], "a core");
    assert_eq!(found(16), [false; 4], "the package");
    assert_eq!(found(32), [false, false, true, false]);
    assert!(found(12)[0] && found(3)[0], "no power of two");
    for ids in [4, 8] {
        assert_eq!(found(ids), [false, false, false, true], "{ids} IDs are no domain's");
    }
    // Zhaoxin's silicon shares among cores that no leaf names.
    let zhaoxin =
        with(leaf_4(&[cache(4, 1, 1), [0; 4]]), &[leaf(0, [0xB, 0x6853_2020, 0x2020_6961, 0x6867_6E61])]);
    assert!(!has(&zhaoxin, CacheSpanNoDomain));
}

/// EAX\[25:14\] holds 4095 at most, which then stands for more.
#[test]
fn a_saturated_span_is_any_of_more_ids() {
    let found = |shift, ids| {
        let table = with(leaf_4(&[cache(ids, 3, 3), [0; 4]]), &[sub(0xB, 1, [shift, 16, 0x201, 0])]);
        has(&table, FindingKind::CacheSpanNoDomain)
    };
    assert!(!found(13, 4096) && !found(12, 4096));
    assert!(found(13, 2048));
}

/// SDM, leaf 04H, and APM Vol. 3, `Fn8000_001D`: types are 1 to 3, levels begin at 1, and what is reserved is zero.
#[test]
fn what_the_caches_reserve_is_zero() {
    use FindingKind::{CacheTypeUnknown, ReservedBits};
    let intel = |words: [u32; 4], kind| has(&leaf_4(&[words, [0; 4]]), kind);
    assert!(!intel(cache(2, 1, 3), CacheTypeUnknown));
    assert!(intel(cache(2, 1, 4), CacheTypeUnknown) && intel(cache(2, 0, 1), CacheTypeUnknown));
    let [eax, ebx, ecx, _] = cache(2, 1, 1);
    assert!(!intel([eax, ebx, ecx, 7], ReservedBits));
    for words in [
        [eax | 1 << 10, ebx, ecx, 0],
        [eax | 1 << 13, ebx, ecx, 0],
        [eax, ebx, ecx, 8],
        [eax | 1 << 10, ebx, ecx, 8],
    ] {
        assert!(intel(words, ReservedBits), "{words:x?}");
    }
    let amd = |eax: u32, edx| {
        let table = with(
            maxima(AMD, ROME, 1, 0x8000_001E),
            &[leaf(0x8000_0001, [ROME, 0, TOPOEXT, 0]), sub(0x8000_001D, 0, [0x4121 | eax, ebx, ecx, edx])],
        );
        has(&table, ReservedBits)
    };
    assert!(!amd(0, 3));
    assert!(amd(1 << 26, 0) && amd(0, 4) && amd(1 << 26, 4) && amd(1 << 10, 0) && amd(0, 8));
    assert!(amd(1 << 10, 4) && amd(0, 4 | 8));
    // 80000006H is no list: its words mean something else.
    let k10 = with(maxima(AMD, K10, 1, 0x8000_0008), &[leaf(0x8000_0006, [u32::MAX, 0, 0x0200_8140, 0])]);
    assert!(!has(&k10, ReservedBits));
}

/// A level is shared as widely as the one before it, and stands once for data.
#[test]
fn levels_of_caches_nest_and_stand_once() {
    use FindingKind::{CacheLevelTwice, CacheRepeated, CacheSpanNarrows};
    let found = |rows: &[[u32; 4]], kind| has(&leaf_4(rows), kind);
    let (l1, l1i, wide) = (cache(2, 1, 1), cache(2, 1, 2), cache(16, 2, 3));
    assert!(!found(&[l1, l1i, wide, cache(16, 3, 3), [0; 4]], CacheSpanNarrows));
    assert!(found(&[l1, l1i, wide, cache(2, 3, 3), [0; 4]], CacheSpanNarrows));
    assert!(!found(&[cache(16, 1, 1), l1i, [0; 4]], CacheSpanNarrows), "of one level");
    assert!(found(&[l1, l1, [0; 4]], CacheRepeated) && !found(&[l1, l1i, [0; 4]], CacheRepeated));
    assert!(
        found(&[l1, cache(16, 1, 1), [0; 4]], CacheLevelTwice)
            && found(&[l1, cache(16, 1, 3), [0; 4]], CacheLevelTwice)
    );
    assert!(
        !found(&[l1, l1i, [0; 4]], CacheLevelTwice)
            && !found(&[l1i, cache(16, 1, 2), [0; 4]], CacheLevelTwice)
    );
    assert!(!found(&[l1, wide, [0; 4]], CacheLevelTwice));
}

/// The subleaf after the last is zeros. Captures may lack it, blobs may not.
#[test]
fn the_caches_end() {
    use FindingKind::NoTerminator;
    let (l1, l2) = (cache(2, 1, 1), cache(2, 2, 3));
    let without = leaf_4(&[l1, l2]);
    assert!(!has(&without, NoTerminator) && found_in_blob(&without).contains(&NoTerminator));
    let ended = leaf_4(&[l1, l2, [0; 4]]);
    assert!(!has(&ended, NoTerminator) && !found_in_blob(&ended).contains(&NoTerminator));
    assert!(has(&leaf_4(&[l1, l2, [0, 0, 1, 0]]), NoTerminator));
    let endless: Vec<_> = (0..32).map(|n| [eax(2, 3, 3), 0x01C0_003F, n, 0]).collect();
    assert!(has(&leaf_4(&endless), NoTerminator) && !has(&leaf_4(&endless[..31]), NoTerminator));
}

/// A complex is the cores that share an L3 (APM Vol. 3, `Fn8000_0026`). Linux takes subleaf 3 for the L3.
#[test]
fn amds_l3_is_the_complexs_and_the_fourth() {
    use FindingKind::{CacheOrder, L3NotComplex};
    let table = |caches: &[[u32; 4]]| {
        let table = with(
            maxima(AMD, 0x00A1_0F11, 0xB, 0x8000_0026),
            &[
                leaf(0x8000_0001, [0x00A1_0F11, 0, TOPOEXT | 2, 0]),
                sub(0x8000_0026, 0, [1, 2, 0x100, 0]),
                sub(0x8000_0026, 1, [4, 16, 0x201, 0]),
                sub(0x8000_0026, 2, [5, 32, 0x302, 0]),
                sub(0x8000_0026, 3, [5, 32, 0x403, 0]),
            ],
        );
        let rows: Vec<_> =
            (0..).zip(caches).map(|(subleaf, words)| sub(0x8000_001D, subleaf, *words)).collect();
        with(table, &rows)
    };
    let row =
        |ids: u32, level: u32, kind: u32| [(ids - 1) << 14 | level << 5 | kind, 0x01C0_003F, 0x3F * level, 0];
    let (l1d, l1i, l2) = (row(2, 1, 1), row(2, 1, 2), row(2, 2, 3));
    let found = |caches: &[[u32; 4]], kind| has(&table(caches), kind);
    assert!(
        !found(&[l1d, l1i, l2, row(16, 3, 3)], L3NotComplex)
            && found(&[l1d, l1i, l2, row(32, 3, 3)], L3NotComplex)
    );
    assert!(!found(&[l1d, l1i, l2, row(16, 3, 3)], CacheOrder) && !found(&[l1d, l1i, l2], CacheOrder));
    assert!(found(&[l1d, l1i, row(16, 3, 3), l2], CacheOrder));
    assert!(found(&[l1d, l1i, l2, row(16, 3, 3), row(32, 4, 3)], CacheOrder), "a fifth");
}
