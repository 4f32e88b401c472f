//! What a KVM module writes into a table that it was given, bit by bit. Bits, not values: the values are
//! the host's.

use crate::cpuid::Register;

/// Bits of one leaf that do not come back as they were set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The leaf.
    pub leaf: u32,
    /// The subleaf; `None` for every one, or a leaf without.
    pub subleaf: Option<u32>,
    /// The bits of EAX, EBX, ECX and EDX.
    pub bits: [u32; 4],
    /// Why.
    pub why: &'static str,
}

const fn rewrite(leaf: u32, subleaf: Option<u32>, bits: [u32; 4], why: &'static str) -> Rewrite {
    Rewrite { leaf, subleaf, bits, why }
}

const ALL: u32 = u32::MAX;

/// What every KVM keeps current in the stored table while the guest runs. Source: Linux
/// `arch/x86/kvm/cpuid.c`, `kvm_update_cpuid_runtime`. Two more of its bits are left alone here, and so
/// are held: MONITOR changes only with a quirk disabled, PV_UNHALT only with HLT exits disabled.
const RUN_TIME: &[Rewrite] = &[
    rewrite(0x1, None, [0, 0, 1 << 27, 0], "OSXSAVE is that of CR4"),
    rewrite(0x1, None, [0, 0, 0, 1 << 9], "APIC is the enable bit of IA32_APIC_BASE"),
    rewrite(0x7, Some(0), [0, 0, 1 << 4, 0], "OSPKE is PKE of CR4"),
    rewrite(0xd, Some(0), [0, ALL, 0, 0], "the size of the XSAVE area follows XCR0 and IA32_XSS"),
    rewrite(0xd, Some(1), [0, ALL, 0, 0], "the size of the XSAVE area follows XCR0 and IA32_XSS"),
];

/// KVM-PVM, which runs guests without hardware virtualization. Its source is not in Linux: measured on
/// Linux 6.18, on Intel Sapphire Rapids and AMD Genoa, by setting each bit to 0 and to 1.
const KVM_PVM: &[Rewrite] = &[
    // Forced on, on both: what user mode can execute. The other bits are kept.
    rewrite(0x1, None, [0, 0, 0x76d8_1203, 0], "instruction sets are the host's"),
    // Forced on 178BFBFFH on both, and SS on Intel; forced off A0600000H.
    rewrite(0x1, None, [0, 0, 0, 0xbfeb_fbff], "features are the host's; HTT is always on"),
    rewrite(0x7, Some(0), [ALL; 4], "features are the host's"),
    rewrite(0x7, Some(1), [ALL; 4], "features are the host's"),
    rewrite(0xd, None, [ALL; 4], "the XSAVE area is the host's; subleaves that the table lacks are added"),
    rewrite(0x1d, None, [ALL; 4], "dropped: AMX"),
    rewrite(0x1e, None, [ALL; 4], "dropped: AMX"),
    rewrite(0x24, None, [ALL; 4], "dropped: AVX10"),
    // Cleared on Intel where the table has no XSAVE, kept on AMD.
    rewrite(0x8000_0001, None, [0, 0, 1 << 11 | 1 << 16, 0], "XOP and FMA4 go with XSAVE"),
];

/// What a module rewrites beyond what every KVM does.
fn own(module: Option<&str>) -> &'static [Rewrite] {
    match module {
        Some("kvm_pvm") => KVM_PVM,
        _ => &[],
    }
}

/// The rewrites of a module: the run-time bits, which it shares with all, and its own.
pub fn of(module: Option<&str>) -> impl Iterator<Item = &'static Rewrite> {
    RUN_TIME.iter().chain(own(module))
}

/// The bits of one register that a module may rewrite.
#[must_use]
pub fn bits(module: Option<&str>, leaf: u32, subleaf: Option<u32>, register: Register) -> u32 {
    of(module)
        .filter(|r| r.leaf == leaf && r.subleaf.is_none_or(|s| s == subleaf.unwrap_or(0)))
        .fold(0, |bits, r| bits | r.bits[register as usize])
}

/// Whether a register must come back whole, under every module: identity, caches, topology, counters,
/// the hypervisor's leaves and address widths.
#[must_use]
pub const fn is_strict(leaf: u32, register: Register) -> bool {
    match leaf {
        0x1 => matches!(register, Register::Eax | Register::Ebx),
        0x0
        | 0x4..=0x6
        | 0xa
        | 0xb
        | 0x12
        | 0x14..=0x18
        | 0x1a
        | 0x1f
        | 0x4000_0000..=0x4000_ffff
        | 0x8000_0005..=0x8000_0008
        | 0x8000_001d
        | 0x8000_001e
        | 0x8000_0021
        | 0x8000_0026 => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_list_loosens_a_strict_register() {
        for module in [None, Some("kvm_intel"), Some("kvm_amd"), Some("kvm_pvm")] {
            for rewrite in of(module) {
                for register in Register::ALL {
                    let listed = rewrite.bits[register as usize] != 0;
                    assert!(!(listed && is_strict(rewrite.leaf, register)), "{module:?}: {rewrite:?}");
                }
            }
        }
    }

    #[test]
    fn only_kvm_pvm_has_a_list_of_its_own() {
        let at = |module, leaf, subleaf| bits(module, leaf, subleaf, Register::Edx);
        for module in [None, Some("kvm_intel"), Some("kvm_amd"), Some("kvm_other")] {
            assert_eq!((at(module, 1, None), at(module, 7, Some(0))), (1 << 9, 0), "{module:?}");
        }
        assert_eq!(at(Some("kvm_pvm"), 1, None), 0xbfeb_fbff);
        assert_eq!(at(Some("kvm_pvm"), 7, Some(1)), ALL);
        assert_eq!(at(Some("kvm_pvm"), 7, Some(2)), 0);
        assert_eq!(bits(Some("kvm_pvm"), 1, None, Register::Ecx), 0x76d8_1203 | 1 << 27);
    }
}
