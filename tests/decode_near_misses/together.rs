//! Between the tables of one machine.

use std::collections::BTreeSet;

use topoc::decode::{Answers, FindingKind, machine};

use super::hand::*;

/// The vCPUs that have a finding of a kind.
fn those(tables: &[Table], kind: FindingKind) -> Vec<usize> {
    let answers: Vec<Answers> =
        tables.iter().map(|table| Answers::from_entries(table.iter().copied())).collect();
    let findings = machine(&answers).findings;
    let of_kind = findings.iter().filter(|finding| finding.kind == kind);
    let found: BTreeSet<usize> = of_kind.flat_map(|finding| finding.cpus.as_slice().to_vec()).collect();
    found.into_iter().collect()
}

/// A vCPU of a package of 64 IDs, and the leaf 4 that it has.
fn vcpu(id: u32, caches: &[[u32; 4]]) -> Table {
    let rows: Vec<_> = (0..).zip(caches).map(|(subleaf, words)| sub(4, subleaf, *words)).collect();
    let table =
        with(maxima(INTEL, SKYLAKE, 4, 0x8000_0000), &[leaf(1, [SKYLAKE, id << 24 | 64 << 16, 0, 1 << 28])]);
    with(table, &rows)
}

fn cache(ids: u32, level: u32) -> [u32; 4] {
    [(ids - 1) << 14 | level << 5 | 3, 0x01C0_003F, 0x3F, 0]
}

/// What shares a cache describes it alike, in every word that tells of it.
#[test]
fn sharers_describe_their_cache_alike() {
    let known = cache(16, 2);
    let others =
        |words: [u32; 4]| those(&[vcpu(0, &[known]), vcpu(1, &[words])], FindingKind::CacheViewsDiffer);
    assert_eq!(others(known), [0; 0]);
    for (register, bit, what) in [
        (0, 8, "self-initialising"),
        (0, 9, "fully associative"),
        (1, 0, "line"),
        (1, 12, "partitions"),
        (1, 22, "ways"),
        (2, 6, "sets"),
        (3, 0, "WBINVD"),
        (3, 1, "inclusive"),
        (3, 2, "indexing"),
    ] {
        let mut words = known;
        words[register] ^= 1 << bit;
        assert_eq!(others(words), [1], "{what}");
    }
    assert_eq!(others(cache(32, 2)), [1], "its sharers");
}

/// Instances of a level do not overlap, neither with the one before nor with one further back.
#[test]
fn instances_of_a_cache_lie_side_by_side() {
    let overlapping = |vcpus: &[Table]| those(vcpus, FindingKind::CacheViewsDiffer);
    let of = |id, ids| vcpu(id, &[cache(ids, 2)]);
    assert_eq!(overlapping(&[of(0, 4), of(4, 4), of(8, 8)]), [0; 0]);
    assert_eq!(overlapping(&[of(0, 16), of(4, 4), of(8, 4), of(16, 4)]), [1, 2]);
    // A wide L1 says nothing of the L2s.
    let wide = |id, ids| vcpu(id, &[cache(64, 1), cache(ids, 2)]);
    assert_eq!(overlapping(&[wide(0, 16), wide(4, 4), wide(8, 4), wide(16, 4)]), [1, 2]);
    assert_eq!(overlapping(&[wide(0, 4), wide(4, 4)]), [0; 0]);
}

/// Vendor, signature, types and shifts are the machine's, in the leaf that decides and in the others.
#[test]
fn the_vcpus_of_a_machine_are_alike() {
    use FindingKind::{RowsDiffer, SignatureDiffers};
    let k10 = |size: u32| {
        let more = [leaf(0x8000_0001, [K10, 0, 0, 0]), leaf(0x8000_0008, [0x3030, 0, size << 12 | 3, 0])];
        with(maxima(AMD, K10, 1, 0x8000_0008), &more)
    };
    assert_eq!(those(&[k10(2), k10(2)], RowsDiffer), [0; 0]);
    assert_eq!(those(&[k10(2), k10(3)], RowsDiffer), [1], "no rows, another width");
    let genoa = |core_shift: u32| {
        let rows = [
            sub(0xB, 0, [core_shift, 2, 0x100, 0]),
            sub(0xB, 1, [5, 32, 0x201, 0]),
            sub(0x8000_0026, 0, [1, 2, 0x100, 0]),
            sub(0x8000_0026, 1, [5, 32, 0x401, 0]),
        ];
        with(maxima(AMD, 0x00A1_0F11, 0xB, 0x8000_0026), &rows)
    };
    assert_eq!(those(&[genoa(1), genoa(1)], RowsDiffer), [0; 0]);
    assert_eq!(those(&[genoa(1), genoa(2)], RowsDiffer), [1], "0BH, where 80000026H decides");
    let of = |vendor, signature| maxima(vendor, signature, 1, 0x8000_0000);
    assert_eq!(those(&[of(INTEL, SKYLAKE), of(INTEL, SKYLAKE)], SignatureDiffers), [0; 0]);
    assert_eq!(those(&[of(INTEL, SKYLAKE), of(INTEL, SKYLAKE ^ 1)], SignatureDiffers), [1]);
    assert_eq!(those(&[of(AMD, ROME), of(HYGON, ROME)], SignatureDiffers), [1]);
}

