//! The caches of the machine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CoreType;
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
    /// What is otherwise with the caches of performance cores.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub performance: Option<CoreCaches>,
    /// What is otherwise with the caches of efficiency cores.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub efficiency: Option<CoreCaches>,
}

/// The caches of the cores of one type. What is left out is as for all cores.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CoreCaches {
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
    /// What is written of the cores of one type.
    #[must_use]
    pub const fn of_type(&self, core_type: CoreType) -> Option<&CoreCaches> {
        match core_type {
            CoreType::Performance => self.performance.as_ref(),
            CoreType::Efficiency => self.efficiency.as_ref(),
        }
    }

    /// A cache by its key, such as `l3`: of all cores, or of the block for one type.
    #[must_use]
    pub fn by_key(&self, block: Option<CoreType>, key: &str) -> Option<&Cache> {
        let caches = match block {
            None => [&self.l1d, &self.l1i, &self.l2, &self.l3],
            Some(core_type) => {
                let own = self.of_type(core_type)?;
                [&own.l1d, &own.l1i, &own.l2, &own.l3]
            }
        };
        let at = ["l1d", "l1i", "l2", "l3"].into_iter().position(|known| known == key)?;
        caches[at].as_ref()
    }

    /// What is written of a cache for cores of a type: its own block's properties, and the general ones
    /// that it leaves out. A mode takes nothing along.
    #[must_use]
    pub fn written(&self, core_type: Option<CoreType>, key: &str) -> Option<Cache> {
        let general = self.by_key(None, key);
        let own = core_type.and_then(|core_type| self.by_key(Some(core_type), key));
        match (own, general) {
            (Some(own), Some(general)) if own.mode.is_none() => Some(own.over(general)),
            (own, general) => own.or(general).cloned(),
        }
    }
}

impl Cache {
    /// Its own properties over another's.
    fn over(&self, other: &Self) -> Self {
        Self {
            mode: None,
            size: self.size.or(other.size),
            ways: self.ways.or(other.ways),
            line: self.line.or(other.line),
            partitions: self.partitions.or(other.partitions),
            inclusive: self.inclusive.or(other.inclusive),
            wbinvd_reaches_sharers: self.wbinvd_reaches_sharers.or(other.wbinvd_reaches_sharers),
            complex_indexing: self.complex_indexing.or(other.complex_indexing),
            shared_by: self.shared_by.or(other.shared_by),
        }
    }

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
