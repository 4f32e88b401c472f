//! What processors, guests and KVM are known to need beside what the manuals say: each with a name, a reason and a
//! source, so that no part of the code has a special case of its own.

use super::{Processor, Vendor};

/// One such need.
#[derive(Clone, Copy, Debug)]
pub struct Quirk {
    /// Its name.
    pub name: &'static str,
    /// The processors that it is about, in words.
    pub on: &'static str,
    /// What topoc does.
    pub what: &'static str,
    /// What happens otherwise.
    pub why: &'static str,
    /// Where it is known from.
    pub source: &'static str,
    /// The rule that speaks of it, if one does.
    pub rule: Option<&'static str>,
    applies: fn(&Processor) -> bool,
}

impl Quirk {
    /// Whether it is about this processor.
    #[must_use]
    pub fn applies(&self, processor: &Processor) -> bool {
        (self.applies)(processor)
    }
}

/// Windows Server 2022 and PerfCtrExtCore.
pub const PERFCTR_CORE: Quirk = Quirk {
    name: "perfctr_core",
    on: "AMD before Zen without TopologyExtensions",
    what: "clears PerfCtrExtCore, `CPUID.(EAX=80000001H):ECX[23]`",
    why: "Windows Server 2022 loops at boot on PerfCtrExtCore without TopologyExtensions",
    source: "Propolis #961",
    rule: Some("features::perfctr_core_dropped"),
    applies: |processor| processor.vendor.is_amd_like() && !processor.has_topology_extensions(),
};

/// Linux and the L3s of Hygon and the first Zen.
pub const L3_OF_8_IDS: Quirk = Quirk {
    name: "l3_of_8_ids",
    on: "Hygon; AMD family 17h up to model 1Fh",
    what: "gives each L3 of several at least 8 IDs",
    why: "Linux takes ID >> 3 for the L3, whatever leaf 8000001DH says",
    source: "Linux `arch/x86/kernel/cpu/cacheinfo.c`, `cacheinfo_hygon_init_llc_id` and `cacheinfo_amd_init_llc_id`",
    rule: Some("cache::l3_fixed_in_linux"),
    applies: |processor| match (processor.vendor, processor.signature) {
        (Vendor::Hygon, _) => true,
        (Vendor::Amd, Some(signature)) => signature.family() == 0x17 && signature.model() <= 0x1f,
        _ => false,
    },
};

/// Linux and the L3s of AMD's families 15h and 16h.
pub const L3_OF_NODE: Quirk = Quirk {
    name: "l3_of_node",
    on: "AMD before Zen with TopologyExtensions",
    what: "shares an L3 by the node where the host does",
    why: "Linux takes the node of 8000001EH for the L3",
    source: "Linux `arch/x86/kernel/cpu/cacheinfo.c`, `cacheinfo_amd_init_llc_id`",
    rule: Some("cache::l3_fixed_in_linux"),
    applies: |processor| processor.is_before_zen() && processor.has_topology_extensions(),
};

/// KVM and the range C0000000H.
pub const CENTAUR_RANGE: Quirk = Quirk {
    name: "centaur_range",
    on: "Zhaoxin and Centaur",
    what: "writes leaf C0000000H, although nothing may stand above it",
    why: "KVM answers for a range that the table lacks from the highest basic leaf",
    source: "Linux `arch/x86/kvm/cpuid.c`, `get_out_of_range_cpuid_entry`",
    rule: None,
    applies: |processor| processor.vendor.is_centaur_like(),
};

/// KVM and the range 40000000H.
pub const HYPERVISOR_RANGE: Quirk = Quirk {
    name: "hypervisor_range",
    on: "all but AMD and Hygon",
    what: "writes leaf 40000000H even where the guest is not to see KVM; the same on all processors",
    why: "KVM answers for a range that the table lacks from the highest basic leaf",
    source: "Linux `arch/x86/kvm/cpuid.c`, `get_out_of_range_cpuid_entry`",
    rule: None,
    applies: |processor| !processor.vendor.is_amd_like(),
};

/// x2APIC and leaf 0BH.
pub const NO_X2APIC: Quirk = Quirk {
    name: "no_x2apic",
    on: "AMD before Zen",
    what: "clears x2APIC, which KVM would emulate",
    why: "x2APIC comes with leaf 0BH, which these processors do not have: hwloc finds no cores",
    source: "SDM Vol. 3A, \"Extended XAPIC (x2APIC)\"; hwloc `topology-x86.c`",
    rule: Some("apic::x2apic_missing"),
    applies: |processor| !processor.has_leaf_b(),
};

/// Every quirk.
pub const ALL: &[Quirk] =
    &[PERFCTR_CORE, L3_OF_8_IDS, L3_OF_NODE, CENTAUR_RANGE, HYPERVISOR_RANGE, NO_X2APIC];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuid::Signature;

    #[test]
    fn each_is_about_the_processors_that_it_names() {
        let on = |vendor: Vendor, signature: u32| {
            let processor = Processor { signature: Some(Signature(signature)), ..vendor.into() };
            let names = ALL.iter().filter(|quirk| quirk.applies(&processor)).map(|quirk| quirk.name);
            names.collect::<Vec<_>>()
        };
        assert_eq!(on(Vendor::Amd, 0x0010_0f91), ["perfctr_core", "no_x2apic"], "10h");
        assert_eq!(on(Vendor::Amd, 0x0060_0f12), ["l3_of_node", "no_x2apic"], "15h");
        assert_eq!(on(Vendor::Amd, 0x0080_0f12), ["l3_of_8_ids"], "17h model 01h, Naples");
        assert_eq!(on(Vendor::Amd, 0x0081_0f81), ["l3_of_8_ids"], "17h model 18h");
        assert_eq!(on(Vendor::Amd, 0x0081_0ff0), ["l3_of_8_ids"], "17h model 1FH, the last");
        assert_eq!(on(Vendor::Amd, 0x0082_0f00), [""; 0], "17h model 20h");
        assert_eq!(on(Vendor::Amd, 0x0083_0f10), [""; 0], "17h model 31h, Rome");
        assert_eq!(on(Vendor::Hygon, 0x0090_0f00), ["l3_of_8_ids"]);
        assert_eq!(on(Vendor::Intel, 0x0008_06f8), ["hypervisor_range"]);
        assert_eq!(on(Vendor::Zhaoxin, 0x0005_07b3), ["centaur_range", "hypervisor_range"]);
    }
}
