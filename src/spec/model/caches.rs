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
    /// In place of all other keys: the host's cache whole, or none at all.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub mode: Option<CacheMode>,
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
    /// Physical line partitions, a factor of the size: 1 on nearly all caches.
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub partitions: Option<u32>,
    /// Whether it holds all that the caches within it hold.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub inclusive: Option<bool>,
    /// Whether WBINVD and INVD on one thread reach the inner caches of all threads that share this one.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub wbinvd_reaches_sharers: Option<bool>,
    /// Whether sets are picked by a hash of the address (Intel's leaf 4 alone can say so).
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub complex_indexing: Option<bool>,
    /// The level whose threads share one instance.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub shared_by: Option<CacheLevel>,
}

/// A cache that is not described key by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CacheMode {
    /// There is no such cache.
    None,
    /// The host's cache, its sharing recomputed.
    Host,
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

impl Caches {
    /// A cache by its key, such as `l3`.
    #[must_use]
    pub fn by_key(&self, key: &str) -> Option<&Cache> {
        match key {
            "l1d" => self.l1d.as_ref(),
            "l1i" => self.l1i.as_ref(),
            "l2" => self.l2.as_ref(),
            "l3" => self.l3.as_ref(),
            _ => None,
        }
    }
}

impl Cache {
    /// The keys that are written beside `mode`.
    pub fn properties(&self) -> impl Iterator<Item = &'static str> + use<> {
        let written = [
            ("size", self.size.is_some()),
            ("ways", self.ways.is_some()),
            ("line", self.line.is_some()),
            ("partitions", self.partitions.is_some()),
            ("inclusive", self.inclusive.is_some()),
            ("wbinvd_reaches_sharers", self.wbinvd_reaches_sharers.is_some()),
            ("complex_indexing", self.complex_indexing.is_some()),
            ("shared_by", self.shared_by.is_some()),
        ];
        written.into_iter().filter(|(_, is_written)| *is_written).map(|(key, _)| key)
    }
}
