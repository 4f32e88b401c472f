//! What the hypervisor offers to the guest.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use KvmFeature as K;

use crate::yaml;

/// What the hypervisor offers to the guest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Hypervisor {
    /// Whether the guest can tell that it runs on KVM. With `false`, leaf 40000000H names nobody; the bit that says
    /// that there is a hypervisor stays. Left out: `true`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub kvm: Option<bool>,
    /// What the guest may rely on.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub hints: Option<Vec<KvmHint>>,
    /// Paravirtual features of KVM's that the guest is not to have; those that need one of them go with it.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub disable: Option<Vec<KvmFeature>>,
    /// 15-bit destination IDs in MSIs and the I/O APIC (`KVM_FEATURE_MSI_EXT_DEST_ID`). The VMM must decode them.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub msi_ext_dest_id: Option<bool>,
}

/// What the guest may rely on: `CPUID.(EAX=40000001H):EDX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KvmHint {
    /// Each vCPU always has a CPU of its own (`KVM_HINTS_REALTIME`): a guest spins instead of yielding.
    Realtime,
}

/// A paravirtual feature of KVM's: `CPUID.(EAX=40000001H):EAX`. Source: Linux `Documentation/virt/kvm/x86/cpuid.rst`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KvmFeature {
    /// The old MSRs of the clock.
    Clocksource,
    /// No delays on port I/O.
    NopIoDelay,
    /// The clock.
    Clocksource2,
    /// Asynchronous page faults.
    AsyncPf,
    /// Time during which a vCPU did not run.
    StealTime,
    /// End of interrupt without an exit.
    PvEoi,
    /// Waking a vCPU that halted over a lock.
    PvUnhalt,
    /// TLB flushes that leave out vCPUs which do not run.
    PvTlbFlush,
    /// Asynchronous page faults delivered as exits of a nested guest.
    AsyncPfVmexit,
    /// One call for IPIs to many vCPUs.
    PvSendIpi,
    /// Polling before a halt, by the guest's choice.
    PollControl,
    /// Yielding to a vCPU that does not run.
    PvSchedYield,
    /// Asynchronous page faults told by an interrupt.
    AsyncPfInt,
    /// The clock is the same on all vCPUs.
    ClocksourceStable,
}

/// Every feature: its bit, its name, and those of which it needs one. Source of the bits: Linux
/// `Documentation/virt/kvm/x86/cpuid.rst`; of the needs: `arch/x86/kernel/kvm.c`, `pv_tlb_flush_supported`,
/// `pv_sched_yield_supported` and `kvm_guest_cpu_init`, and `arch/x86/kernel/kvmclock.c`.
const FEATURES: [(KvmFeature, u32, &str, &[KvmFeature]); 14] = [
    (K::Clocksource, 0, "clocksource", &[]),
    (K::NopIoDelay, 1, "nop_io_delay", &[]),
    (K::Clocksource2, 3, "clocksource2", &[]),
    (K::AsyncPf, 4, "async_pf", &[]),
    (K::StealTime, 5, "steal_time", &[]),
    (K::PvEoi, 6, "pv_eoi", &[]),
    (K::PvUnhalt, 7, "pv_unhalt", &[]),
    (K::PvTlbFlush, 9, "pv_tlb_flush", &[K::StealTime]),
    (K::AsyncPfVmexit, 10, "async_pf_vmexit", &[K::AsyncPf]),
    (K::PvSendIpi, 11, "pv_send_ipi", &[]),
    (K::PollControl, 12, "poll_control", &[]),
    (K::PvSchedYield, 13, "pv_sched_yield", &[K::StealTime]),
    (K::AsyncPfInt, 14, "async_pf_int", &[K::AsyncPf]),
    (K::ClocksourceStable, 24, "clocksource_stable", &[K::Clocksource, K::Clocksource2]),
];

impl KvmFeature {
    /// Every feature.
    pub fn all() -> impl Iterator<Item = Self> {
        FEATURES.iter().map(|(feature, ..)| *feature)
    }

    /// Its bit in EAX.
    #[must_use]
    pub fn bit(self) -> u32 {
        FEATURES.iter().find(|(feature, ..)| *feature == self).map_or(0, |(_, bit, ..)| 1 << bit)
    }

    /// Its name in a spec.
    #[must_use]
    pub fn name(self) -> &'static str {
        FEATURES.iter().find(|(feature, ..)| *feature == self).map_or("", |(_, _, name, _)| name)
    }

    /// The features that nothing can use without those which are gone.
    pub fn taken_along(gone: &[Self]) -> impl Iterator<Item = Self> {
        let lost = |needs: &[Self]| !needs.is_empty() && needs.iter().all(|need| gone.contains(need));
        let all =
            FEATURES.iter().filter(move |(feature, _, _, needs)| lost(needs) && !gone.contains(feature));
        all.map(|(feature, ..)| *feature)
    }
}

impl Hypervisor {
    /// Whether the guest can tell that it runs on KVM.
    #[must_use]
    pub fn is_kvm(&self) -> bool {
        self.kvm.unwrap_or(true)
    }

    /// Whether the guest gets a hint.
    #[must_use]
    pub fn hints_at(&self, hint: KvmHint) -> bool {
        self.hints.as_ref().is_some_and(|hints| hints.contains(&hint))
    }

    /// The features that are switched off, and those that go with them.
    #[must_use]
    pub fn without(&self) -> Vec<KvmFeature> {
        let mut gone = self.disable.clone().unwrap_or_default();
        let along: Vec<KvmFeature> = KvmFeature::taken_along(&gone).collect();
        gone.extend(along);
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_language() {
        for feature in KvmFeature::all() {
            assert_eq!(serde_json::to_string(&feature).unwrap(), format!("\"{}\"", feature.name()));
        }
    }

    #[test]
    fn what_needs_a_feature_goes_with_it() {
        let without = |disable: &[KvmFeature]| {
            let hypervisor = Hypervisor { disable: Some(disable.to_vec()), ..Hypervisor::default() };
            let mut names: Vec<_> = hypervisor.without().into_iter().map(KvmFeature::name).collect();
            names.sort_unstable();
            names
        };
        assert_eq!(without(&[K::StealTime]), ["pv_sched_yield", "pv_tlb_flush", "steal_time"]);
        assert_eq!(without(&[K::AsyncPf, K::AsyncPfInt]), ["async_pf", "async_pf_int", "async_pf_vmexit"]);
        assert_eq!(without(&[K::Clocksource]), ["clocksource"], "the other clock is left");
        let clocks = without(&[K::Clocksource, K::Clocksource2]);
        assert_eq!(clocks, ["clocksource", "clocksource2", "clocksource_stable"]);
        assert_eq!(without(&[]), [""; 0]);
    }
}
