//! How many of each there are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::{CpuList, PlacePath};
use crate::yaml;

/// Counts, each per parent. What is left out is 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Topology {
    /// Sockets of the machine.
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub sockets: Option<u32>,
    /// Die groups of a socket (Intel only: leaf 1FH type 6).
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub die_groups: Option<u32>,
    /// Dies of a die group or socket (Intel: leaf 1FH type 5; AMD: the CCD).
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub dies: Option<u32>,
    /// Complexes of a die: cores that share an L3 (AMD only: the CCX).
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub complexes: Option<u32>,
    /// Tiles of a die (Intel only: leaf 1FH type 4).
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub tiles: Option<u32>,
    /// Modules of a tile or die: cores that share an L2 (Intel only: leaf 1FH type 3).
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub modules: Option<u32>,
    /// Cores of the next level outward that is given.
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub cores: Option<u32>,
    /// Threads of a core: 1, 2 or 4.
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub threads: Option<u32>,
    /// What sort of core all of these are, on machines that have several.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub core_type: Option<CoreType>,
    /// What the innermost level that is counted here is made of, one after the other, where its parts are not alike.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub parts: Option<Vec<Part>>,
    /// How vCPUs are numbered. It changes which vCPU has which place, never an x2APIC ID. Left out: `threads_first`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// In place of `order`: the place of each vCPU, such as `0/1/0` for socket, core and thread. It names every level
    /// of which a parent holds several, and always socket, core and thread.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub places: Option<Vec<PlacePath>>,
    /// The vCPUs that exist at boot, such as `0-15`; the others are room for hot-plug. Left out: all.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub present: Option<CpuList>,
    /// Bits of x2APIC IDs that levels take, where they are to be more than their counts need.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub id_bits: Option<IdBits>,
}

/// One of several unlike parts of a machine, with the counts of what it is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Part {
    /// Sockets of this part.
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub sockets: Option<u32>,
    /// Die groups of a socket (Intel only: leaf 1FH type 6).
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub die_groups: Option<u32>,
    /// Dies of a die group or socket (Intel: leaf 1FH type 5; AMD: the CCD).
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub dies: Option<u32>,
    /// Complexes of a die: cores that share an L3 (AMD only: the CCX).
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub complexes: Option<u32>,
    /// Tiles of a die (Intel only: leaf 1FH type 4).
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub tiles: Option<u32>,
    /// Modules of a tile or die: cores that share an L2 (Intel only: leaf 1FH type 3).
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub modules: Option<u32>,
    /// Cores of the next level outward that is given.
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub cores: Option<u32>,
    /// Threads of a core: 1, 2 or 4.
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub threads: Option<u32>,
    /// What sort of core all of these are, on machines that have several.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub core_type: Option<CoreType>,
    /// What the innermost level that is counted here is made of, one after the other, where its parts are not alike.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub parts: Option<Vec<Part>>,
}

/// A sort of core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CoreType {
    /// Built for speed: Intel's P-core, AMD's full Zen core.
    Performance,
    /// Built for efficiency: Intel's E-core, AMD's compact Zen core.
    Efficiency,
}

impl CoreType {
    /// Its word in a spec, which is also the key of its caches.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Performance => "performance",
            Self::Efficiency => "efficiency",
        }
    }
}

/// How vCPUs are numbered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Depth first: the threads of a core are neighbours, then the cores, and so on outward.
    #[default]
    ThreadsFirst,
    /// The first threads of all cores of the machine, then all second ones, as much firmware does.
    CoresFirst,
}

/// How many bits of an x2APIC ID each level takes. What is left out is as wide as the largest count needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IdBits {
    /// Bits that number the threads of a core.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 31))]
    pub thread: Option<u32>,
    /// Bits that number the cores of the next level outward.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 31))]
    pub core: Option<u32>,
    /// Bits that number the modules of a tile or die.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 31))]
    pub module: Option<u32>,
    /// Bits that number the tiles of a die.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 31))]
    pub tile: Option<u32>,
    /// Bits that number the complexes of a die.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 31))]
    pub complex: Option<u32>,
    /// Bits that number the dies of a die group or socket.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 31))]
    pub die: Option<u32>,
    /// Bits that number the die groups of a socket.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 31))]
    pub die_group: Option<u32>,
}
