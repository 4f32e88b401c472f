//! The types of the language, version 1. Plain data: a spec can be built in Rust as well as read.

mod caches;
mod cpu;
mod distances;
mod guest;
mod host;
mod hypervisor;
mod identity;
mod numa;
mod topology;
mod vmm;

pub use caches::{Cache, CacheLevel, CacheMode, Caches, CoreCaches};
pub use cpu::{Cpu, CpuModel};
pub use distances::{Distances, DistancesBySocket};
pub use guest::{Guest, GuestOs};
pub use host::{Fidelity, Host, Pin};
pub use hypervisor::{Hypervisor, KvmFeature, KvmHint};
pub use identity::{Clock, Identity, TscRatio};
pub use numa::{Node, NodePer, Numa};
pub use topology::{CoreType, IdBits, Order, Part, Topology};
pub use vmm::{Irqchip, Vmm};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::Size;
use crate::yaml;

/// A virtual machine's CPU topology.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Spec {
    /// The version of the language: 1.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// A name for the machine: 1 to 64 letters, digits, `.`, `_` and `-`. Output directories are called by it.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))]
    pub name: Option<String>,
    /// How many of each there are.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub topology: Option<Topology>,
    /// The caches. Left out: the host's, their sharing recomputed for this guest.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub caches: Option<Caches>,
    /// NUMA nodes. Left out: the machine has none.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub numa: Option<Numa>,
    /// The memory of a machine without `numa`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub memory: Option<Size>,
    /// What kind of CPU the guest sees.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Cpu>,
    /// What the machine below must really provide.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub host: Option<Host>,
    /// What the virtual machine monitor will do.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub vmm: Option<Vmm>,
    /// Whose reading the rules judge by. Left out: any guest's.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub guest: Option<Guest>,
}
