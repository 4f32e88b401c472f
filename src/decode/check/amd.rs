//! AMD's own leaves: 80000001H, 80000005H, 80000006H, 80000008H, 8000001EH.

use super::View;
use super::caches::node_shift;
use crate::decode::bits::{bit, bits};
use crate::decode::cache::{AmdFigures, AmdWays, CacheKind, LEAF_1D, amd_figures};
use crate::decode::domain::Domain;
use crate::decode::finding::FindingKind;
use crate::decode::vendor::Vendor;

pub(super) fn check(view: &mut View<'_>) {
    flags(view);
    sizes(view);
    if view.ground.topoext {
        threads_and_core(view);
        nodes(view);
        cache_figures(view);
    }
}

fn flags(view: &mut View<'_>) {
    if view.ground.max_extended < 0x8000_0001 {
        return;
    }
    let [_, _, ecx, _] = view.get(0x8000_0001, 0);
    let topoext = bit(ecx, 22);
    if view.ground.is_zen() && !topoext {
        view.say(
            FindingKind::TopoextMissing,
            "CPUID.(EAX=80000001H):ECX[22] (TOPOEXT) is 0: guests do not read 8000001DH and 8000001EH, and \
             older ones see no threads"
                .to_owned(),
        );
    }
    if bit(ecx, 23) && !topoext {
        view.say(
            FindingKind::PerfctrWithoutTopoext,
            "CPUID.(EAX=80000001H):ECX[23] (PerfCtrExtCore) is 1, but ECX[22] (TOPOEXT) is 0".to_owned(),
        );
    }
    let is_empty = bits(view.get(LEAF_1D, 0)[0], 4, 0) == 0;
    if topoext && (view.ground.max_extended < 0x8000_001E || is_empty) {
        view.say(
            FindingKind::TopoextWithoutLeaves,
            format!(
                "CPUID.(EAX=80000001H):ECX[22] (TOPOEXT) is 1, but {}",
                if is_empty {
                    "CPUID.(EAX=8000001DH,ECX=0) is empty".to_owned()
                } else {
                    format!("the maximum extended leaf is {:X}H", view.ground.max_extended)
                }
            ),
        );
    }
}

/// 80000008H:ECX has the package's width and its threads.
fn sizes(view: &mut View<'_>) {
    if view.ground.max_extended < 0x8000_0008 {
        return;
    }
    let [_, _, ecx, _] = view.get(0x8000_0008, 0);
    let (nc, size) = (bits(ecx, 7, 0), bits(ecx, 15, 12));
    let package = view.package_shift;
    if view.is_extended() && size != package {
        view.say(
            FindingKind::PackageShiftDiffers,
            format!("CPUID.(EAX=80000008H):ECX[15:12] is {size}, but the package has {package} APIC ID bits"),
        );
    }
    if let Some(threads) = view.package_count()
        && nc + 1 != threads.min(256)
    {
        view.say(
            FindingKind::NcCount,
            format!("CPUID.(EAX=80000008H):ECX[7:0] is {nc}, but the package has {threads} threads"),
        );
    }
    if view.package_count().is_none() && size != 0 && nc >= 1 << size {
        view.say(
            FindingKind::NcCount,
            format!("CPUID.(EAX=80000008H):ECX[7:0] is {nc}, but ECX[15:12] makes {} IDs", 1 << size),
        );
    }
    if bits(ecx, 11, 8) | bits(ecx, 31, 18) != 0 {
        view.say(
            FindingKind::ReservedBits,
            format!("CPUID.(EAX=80000008H):ECX is {ecx:#x}: reserved bits are set"),
        );
    }
}

