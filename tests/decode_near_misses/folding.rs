//! Cores that are one line of the tree: alike in all but their place.

use topoc::decode::{Answers, machine, render};

use super::hand::*;

const PERFORMANCE: u32 = 0x40 << 24;
const EFFICIENCY: u32 = 0x20 << 24;

/// A thread of a package of 16 IDs, two a core: how many its core has, the type of that, and its L2 of 8 or 16 ways.
fn thread(id: u32, threads: u32, core_type: u32, ways: u32) -> Table {
    let more = [
        leaf(1, [SKYLAKE, id << 24 | 16 << 16, 0, 1 << 28]),
        sub(4, 0, [7 << 26 | 1 << 14 | 2 << 5 | 3, (ways - 1) << 22 | 0x3F, 0x3FF, 0]),
        sub(7, 0, [0, 0, 0, 1 << 15]),
        sub(0xB, 0, [1, threads, 0x100, id]),
        sub(0xB, 1, [4, 4, 0x201, id]),
        sub(0xB, 2, [0, 0, 2, id]),
        leaf(0x1A, [core_type, 0, 0, 0]),
    ];
    with(maxima(INTEL, SKYLAKE, 0x1A, 0x8000_0000), &more)
}

/// The lines of the cores.
fn cores(threads: &[Table]) -> Vec<String> {
    let answers: Vec<Answers> =
        threads.iter().map(|table| Answers::from_entries(table.iter().copied())).collect();
    let tree = render::tree(&machine(&answers));
    tree.lines().map(str::trim_start).filter(|line| line.starts_with("core")).map(str::to_owned).collect()
}

#[test]
fn cores_are_one_line_while_they_are_alike() {
    let of = |id, core_type, ways| thread(id, 1, core_type, ways);
    let alike = [0, 2, 4, 6].map(|id| of(id, PERFORMANCE, 8));
    assert_eq!(cores(&alike), ["cores 0-3  performance  L2 512 KiB  vCPUs 0-3  x2APIC 0x0-0x6:2"]);
    let types =
        [(0, PERFORMANCE), (2, PERFORMANCE), (4, EFFICIENCY), (6, EFFICIENCY)].map(|(id, t)| of(id, t, 8));
    assert_eq!(
        cores(&types),
        [
            "cores 0-1  performance  L2 512 KiB  vCPUs 0-1  x2APIC 0x0-0x2:2",
            "cores 2-3  efficiency  L2 512 KiB  vCPUs 2-3  x2APIC 0x4-0x6:2"
        ]
    );
    let caches = [(0, 8), (2, 8), (4, 16), (6, 16)].map(|(id, ways)| of(id, PERFORMANCE, ways));
    assert_eq!(
        cores(&caches),
        [
            "cores 0-1  performance  L2 512 KiB  vCPUs 0-1  x2APIC 0x0-0x2:2",
            "cores 2-3  performance  L2 1 MiB  vCPUs 2-3  x2APIC 0x4-0x6:2"
        ]
    );
    let threads = [(0, 1), (2, 1), (4, 2), (5, 2)].map(|(id, threads)| thread(id, threads, PERFORMANCE, 8));
    assert_eq!(
        cores(&threads),
        [
            "cores 0-1  performance  L2 512 KiB  vCPUs 0-1  x2APIC 0x0-0x2:2",
            "core 2  performance  L2 512 KiB  vCPUs 2-3  x2APIC 0x4-0x5"
        ]
    );
}

/// Cores 4 to 6 of twelve say that they share an L3, which cuts the L2 of 6 and 7 in two.
#[test]
fn what_begins_in_one_unit_and_ends_in_the_next_is_listed() {
    let core = |id: u32| {
        let l3 = if [5, 6].contains(&id) { 4 } else { 2 };
        let cache =
            |ids: u32, level: u32| [7 << 26 | (ids - 1) << 14 | level << 5 | 3, 0x01C0_003F, 0x3FF, 0];
        let more = [
            leaf(1, [SKYLAKE, id << 24 | 16 << 16, 0, 1 << 28]),
            sub(4, 0, cache(2, 2)),
            sub(4, 1, cache(l3, 3)),
            sub(0xB, 0, [0, 1, 0x100, id]),
            sub(0xB, 1, [4, 12, 0x201, id]),
            sub(0xB, 2, [0, 0, 2, id]),
        ];
        Answers::from_entries(with(maxima(INTEL, SKYLAKE, 0xB, 0x8000_0000), &more))
    };
    let tree = render::tree(&machine(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map(core)));
    let astray: Vec<&str> = tree.lines().filter(|line| line.contains("does not nest")).collect();
    assert_eq!(astray, ["L2U that does not nest  vCPUs 6-7"], "{tree}");
}
