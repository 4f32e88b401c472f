//! The CPU that the guest sees.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Clock, Hypervisor, Identity};
use crate::cpuid::Vendor;
use crate::yaml;

/// What kind of CPU the guest sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cpu {
    /// The vendor. Left out: the host profile's.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Vendor>,
    /// What the CPU says of itself. Left out: the host's.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// How fast its clocks run. Left out: not told.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// What the hypervisor offers to the guest.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub hypervisor: Option<Hypervisor>,
}
