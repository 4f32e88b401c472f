//! Features that no list decides: they follow from the machine, or from what the guest does.

use crate::cpuid::feature::Feature;

/// Who decides a feature in place of `require` and `disable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Whether every guest has it.
    pub always: bool,
    /// Why, as an end of a sentence.
    pub why: &'static str,
}

/// Whether a feature is decided elsewhere.
#[must_use]
pub fn decided(feature: &Feature) -> Option<Decided> {
    let by = |always, why| Some(Decided { always, why });
    match feature.name {
        "hypervisor" => by(true, "a guest looks for KVM's leaves only where it is set"),
        "apic" => by(true, "every vCPU has a local APIC; `vmm.irqchip` says whose"),
        "ht" | "cmp_legacy" => {
            by(false, "it says whether a socket has several threads, so it follows from `topology`")
        }
        "topoext" => by(false, "without leaves 8000001DH and 8000001EH no guest finds its cores and caches"),
        "hybrid_cpu" => {
            by(false, "it says whether cores are of different types, so it follows from `topology`")
        }
        "osxsave" => by(false, "it mirrors CR4.OSXSAVE, which the guest sets if it has `xsave`"),
        "ospke" => by(false, "it mirrors CR4.PKE, which the guest sets if it has `pku`"),
        "kvm_msi_ext_dest_id" => {
            by(false, "the VMM has to decode the IDs: `cpu.hypervisor.msi_ext_dest_id` says so")
        }
        _ => None,
    }
}
