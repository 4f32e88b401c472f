//! `vendor::family_unlike_features`

use crate::cpuid::{CpuidTable, Register, Signature, Vendor};
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile, value};

/// A feature that came with a generation and stayed.
struct Mark {
    generation: u32,
    feature: &'static str,
    leaf: (u32, u32),
    register: Register,
    bit: u32,
}

const fn mark(
    generation: u32,
    feature: &'static str,
    leaf: (u32, u32),
    register: Register,
    bit: u32,
) -> Mark {
    Mark { generation, feature, leaf, register, bit }
}

/// Zen by its numbers. Source: APM Vol. 3, appendix D; AMD's Processor Programming References.
const ZEN: &[Mark] = &[
    mark(1, "sha_ni", (7, 0), Register::Ebx, 29),
    mark(2, "clwb", (7, 0), Register::Ebx, 24),
    mark(3, "vaes", (7, 0), Register::Ecx, 9),
    mark(4, "avx512f", (7, 0), Register::Ebx, 16),
    mark(5, "avx_vnni", (7, 1), Register::Eax, 4),
];

/// Intel's large servers: Haswell, Skylake, Ice Lake, Sapphire Rapids. Source: SDM Vol. 1, chapter 5.
const XEON: &[Mark] = &[
    mark(1, "avx2", (7, 0), Register::Ebx, 5),
    mark(2, "avx512f", (7, 0), Register::Ebx, 16),
    mark(3, "avx512_vbmi2", (7, 0), Register::Ecx, 6),
    mark(4, "avx512_fp16", (7, 0), Register::Edx, 23),
];

/// The generation of a processor, and the features of its line. Source: Linux `arch/x86/kernel/cpu/amd.c`, the
/// table of Zen generations, and `arch/x86/include/asm/intel-family.h`.
fn generation(vendor: Vendor, signature: Signature) -> Option<(u32, &'static [Mark])> {
    match (vendor, signature.family(), signature.model()) {
        (Vendor::Amd, 0x17, 0x00..=0x2f | 0x50..=0x5f) => Some((1, ZEN)),
        (Vendor::Amd, 0x17, _) => Some((2, ZEN)),
        (Vendor::Amd, 0x19, _) if signature.is_zen_4_or_later() => Some((4, ZEN)),
        (Vendor::Amd, 0x19, _) => Some((3, ZEN)),
        (Vendor::Amd, 0x1a, _) => Some((5, ZEN)),
        (Vendor::Intel, 6, 0x3f | 0x4f | 0x56) => Some((1, XEON)),
        (Vendor::Intel, 6, 0x55) => Some((2, XEON)),
        (Vendor::Intel, 6, 0x6a | 0x6c) => Some((3, XEON)),
        (Vendor::Intel, 6, 0x8f | 0xcf | 0xad | 0xae) => Some((4, XEON)),
        _ => None,
    }
}

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(host) = facts.host else { return };
    let (Some(processor), Some(found)) = (facts.processor, host.signature()) else { return };
    let Some(signature) = processor.signature.filter(|signature| *signature != found) else { return };
    let Some((generation, marks)) = generation(processor.vendor, signature) else { return };
    let Ok(base) = host.base() else { return };
    let Some((mark, has)) = unlike(&base.table, generation, marks) else { return };
    let (family, model) = (signature.family(), signature.model());
    let what = if has {
        format!("the guest gets {0}, which family {family} model {model} has not", mark.feature)
    } else {
        format!("family {family} model {model} has {0}, the guest does not get it", mark.feature)
    };
    out.push(
        Diagnostic::new("vendor::family_unlike_features", Severity::Warning, what)
            .label(value("cpu.identity.family"), format!("{family:X}h model {model:02X}h"))
            .label(profile("cpus"), format!("{found}, with its features"))
            .help("write a family and model of the host's generation, or leave them out")
            .note("compilers, libraries and Linux choose code and workarounds by family and model"),
    );
}

/// The first feature that is there and should not be, or the other way round, and whether it is there.
fn unlike<'m>(table: &CpuidTable, generation: u32, marks: &'m [Mark]) -> Option<(&'m Mark, bool)> {
    let is_there =
        |mark: &Mark| table.lookup(mark.leaf.0, mark.leaf.1).get(mark.register) >> mark.bit & 1 == 1;
    let judged = marks.iter().map(|mark| (mark, is_there(mark)));
    judged.into_iter().find(|(mark, is_there)| *is_there != (mark.generation <= generation))
}
