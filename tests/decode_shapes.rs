//! Machines of any shape, tabled by the manuals' rules: read back as they are, with nothing found in them.

// Helpers outside #[test] functions may panic too.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod support;

use proptest::prelude::*;
use support::shape::{self, Zen};
use topoc::decode::{Answers, Domain, IdSource, LEAF_1F, LEAF_26, LEAF_B, Machine, Vendor, cpu, machine};

const INTEL: [u32; 4] = [0x1F, 0x756E_6547, 0x6C65_746E, 0x4965_6E69];
const AMD: [u32; 4] = [0x10, 0x6874_7541, 0x444D_4163, 0x6974_6E65];

/// Domain, shift and leaf of each shift.
fn shifts(entries: &[(u32, Option<u32>, [u32; 4])]) -> Vec<(Domain, u32, u32)> {
    let cpu = cpu(&Answers::from_entries(entries.iter().copied()));
    cpu.shifts.iter().map(|shift| (shift.domain, shift.shift, shift.leaf)).collect()
}

/// 0BH and 1FH name the member: a domain's own shift is that of the row before.
#[test]
fn every_intel_domain() {
    let row = |subleaf: u32, kind: u32, shift: u32| {
        (0x1F, Some(subleaf), [shift, 1 << shift, kind << 8 | subleaf, 0x155])
    };
    let rows = [row(0, 1, 1), row(1, 2, 3), row(2, 3, 4), row(3, 4, 6), row(4, 5, 8), row(5, 6, 9)];
    let table: Vec<_> = [(0, None, INTEL)].into_iter().chain(rows).collect();
    let of = |domain, shift| (domain, shift, LEAF_1F);
    assert_eq!(
        shifts(&table),
        [
            of(Domain::Core, 1),
            of(Domain::Module, 3),
            of(Domain::Tile, 4),
            of(Domain::Die, 6),
            of(Domain::DieGroup, 8),
            of(Domain::Package, 9)
        ]
    );
    let unknown: Vec<_> =
        [(0, None, INTEL), row(0, 1, 1), row(1, 2, 3), row(2, 9, 5), row(3, 5, 7)].into_iter().collect();
    assert_eq!(shifts(&unknown), [of(Domain::Core, 1), of(Domain::Die, 5), of(Domain::Package, 7)]);
}

/// 80000026H names the container: the shift is the domain's own.
#[test]
fn amd_rows_name_containers() {
    let row = |subleaf: u32, kind: u32, shift: u32| {
        (LEAF_26, Some(subleaf), [shift, 1 << shift, kind << 8 | subleaf, 0x155])
    };
    let table = [
        (0, None, AMD),
        (0x8000_0000, None, [0x8000_0026, 0, 0, 0]),
        row(0, 1, 1),
        row(1, 2, 3),
        row(2, 3, 5),
        row(3, 4, 8),
    ];
    let of = |domain, shift| (domain, shift, LEAF_26);
    assert_eq!(
        shifts(&table),
        [of(Domain::Core, 1), of(Domain::Complex, 3), of(Domain::Die, 5), of(Domain::Package, 8)]
    );
}

/// Where a leaf is beyond the maximum or empty, the next one decides.
#[test]
fn older_leaves_step_in() {
    let b = |subleaf: u32, shift: u32| {
        (0xB, Some(subleaf), [shift, 1 << shift, (subleaf + 1) << 8 | subleaf, 0x155])
    };
    let f = (0x1F, Some(0), [9, 9, 0x100, 9]);
    let low = [(0, None, [0x1E, INTEL[1], INTEL[2], INTEL[3]]), b(0, 1), b(1, 5), f];
    assert_eq!(shifts(&low), [(Domain::Core, 1, LEAF_B), (Domain::Package, 5, LEAF_B)]);

    let legacy_1 = (1, None, [0x106A5, 0x1110_0000, 0, 1 << 28]);
    let legacy =
        [(0, None, [4, INTEL[1], INTEL[2], INTEL[3]]), legacy_1, (4, Some(0), [7 << 26 | 0x121, 0, 0, 0])];
    assert_eq!(shifts(&legacy), [(Domain::Core, 1, 4), (Domain::Package, 4, 1)]);
    let lone = [(0, None, [4, INTEL[1], INTEL[2], INTEL[3]]), (1, None, [0x106A5, 0x1110_0000, 0, 0])];
    assert_eq!(shifts(&lone), [(Domain::Core, 0, 4), (Domain::Package, 0, 1)], "without HTT");

    let family_10h = (1, None, [0x0010_0F91, 0x0B0C_0000, 0, 1 << 28]);
    let extended = |eax| (0x8000_0000, None, [eax, 0, 0, 0]);
    let size = |ecx| (0x8000_0008, None, [0, 0, ecx, 0]);
    let k10 = [(0, None, AMD), family_10h, extended(0x8000_0008), size(0x400B)];
    assert_eq!(shifts(&k10), [(Domain::Core, 0, 0x8000_0008), (Domain::Package, 4, 0x8000_0008)]);
    let k8 = [(0, None, AMD), family_10h, extended(0x8000_0008), size(5)];
    assert_eq!(shifts(&k8)[1], (Domain::Package, 3, 0x8000_0008), "no ID size: from the count");
    let k7 = [(0, None, AMD), family_10h, extended(0x8000_0007)];
    assert_eq!(shifts(&k7)[1], (Domain::Package, 4, 1));
}

