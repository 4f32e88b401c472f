//! A blob as KVM and a well-behaved guest take it: flags, ranges, maximum leaves.

use super::{View, coordinate};
use crate::decode::bits::{bit, bits};
use crate::decode::finding::FindingKind;

/// Leaves that KVM looks up by subleaf (arch/x86/kvm/cpuid.c, `cpuid_function_is_indexed`), and 80000026H.
const INDEXED: [u32; 16] =
    [4, 7, 0xB, 0xD, 0xF, 0x10, 0x12, 0x14, 0x17, 0x18, 0x1D, 0x1E, 0x1F, 0x24, 0x8000_001D, 0x8000_0026];

/// Leaves whose answer does not depend on ECX: a guest may leave anything in it (SDM; APM Vol. 3 appendix E).
const PLAIN: [u32; 27] = [
    0,
    1,
    2,
    3,
    5,
    6,
    9,
    0xA,
    0x15,
    0x16,
    0x19,
    0x1A,
    0x4000_0000,
    0x4000_0001,
    0x8000_0000,
    0x8000_0001,
    0x8000_0002,
    0x8000_0003,
    0x8000_0004,
    0x8000_0005,
    0x8000_0006,
    0x8000_0007,
    0x8000_0008,
    0x8000_000A,
    0x8000_0019,
    0x8000_001A,
    0x8000_001E,
];

pub(super) fn check(view: &mut View<'_>) {
    flags(view);
    ranges(view);
    maximum_leaves(view);
    let width = bits(view.get(0x8000_0008, 0)[0], 15, 8);
    if view.ground.answers.has(0x8000_0008, 0) && ![0, 48, 57].contains(&width) {
        view.say(
            FindingKind::VirtualAddressBits,
            format!("CPUID.(EAX=80000008H):EAX[15:8] is {width}: KVM_SET_CPUID2 takes 0, 48 or 57"),
        );
    }
}

fn flags(view: &mut View<'_>) {
    for entry in view.ground.answers.entries() {
        let at = coordinate(entry.leaf, entry.subleaf);
        match entry.subleaf {
            None if INDEXED.contains(&entry.leaf) => view.say(
                FindingKind::IndexFlag,
                format!("{at} answers every ECX: its entry lacks KVM_CPUID_FLAG_SIGNIFCANT_INDEX"),
            ),
            Some(_) if PLAIN.contains(&entry.leaf) => view.say(
                FindingKind::IndexFlag,
                format!("{at} answers one ECX alone: its entry has KVM_CPUID_FLAG_SIGNIFCANT_INDEX"),
            ),
            _ => {}
        }
    }
}

/// The first leaf of each range that a guest asks for. Without it Intel guests read another leaf there.
fn ranges(view: &mut View<'_>) {
    for leaf in [0, 0x8000_0000] {
        if !view.ground.answers.has(leaf, 0) {
            let at = coordinate(leaf, None);
            view.say(FindingKind::RangeMissing, format!("{at} is not in the table"));
        }
    }
    let hypervisor = bit(view.get(1, 0)[2], 31);
    if hypervisor && !view.ground.vendor.is_amd_like() && !view.ground.answers.has(0x4000_0000, 0) {
        view.say(
            FindingKind::HypervisorLeaves,
            "CPUID.(EAX=01H):ECX[31] (HYPERVISOR) is 1, but CPUID.(EAX=40000000H) is not in the table"
                .to_owned(),
        );
    }
}

fn maximum_leaves(view: &mut View<'_>) {
    let (basic, extended) = (view.ground.max_basic, view.ground.max_extended);
    for entry in view.ground.answers.entries() {
        let maximum = match entry.leaf {
            0..0x4000_0000 => basic,
            0x8000_0000..0xC000_0000 => extended,
            _ => continue,
        };
        if entry.leaf > maximum && view.ground.answers.has(entry.leaf & 0x8000_0000, 0) {
            let at = coordinate(entry.leaf, entry.subleaf);
            view.say(
                FindingKind::BeyondMaximumLeaf,
                format!("{at} is in the table, but the maximum leaf of its range is {maximum:X}H"),
            );
        }
    }
}
