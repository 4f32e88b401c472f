//! The caches of the machine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::Size;
use crate::yaml;

/// The caches. A cache or a property that is left out is the host's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Caches {
    /// Level 1 data cache.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub l1d: Option<Cache>,
    /// Level 1 instruction cache.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub l1i: Option<Cache>,
    /// Level 2 cache.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub l2: Option<Cache>,
    /// Level 3 cache.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub l3: Option<Cache>,
}

/// One cache.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// Size of one instance, with a binary unit: `48KiB`, `2MiB`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Ways of associativity.
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub ways: Option<u32>,
    /// Bytes of a line.
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub line: Option<u32>,
    /// The level whose threads share one instance.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub shared_by: Option<CacheLevel>,
}

/// A level that shares a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CacheLevel {
    /// Each thread has its own.
    Thread,
    /// The threads of a core.
    Core,
    /// The cores of a module.
    Module,
    /// The modules of a tile.
    Tile,
    /// The cores of a complex.
    Complex,
    /// All of a die.
    Die,
    /// All of a die group.
    DieGroup,
    /// All of a socket.
    Socket,
}