#[test]
fn the_widest_id_is_read() {
    let of = |table: &[(u32, Option<u32>, [u32; 4])]| {
        let cpu = cpu(&Answers::from_entries(table.iter().copied()));
        (cpu.x2apic_id, cpu.id_source)
    };
    let leaf_1 = (1, None, [0x0083_0F10, 0x0710_0000, 0, 1 << 28]);
    let b = (0xB, Some(0), [1, 2, 0x100, 0x107]);
    let f = (0x1F, Some(0), [1, 2, 0x100, 0x207]);
    assert_eq!(of(&[(0, None, INTEL), leaf_1, b, f]), (0x207, IdSource::Leaf1f));
    assert_eq!(of(&[(0, None, INTEL), leaf_1, b]), (0x107, IdSource::LeafB));
    assert_eq!(of(&[(0, None, INTEL), leaf_1]), (7, IdSource::Leaf1));
    let amd = [
        (0, None, AMD),
        leaf_1,
        f,
        (0x8000_0000, None, [0x8000_0026, 0, 0, 0]),
        (0x8000_0001, None, [0, 0, 1 << 22, 0]),
        (0x8000_001E, None, [0x307, 0, 0, 0]),
        b,
        (LEAF_26, Some(0), [1, 2, 0x100, 0x407]),
    ];
    assert_eq!(of(&amd), (0x407, IdSource::Leaf26));
    assert_eq!(of(&amd[..7]), (0x107, IdSource::LeafB));
    assert_eq!(of(&amd[..6]), (0x307, IdSource::Leaf1e), "1FH is not AMD's");
    assert_eq!(of(&amd[..2]), (7, IdSource::Leaf1));
}

/// Zhaoxin follows Intel's manual, die row and all.
#[test]
fn zhaoxin_reads_as_intel() {
    let row = |subleaf: u32, kind: u32, shift: u32| {
        (0x1F, Some(subleaf), [shift, 1 << shift, kind << 8 | subleaf, 0x25])
    };
    let table =
        [(0, None, [0x1F, 0x6853_2020, 0x2020_6961, 0x6867_6E61]), row(0, 1, 0), row(1, 2, 4), row(2, 5, 6)];
    assert_eq!(cpu(&Answers::from_entries(table)).vendor, Vendor::Zhaoxin);
    let of = |domain, shift| (domain, shift, LEAF_1F);
    assert_eq!(shifts(&table), [of(Domain::Core, 0), of(Domain::Die, 4), of(Domain::Package, 6)]);
}

fn count(machine: &Machine, domain: Domain) -> u32 {
    u32::try_from(machine.sets(domain).len()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn intel_shapes(sockets in 1..5_u32, cores in 1..97_u32, threads in prop::sample::select(vec![1_u32, 2, 4])) {
        let machine = machine(&shape::intel(sockets, cores, threads));
        prop_assert_eq!(&machine.findings, &[]);
        prop_assert_eq!(count(&machine, Domain::Package), sockets);
        prop_assert_eq!(count(&machine, Domain::Core), sockets * cores);
    }

    #[test]
    fn amd_shapes(
        sockets in 1..4_u32,
        nodes in prop::sample::select(vec![1_u32, 2, 4, 8]),
        (dies, complexes) in (1..4_u32, 1..4_u32),
        (cores, threads) in (1..7_u32, 1..3_u32),
        has_26: bool,
    ) {
        let zen = Zen { sockets, nodes, dies, complexes, cores, threads, has_26 };
        let machine = machine(&zen.tables());
        prop_assert_eq!(&machine.findings, &[]);
        let complexes = sockets * nodes * dies * complexes;
        prop_assert_eq!(count(&machine, Domain::Package), sockets);
        prop_assert_eq!(count(&machine, Domain::Complex), complexes);
        prop_assert_eq!(count(&machine, Domain::Core), complexes * cores);
        prop_assert_eq!(count(&machine, Domain::Die), if has_26 { sockets * nodes * dies } else { 0 });
        prop_assert_eq!(u32::try_from(machine.nodes.len()).unwrap(), sockets * nodes);
    }
}

/// Fields that saturate do so without a finding.
#[test]
fn large_shapes_saturate() {
    assert_eq!(machine(&shape::intel(1, 2049, 2)).findings, []);
    let widest = Zen { sockets: 2, nodes: 1, dies: 9, complexes: 1, cores: 15, threads: 2, has_26: true };
    assert_eq!(machine(&widest.tables()).findings, []);
}
