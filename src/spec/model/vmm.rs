//! What the virtual machine monitor will do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::Frequency;
use crate::yaml;

/// What the virtual machine monitor will do. Rules on large machines need to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Vmm {
    /// Who emulates the local APIC. Left out: `kernel`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub irqchip: Option<Irqchip>,
    /// Whether vCPUs are in x2APIC mode when the guest kernel starts. Left out: unknown, taken as no.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub x2apic_at_boot: Option<bool>,
    /// Whether the guest gets an IOMMU that remaps interrupts. Left out: no.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub interrupt_remapping: Option<bool>,
    /// The rate at which the local APIC's timer counts (`KVM_CAP_X86_APIC_BUS_CYCLES_NS`). Left out: KVM's, `1GHz`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub apic_bus: Option<Frequency>,
}

/// Who emulates the interrupt controllers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Irqchip {
    /// KVM emulates all of them (`KVM_CREATE_IRQCHIP`).
    #[default]
    Kernel,
    /// KVM emulates the local APIC, the VMM the rest (`KVM_CAP_SPLIT_IRQCHIP`).
    Split,
    /// The VMM emulates all of them.
    User,
}
