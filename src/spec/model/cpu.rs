//! The CPU that the guest sees.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Clock, Hypervisor, Identity};
use crate::cpuid::Vendor;
use crate::spec::FeatureName;
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
    /// The features to start from: all that the host offers, or those of a level of the x86-64 psABI. Left out: `host`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub model: Option<CpuModel>,
    /// A file of `topoc baseline` with what the hosts of a fleet have in common, relative to this spec: the guest gets no more.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// Features that the guest must have, by the kernel's names; what they need comes with them.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub require: Option<Vec<FeatureName>>,
    /// Features that the guest must not have, by the kernel's names; what needs them goes with them.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub disable: Option<Vec<FeatureName>>,
    /// Whether the guest is to migrate: it gets nothing that another host cannot go on with. Left out: no.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub migratable: Option<bool>,
    /// Whether the guest gets performance counters. Left out: the host's, unless `model` or `baseline` bounds the features.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub pmu: Option<bool>,
    /// What the hypervisor offers to the guest.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub hypervisor: Option<Hypervisor>,
}

/// The features that a guest starts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CpuModel {
    /// All that the host offers.
    #[default]
    #[serde(rename = "host")]
    Host,
    /// What every x86-64 processor has: SSE2.
    #[serde(rename = "x86-64-v1")]
    V1,
    /// Level 2 of the x86-64 psABI: up to SSE4.2 and POPCNT.
    #[serde(rename = "x86-64-v2")]
    V2,
    /// Level 3: AVX2, BMI, FMA.
    #[serde(rename = "x86-64-v3")]
    V3,
    /// Level 4: AVX-512 F, BW, CD, DQ and VL.
    #[serde(rename = "x86-64-v4")]
    V4,
}

impl CpuModel {
    /// The model as a spec has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::V1 => "x86-64-v1",
            Self::V2 => "x86-64-v2",
            Self::V3 => "x86-64-v3",
            Self::V4 => "x86-64-v4",
        }
    }
}