/// 8000001EH:EBX; its meaning is older before family 17h, where it counts the cores of a compute unit.
fn threads_and_core(view: &mut View<'_>) {
    let [_, ebx, ecx, edx] = view.get(0x8000_001E, 0);
    if bits(ebx, 31, 16) | bits(ecx, 31, 11) | edx != 0 {
        view.say(
            FindingKind::ReservedBits,
            "CPUID.(EAX=8000001EH) has reserved bits set in EBX, ECX or EDX".to_owned(),
        );
    }
    if !view.ground.is_zen() {
        return;
    }
    let threads = bits(ebx, 15, 8) + 1;
    if threads != view.cpu.threads_per_core {
        view.say(
            FindingKind::ThreadsPerCore,
            format!(
                "CPUID.(EAX=8000001EH):EBX[15:8] makes {threads} threads per core, the topology leaf {}",
                view.cpu.threads_per_core
            ),
        );
    }
    let within = view.cpu.x2apic_id & !(u32::MAX << view.package_shift);
    let core = (within >> view.core_shift) & 0xFF;
    if bits(ebx, 7, 0) != core && !is_within_node(view, bits(ebx, 7, 0)) {
        view.say(
            FindingKind::CoreId,
            format!(
                "CPUID.(EAX=8000001EH):EBX[7:0] (CoreId) is {}, but the core field of APIC ID {:#x} is {core}",
                bits(ebx, 7, 0),
                view.cpu.x2apic_id
            ),
        );
    }
}

/// Hygon's silicon numbers cores within the node (published dumps of Dhyana). A table for a guest has no reason to.
fn is_within_node(view: &View<'_>, number: u32) -> bool {
    let Some(node) = node_shift(view) else { return false };
    let within = view.cpu.x2apic_id & !(u32::MAX << node);
    *view.ground.vendor == Vendor::Hygon
        && !view.ground.answers.is_blob()
        && number == (within >> view.core_shift) & 0xFF
}

fn nodes(view: &mut View<'_>) {
    let Some(node) = view.cpu.node else { return };
    if !node.per_processor.is_power_of_two() {
        view.say(
            FindingKind::NodesPerProcessor,
            format!(
                "CPUID.(EAX=8000001EH):ECX[10:8] makes {} nodes per processor, not 1, 2, 4 or 8",
                node.per_processor
            ),
        );
    }
}

/// 80000005H and 80000006H repeat the figures of 8000001DH; the L3 there is the package's, see `together`.
fn cache_figures(view: &mut View<'_>) {
    let single_l3 = view.cpu.shift(Domain::Complex).is_none_or(|complex| complex >= view.package_shift);
    for figures in amd_figures(view.ground.answers) {
        let AmdFigures { name, kib, ways, line } = figures;
        let leaf = if name.level == 1 { "80000005H" } else { "80000006H" };
        let Some(cache) = view.cpu.caches.iter().find(|c| c.name == name).cloned() else {
            if kib != 0 {
                view.say(
                    FindingKind::AmdCacheLeaves,
                    format!(
                        "CPUID.(EAX={leaf}) has an {name} of {kib} KiB, but CPUID.(EAX=8000001DH) has none"
                    ),
                );
            }
            continue;
        };
        let limit = if name.kind == CacheKind::Unified { 0xFFFF } else { 0xFF };
        let size_differs = match name.level {
            3 => kib == 0,
            _ => u64::from(kib) != (cache.size / 1024).min(limit),
        };
        if size_differs {
            view.say(
                FindingKind::AmdCacheLeaves,
                format!(
                    "CPUID.(EAX={leaf}) gives the {name} {kib} KiB, CPUID.(EAX=8000001DH) {} bytes",
                    cache.size
                ),
            );
        }
        if line != cache.line && cache.line < 0x100 {
            view.say(
                FindingKind::AmdCacheLeaves,
                format!(
                    "CPUID.(EAX={leaf}) gives the {name} lines of {line} bytes, CPUID.(EAX=8000001DH) of {}",
                    cache.line
                ),
            );
        }
        let ways_differ = match ways {
            AmdWays::Elsewhere => false,
            AmdWays::Full => !cache.fully_associative && cache.sets != 1,
            AmdWays::Number(ways) => ways != cache.ways,
        };
        if ways_differ && (name.level < 3 || single_l3) {
            view.say(
                FindingKind::AmdCacheLeaves,
                format!("CPUID.(EAX={leaf}) gives the {name} another associativity than {} ways", cache.ways),
            );
        }
    }
    let [_, _, _, l3] = view.get(0x8000_0006, 0);
    if bits(l3, 17, 16) != 0 {
        view.say(FindingKind::ReservedBits, "CPUID.(EAX=80000006H):EDX[17:16] is not 0".to_owned());
    }
}
