//! What the machine below must provide.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::yaml;

/// What the machine below must really provide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Host {
    /// How true to the host the guest's shape must be. Left out: `counts`, as warnings.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub fidelity: Option<Fidelity>,
}

/// How true to the host the guest's shape must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fidelity {
    /// The host has enough CPUs and memory.
    Counts,
    /// Nothing is asked of the host's shape or size: overcommit.
    None,
}