/// AMD's PPR, `Fn8000_0006_EDX`: 512 KiB of all L3s of the package, as many as 14 bits hold. A core without one may
/// say 0.
#[test]
fn the_l3s_of_a_package_add_up() {
    // L3s of 16 ways and lines of 64 bytes, shared by 4 IDs.
    let core = |id: u32, units: u32, sets: u32| {
        let l3 = if sets > 0 { [3 << 14 | 3 << 5 | 3, 0x03C0_003F, sets - 1, 0] } else { [0; 4] };
        let more = [
            leaf(0x8000_0001, [ROME, 0, TOPOEXT | 2, 0]),
            leaf(0x8000_0006, [0, 0, 0, units << 18 | 0x8140]),
            leaf(0x8000_0008, [0x3030, 0, 4 << 12 | 1, 0]),
            sub(0x8000_001D, 0, l3),
            leaf(0x8000_001E, [id, 0, 0, 0]),
        ];
        with(maxima(AMD, ROME, 1, 0x8000_001E), &more)
    };
    let found = |first: Table, second: Table| {
        let answers = [first, second].map(Answers::from_entries);
        let findings = machine(&answers).findings;
        let of_package =
            findings.iter().filter(|finding| finding.message.contains("the package's caches have"));
        of_package.flat_map(|finding| finding.cpus.as_slice().to_vec()).collect::<BTreeSet<_>>()
    };
    // 16 MiB.
    let sound = || core(0, 32, 1 << 14);
    assert_eq!(found(sound(), core(1, 32, 1 << 14)), BTreeSet::new());
    assert_eq!(found(sound(), core(1, 33, 1 << 14)), BTreeSet::from([1]));
    assert_eq!(found(core(0, 64, 1 << 14), core(4, 64, 1 << 14)), BTreeSet::new(), "one each");
    assert_eq!(found(sound(), core(4, 0, 0)), BTreeSet::new(), "a core without one");
    assert_eq!(found(sound(), core(4, 33, 0)), BTreeSet::from([1]), "a core without one tells of others");
    assert_eq!(found(sound(), core(1, 0, 1 << 14)), BTreeSet::from([1]), "a core with one says none");
    assert_eq!(found(core(0, 5, 0), core(1, 5, 0)), BTreeSet::new(), "nothing to add up");
    // 8 GiB less 512 KiB is the most; 16 GiB read alike, 16 MiB do not.
    let most = 0x3FFF;
    assert_eq!(found(core(0, most, 1 << 24), core(1, most, 1 << 24)), BTreeSet::new());
    assert_eq!(found(core(0, most, 1 << 14), core(1, most, 1 << 14)), BTreeSet::from([0, 1]));
    assert_eq!(found(core(0, most - 1, 1 << 24), core(1, most, 1 << 24)), BTreeSet::from([0]));
}

/// AMD's PPR, `Fn8000_001E_ECX`: the node's number is the machine's. Of packages with unlike numbers of nodes no product
/// tells it, but each number is of one node alone.
#[test]
fn a_node_has_a_number_of_its_own() {
    let core = |id: u32, node: u32, per_package: u32| {
        let more = [
            leaf(0x8000_0001, [ROME, 0, TOPOEXT, 0]),
            leaf(0x8000_0008, [0x3030, 0, 4 << 12, 0]),
            L1D,
            leaf(0x8000_001E, [id, 0, (per_package - 1) << 8 | node, 0]),
        ];
        with(maxima(AMD, ROME, 1, 0x8000_001E), &more)
    };
    let unlike =
        |second, third| those(&[core(0, 0, 1), core(16, second, 2), core(24, third, 2)], FindingKind::NodeId);
    assert_eq!(unlike(1, 2), [0; 0]);
    assert_eq!((unlike(0, 2), unlike(1, 1), unlike(0, 0)), (vec![1], vec![2], vec![1, 2]));
    let alike = |third| those(&[core(0, 0, 2), core(8, 1, 2), core(16, third, 2)], FindingKind::NodeId);
    assert_eq!((alike(2), alike(1)), (vec![], vec![2]));
}
