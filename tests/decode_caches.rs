//! Caches as single tables tell them: geometry, and AMD's figures without 8000001DH.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use topoc::decode::{Answers, Cache, cpu};

const INTEL: [u32; 4] = [0x4, 0x756E_6547, 0x6C65_746E, 0x4965_6E69];
const AMD: [u32; 4] = [0x6, 0x6874_7541, 0x444D_4163, 0x6974_6E65];

/// Family 10h model 4, and where its package type stands: in EBX of 80000001H.
const PHENOM_II: u32 = 0x0010_0F42;
const AM2R2: u32 = 1 << 28;
const G34: u32 = 3 << 28;

/// Six cores; an APIC ID has three bits for them.
const SIX_CORES: u32 = 3 << 12 | 5;

fn caches(entries: Vec<(u32, Option<u32>, [u32; 4])>) -> Vec<Cache> {
    cpu(&Answers::from_entries(entries)).caches
}

/// A Phenom II with APIC ID 12, whose L2 and L3 are as 80000006H says.
fn phenom_ii(max_extended: u32, package: u32, cores: u32, l2: u32, l3: u32) -> Vec<Cache> {
    caches(vec![
        (0, None, AMD),
        (1, None, [PHENOM_II, 12 << 24 | 6 << 16, 0, 1 << 28]),
        (0x8000_0000, None, [max_extended, AMD[1], AMD[2], AMD[3]]),
        (0x8000_0001, None, [PHENOM_II, package, 0x2, 0]),
        (0x8000_0005, None, [0, 0, 0x4002_0140, 0x40FF_0140]),
        (0x8000_0006, None, [0, 0, l2, l3]),
        (0x8000_0008, None, [0, 0, cores, 0]),
    ])
}

/// Ways as 80000006H encodes them (APM volume 3, Fn8000_0006).
#[test]
fn every_code_of_ways() {
    let ways = [1, 2, 3, 4, 6, 8, 0, 16, 0, 32, 48, 64, 96, 128];
    for (code, ways) in (1..).zip(ways) {
        let caches =
            phenom_ii(0x8000_0008, AM2R2, SIX_CORES, 512 << 16 | code << 12 | 0x140, 12 << 18 | 0xB140);
        let l2 = caches.iter().find(|cache| cache.name.level == 2).unwrap();
        assert_eq!((l2.ways, l2.fully_associative), (ways, false), "code {code:#x}");
        assert_eq!(l2.sets, 512 * 1024 / 64 / u64::from(ways.max(1)), "code {code:#x}");
    }
    let caches = phenom_ii(0x8000_0008, AM2R2, SIX_CORES, 512 << 16 | 0xF140, 12 << 18 | 0xB140);
    let full =
        |level| caches.iter().filter(move |cache| cache.name.level == level && cache.fully_associative);
    assert_eq!((full(2).count(), full(1).count()), (1, 1), "the L2, and the L1I, whose ways are 255");
    assert!(full(2).all(|cache| cache.sets == 1));
}

/// An L1 and an L2 are the core's, the L3 the package's; in a package of two dies it is each die's half.
#[test]
fn amds_caches_before_8000001dh() {
    let l2 = 512 << 16 | 8 << 12 | 0x140;
    let l3 = 12 << 18 | 0xB140;
    let told = |caches: &[Cache]| -> Vec<(u32, u64, u32, u32)> {
        let of = |c: &Cache| (c.name.level, c.size, c.window.first, c.window.ids);
        caches.iter().map(of).collect()
    };
    let (kib, mib) = (1 << 10, 1 << 20);
    let own = [(1, 64 * kib, 12, 1), (1, 64 * kib, 12, 1), (2, 512 * kib, 12, 1)];
    let with = |l3| own.into_iter().chain([l3]).collect::<Vec<_>>();
    let caches = phenom_ii(0x8000_0008, AM2R2, SIX_CORES, l2, l3);
    assert_eq!(told(&caches), with((3, 6 * mib, 8, 8)));
    assert_eq!(caches[3].ways, 48);
    let caches = phenom_ii(0x8000_0008, G34, SIX_CORES, l2, l3);
    assert_eq!(told(&caches), with((3, 3 * mib, 11, 3)));
    assert_eq!(caches[3].ways, 24);
    // 80000006H is the last leaf that says any of it; without it there is nothing to say.
    let caches = phenom_ii(0x8000_0006, AM2R2, SIX_CORES, l2, l3);
    assert_eq!(caches.len(), 4);
    assert_eq!(phenom_ii(0x8000_0005, AM2R2, SIX_CORES, l2, l3), []);
}

#[test]
fn a_size_is_the_product_of_four() {
    // 7 ways of 5 partitions of 64 bytes in 3 sets.
    let geometry = [0x163, 6 << 22 | 4 << 12 | 63, 2, 0];
    let caches = caches(vec![(0, None, INTEL), (4, Some(0), geometry)]);
    assert_eq!(caches[0].size, 7 * 5 * 64 * 3);
}
