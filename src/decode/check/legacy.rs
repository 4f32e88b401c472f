//! Leaf 1 and leaf 4's core field, which newer leaves make superfluous but older guests read.

use super::{View, coordinate};
use crate::decode::bits::{bit, bits, ceil_log2, power};
use crate::decode::cache::LEAF_4;
use crate::decode::finding::FindingKind;

pub(super) fn check(view: &mut View<'_>) {
    let [_, ebx, _, edx] = view.get(1, 0);
    let (field, htt) = (bits(ebx, 23, 16), bit(edx, 28));
    if view.ground.vendor.is_amd_like() {
        amd_count(view, field, htt);
    } else {
        if view.is_extended() {
            intel_count(view, field, htt);
            core_ids(view);
        }
        intel_widths(view, field, htt);
        elsewhere(view);
    }
}

/// Intel: IDs of the package, a power of two, 255 at most (SDM, leaf 01H `EBX[23:16]`).
fn intel_count(view: &mut View<'_>, field: u32, htt: bool) {
    let shift = view.package_shift;
    if htt != (shift > 0) {
        view.say(
            FindingKind::Htt,
            format!(
                "CPUID.(EAX=01H):EDX[28] (HTT) is {}, but the package has {shift} APIC ID bits",
                u32::from(htt)
            ),
        );
    }
    let fits = if shift == 0 { field <= 1 } else { field == power(shift).min(255) };
    if !fits {
        view.say(
            FindingKind::LogicalProcessorCount,
            format!("CPUID.(EAX=01H):EBX[23:16] is {field}, but the package has {shift} APIC ID bits: min(2^{shift}, 255) expected"),
        );
    }
}

/// Leaf 4 numbers at most as many cores as leaf 1 numbers threads.
fn intel_widths(view: &mut View<'_>, field: u32, htt: bool) {
    if view.ground.max_basic < LEAF_4 || !htt {
        return;
    }
    let [eax, ..] = view.get(LEAF_4, 0);
    let cores = bits(eax, 31, 26) + 1;
    if bits(eax, 4, 0) != 0 && ceil_log2(field) < ceil_log2(cores) {
        view.say(
            FindingKind::CoreIdsField,
            format!("CPUID.(EAX=04H,ECX=0):EAX[31:26] makes {cores} core IDs, but CPUID.(EAX=01H):EBX[23:16] only {field} thread IDs"),
        );
    }
}

/// Leaf 4: core IDs of the package minus 1, 63 at most, alike in every subleaf (SDM, leaf 04H `EAX[31:26]`).
fn core_ids(view: &mut View<'_>) {
    let width = view.package_shift.saturating_sub(view.core_shift);
    let expected = (power(width) - 1).min(63);
    let caches: Vec<u32> = view.cpu.caches.iter().filter(|c| c.leaf == LEAF_4).map(|c| c.subleaf).collect();
    for subleaf in caches {
        let field = bits(view.get(LEAF_4, subleaf)[0], 31, 26);
        if field != expected {
            let at = coordinate(LEAF_4, Some(subleaf));
            view.say(
                FindingKind::CoreIdsField,
                format!("{at}:EAX[31:26] is {field}, but the package has {width} core ID bits: {expected} expected"),
            );
        }
    }
}

/// AMD: threads of the package, 255 at most (APM Vol. 3, Fn0000_0001 `EBX[23:16]`).
fn amd_count(view: &mut View<'_>, field: u32, htt: bool) {
    let Some(threads) = view.cpu.package_threads else { return };
    if htt != (threads > 1) {
        view.say(
            FindingKind::Htt,
            format!(
                "CPUID.(EAX=01H):EDX[28] (HTT) is {}, but the package has {threads} threads",
                u32::from(htt)
            ),
        );
    }
    let fits = if threads > 1 { field == threads.min(255) } else { field <= 1 };
    if !fits {
        view.say(
            FindingKind::LogicalProcessorCount,
            format!("CPUID.(EAX=01H):EBX[23:16] is {field}, but the package has {threads} threads"),
        );
    }
    if view.ground.max_extended >= 0x8000_0001 {
        let legacy = bit(view.get(0x8000_0001, 0)[2], 1);
        if legacy != (threads > 1) {
            view.say(
                FindingKind::CmpLegacy,
                format!(
                    "CPUID.(EAX=80000001H):ECX[1] (CmpLegacy) is {}, but the package has {threads} threads",
                    u32::from(legacy)
                ),
            );
        }
    }
}

/// AMD's flags and fields stay 0 on everyone else (SDM, leaves 80000001H and 80000008H).
fn elsewhere(view: &mut View<'_>) {
    if view.ground.max_extended >= 0x8000_0001 {
        let [_, _, ecx, _] = view.get(0x8000_0001, 0);
        for (at, name) in [(1, "CmpLegacy"), (22, "TOPOEXT")] {
            if bit(ecx, at) {
                let vendor = view.ground.vendor.to_string();
                view.say(
                    FindingKind::AmdFlagsElsewhere,
                    format!("CPUID.(EAX=80000001H):ECX[{at}] ({name}) is 1 on {vendor}"),
                );
            }
        }
    }
    if view.ground.max_extended >= 0x8000_0008 {
        let [_, _, ecx, _] = view.get(0x8000_0008, 0);
        if ecx != 0 {
            view.say(
                FindingKind::AmdFlagsElsewhere,
                format!("CPUID.(EAX=80000008H):ECX is {ecx:#x}: AMD's thread count and ID size, reserved elsewhere"),
            );
        }
    }
}
