//! What the CPU says of itself: its family, its name, how far it addresses, how fast it counts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::Frequency;
use crate::yaml;

/// What the CPU says of itself. What is left out is the host's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// The family as Linux prints it, extended part added: 6, 25 or 0x19. With `model`; decides which leaves AMD has.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 270))]
    pub family: Option<u32>,
    /// The model as Linux prints it, extended part included: 143 or 0x8f. With `family`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 255))]
    pub model: Option<u32>,
    /// The stepping. Left out: the host's, or 0 where family or model are not.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 15))]
    pub stepping: Option<u32>,
    /// The brand string: up to 47 characters of ASCII. Left out: empty, as KVM has it; never the host's.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 47))]
    pub brand: Option<String>,
    /// Bits of a physical address, at most the host's: 32 to 52.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 32, max = 52))]
    pub physical_address_bits: Option<u32>,
}

/// How fast the CPU's clocks run: leaves 15H and 16H. What is left out is not told, as KVM has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Clock {
    /// The rate of the time-stamp counter: `2500MHz`. The VMM must run it so (`KVM_SET_TSC_KHZ`).
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub tsc: Option<Frequency>,
    /// The rate of the crystal, from which guests take that of the APIC timer. Left out: `vmm.apic_bus`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub crystal: Option<Frequency>,
    /// The base frequency, in whole MHz.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub base: Option<Frequency>,
    /// The highest frequency, in whole MHz. With `base`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub max: Option<Frequency>,
    /// The frequency of the bus, in whole MHz. With `base`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub bus: Option<Frequency>,
}
