//! The CPU that the guest sees.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cpuid::Vendor;
use crate::yaml;

/// What kind of CPU the guest sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cpu {
    /// The vendor. Left out: the host profile's.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Vendor>,
    /// What the hypervisor offers to the guest.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub hypervisor: Option<Hypervisor>,
}

/// What the hypervisor offers to the guest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Hypervisor {
    /// 15-bit destination IDs in MSIs and the I/O APIC (`KVM_FEATURE_MSI_EXT_DEST_ID`). The VMM must decode them.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub msi_ext_dest_id: Option<bool>,
}
