//! Leaf 0xD for the state components that KVM passes on every host.

use crate::cpuid::{CpuidTable, Key, Registers};

/// x87, SSE, AVX, AVX-512 (opmask, ZMM_Hi256, Hi16_ZMM) and PKRU. KVM passes AMX to processes with
/// permission alone, and MPX and IA32_XSS hang on the host. Source: Linux 6.16
/// `arch/x86/kvm/x86.c`, `KVM_SUPPORTED_XCR0`.
const COMPONENTS: u32 = 0b10_1110_0111;

const AVX512: u32 = 0b1110_0000;
const PKRU: u32 = 1 << 9;

/// Features of subleaf 1 that KVM passes: XSAVEOPT, XSAVEC, XGETBV1, XSAVES. XFD serves AMX alone.
/// Source: Linux 6.16 `arch/x86/kvm/cpuid.c`, `CPUID_D_1_EAX`.
const FEATURES: u32 = 0b1111;

/// The legacy region and the header: what every XSAVE area begins with. Source: SDM Vol. 1 ch. 13.
const HEADER_END: u32 = 576;

/// The entries of leaf 0xD: `native` reduced to what KVM passes, the sizes computed anew. `masked`
/// says whether the guest has XSAVE and protection keys at all.
pub(super) fn entries(native: &CpuidTable, masked: &CpuidTable) -> Vec<(Key, Registers)> {
    let has = |leaf: u32, bit: u32| masked.lookup(leaf, 0).ecx >> bit & 1 == 1;
    let mut xcr0 = native.lookup(0xd, 0).eax & COMPONENTS;
    if !has(0x1, 26) || xcr0 == 0 {
        return Vec::new();
    }
    // XCR0 takes the three AVX-512 components together or not at all, and PKRU goes with PKU.
    if xcr0 & AVX512 != AVX512 {
        xcr0 &= !AVX512;
    }
    if !has(0x7, 3) {
        xcr0 &= !PKRU;
    }
    let components: Vec<(u32, Registers)> = (2..32)
        .filter(|number| xcr0 >> number & 1 == 1)
        .map(|number| {
            let words = native.lookup(0xd, number);
            (number, Registers { ecx: words.ecx & 0b10, edx: 0, ..words })
        })
        .collect();
    // Standard form: each component at its own offset.
    let standard =
        components.iter().map(|(_, words)| words.eax.saturating_add(words.ebx)).fold(HEADER_END, u32::max);
    // Compacted form: one after the other, some on 64 bytes.
    let compacted = components.iter().fold(HEADER_END, |end, (_, words)| {
        let start = if words.ecx & 0b10 == 0 { end } else { end.next_multiple_of(64) };
        start.saturating_add(words.eax)
    });
    let features = native.lookup(0xd, 1).eax & FEATURES;
    // XSAVEC or XSAVES: the compacted form exists.
    let compacted = if features & 0b1010 == 0 { 0 } else { compacted };
    let heads =
        [(0, Registers::new(xcr0, standard, standard, 0)), (1, Registers::new(features, compacted, 0, 0))];
    heads.into_iter().chain(components).map(|(subleaf, words)| (Key::subleaf(0xd, subleaf), words)).collect()
}
