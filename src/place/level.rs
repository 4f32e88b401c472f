//! What vCPUs, and the CPUs of a host, can have in common.

use std::fmt;

use crate::decode;
use crate::topology::{CacheKind, Domain};

/// What CPUs can have in common: a domain, a cache or a NUMA node. From inside to outside as machines usually
/// have them; on a host, what lies in what is found by comparing the sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The threads of a core.
    Core,
    /// Level 1 data cache.
    L1d,
    /// Level 1 instruction cache.
    L1i,
    /// Level 2 cache.
    L2,
    /// Intel's module.
    Module,
    /// Intel's tile.
    Tile,
    /// Level 3 cache.
    L3,
    /// AMD's core complex.
    Complex,
    /// A die.
    Die,
    /// Intel's die group.
    DieGroup,
    /// A NUMA node.
    Node,
    /// A socket.
    Socket,
}

impl Level {
    /// All of them, inner to outer.
    pub const ALL: [Self; 12] = [
        Self::Core,
        Self::L1d,
        Self::L1i,
        Self::L2,
        Self::Module,
        Self::Tile,
        Self::L3,
        Self::Complex,
        Self::Die,
        Self::DieGroup,
        Self::Node,
        Self::Socket,
    ];

    /// The level of a domain; `None` for threads, which have nothing in common with another.
    #[must_use]
    pub const fn of_domain(domain: Domain) -> Option<Self> {
        Some(match domain {
            Domain::Thread => return None,
            Domain::Core => Self::Core,
            Domain::Module => Self::Module,
            Domain::Tile => Self::Tile,
            Domain::Complex => Self::Complex,
            Domain::Die => Self::Die,
            Domain::DieGroup => Self::DieGroup,
            Domain::Package => Self::Socket,
        })
    }

    /// The level of a decoded domain.
    pub(super) const fn of_decoded(domain: decode::Domain) -> Option<Self> {
        Some(match domain {
            decode::Domain::Thread => return None,
            decode::Domain::Core => Self::Core,
            decode::Domain::Module => Self::Module,
            decode::Domain::Tile => Self::Tile,
            decode::Domain::Complex => Self::Complex,
            decode::Domain::Die => Self::Die,
            decode::Domain::DieGroup => Self::DieGroup,
            decode::Domain::Package => Self::Socket,
        })
    }

    /// The level of a cache; `None` for one that specs cannot name.
    #[must_use]
    pub const fn of_cache(level: u8, kind: CacheKind) -> Option<Self> {
        Some(match (level, kind) {
            (1, CacheKind::Data) => Self::L1d,
            (1, CacheKind::Instruction) => Self::L1i,
            (2, CacheKind::Unified) => Self::L2,
            (3, CacheKind::Unified) => Self::L3,
            _ => return None,
        })
    }

    /// The level of a decoded cache.
    pub(super) const fn of_decoded_cache(name: decode::CacheName) -> Option<Self> {
        Some(match (name.level, name.kind) {
            (1, decode::CacheKind::Data) => Self::L1d,
            (1, decode::CacheKind::Instruction) => Self::L1i,
            (2, decode::CacheKind::Unified) => Self::L2,
            (3, decode::CacheKind::Unified) => Self::L3,
            _ => return None,
        })
    }

    /// Whether it is a cache.
    #[must_use]
    pub const fn is_cache(self) -> bool {
        matches!(self, Self::L1d | Self::L1i | Self::L2 | Self::L3)
    }

    /// The domain, of the levels that are one.
    #[must_use]
    pub const fn domain(self) -> Option<Domain> {
        Some(match self {
            Self::Core => Domain::Core,
            Self::Module => Domain::Module,
            Self::Tile => Domain::Tile,
            Self::Complex => Domain::Complex,
            Self::Die => Domain::Die,
            Self::DieGroup => Domain::DieGroup,
            Self::Socket => Domain::Package,
            Self::L1d | Self::L1i | Self::L2 | Self::L3 | Self::Node => return None,
        })
    }

    /// The word for one of them in messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::L1d => "L1d",
            Self::L1i => "L1i",
            Self::L2 => "L2",
            Self::Module => "module",
            Self::Tile => "tile",
            Self::L3 => "L3",
            Self::Complex => "complex",
            Self::Die => "die",
            Self::DieGroup => "die group",
            Self::Node => "node",
            Self::Socket => "socket",
        }
    }

    /// The word for several.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Core => "cores",
            Self::L1d => "L1ds",
            Self::L1i => "L1is",
            Self::L2 => "L2s",
            Self::Module => "modules",
            Self::Tile => "tiles",
            Self::L3 => "L3s",
            Self::Complex => "complexes",
            Self::Die => "dies",
            Self::DieGroup => "die groups",
            Self::Node => "nodes",
            Self::Socket => "sockets",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
