//! What the hypervisor offers to the guest.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
