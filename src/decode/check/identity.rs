//! One x2APIC ID everywhere.

use super::{View, coordinate};
use crate::decode::bits::{bit, bits};
use crate::decode::domain::IdSource;
use crate::decode::finding::FindingKind;
use crate::decode::rows::{LEAF_1F, LEAF_26, LEAF_B};

pub(super) fn check(view: &mut View<'_>) {
    let id = view.cpu.x2apic_id;
    let source = view.cpu.id_source.register();

    for leaf in [LEAF_B, LEAF_1F, LEAF_26] {
        let rows = view.cpu.rows_of(leaf).count();
        let Ok(valid) = u32::try_from(rows) else { continue };
        if valid == 0 || !view.ground.reads(leaf) {
            continue;
        }
        // The terminator too: guests read EDX from any subleaf (SDM, leaf 0BH). Captures often lack it.
        let last = if view.ground.answers.is_blob() || view.ground.answers.has(leaf, valid) {
            valid + 1
        } else {
            valid
        };
        for subleaf in 0..last {
            let [.., edx] = view.get(leaf, subleaf);
            if edx != id {
                let at = coordinate(leaf, Some(subleaf));
                view.say(
                    FindingKind::ApicIdDiffers,
                    format!("{at}:EDX is {edx:#x}, but {source} is {id:#x}"),
                );
            }
        }
    }
    if view.ground.topoext {
        let [eax, ..] = view.get(0x8000_001E, 0);
        if eax != id {
            view.say(
                FindingKind::ApicIdDiffers,
                format!("CPUID.(EAX=8000001EH):EAX is {eax:#x}, but {source} is {id:#x}"),
            );
        }
    }
    let initial = bits(view.get(1, 0)[1], 31, 24);
    if view.cpu.id_source != IdSource::Leaf1 && initial != id & 0xFF {
        view.say(
            FindingKind::InitialApicIdDiffers,
            format!(
                "CPUID.(EAX=01H):EBX[31:24] is {initial:#x}, but the low byte of {source} is {:#x}",
                id & 0xFF
            ),
        );
    }
    hybrid(view);
}

/// HYBRID promises a core type on every vCPU (SDM, leaf 07H `EDX[15]` and leaf 1AH).
fn hybrid(view: &mut View<'_>) {
    if view.cpu.hybrid && view.cpu.core_type.is_none() {
        view.say(
            FindingKind::Hybrid,
            "CPUID.(EAX=07H,ECX=0):EDX[15] (HYBRID) is 1, but CPUID.(EAX=1AH):EAX[31:24] names no core type"
                .to_owned(),
        );
    }
    if !view.ground.vendor.is_amd_like() && view.ground.max_basic >= 0x1A {
        let [eax, ebx, ecx, edx] = view.get(0x1A, 0);
        if ebx | ecx | edx != 0 || (eax != 0 && bits(eax, 31, 24) == 0) {
            view.say(
                FindingKind::ReservedBits,
                format!("CPUID.(EAX=1AH) is {eax:#x} {ebx:#x} {ecx:#x} {edx:#x}: bits beside core type and model ID are reserved"),
            );
        }
    }
    let amd_types = view.cpu.rows_of(LEAF_26).next().map(|row| row.registers);
    if let Some([eax, ebx, ..]) = amd_types.filter(|_| view.ground.vendor.is_amd_like())
        && !bit(eax, 30)
        && bits(ebx, 31, 28) != 0
    {
        view.say(
            FindingKind::Hybrid,
            format!(
                "CPUID.(EAX=80000026H,ECX=0):EBX[31:28] names core type {}, but EAX[30] says that core types do not differ",
                bits(ebx, 31, 28)
            ),
        );
    }
}
