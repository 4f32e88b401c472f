//! The levels of the hierarchy.

use std::fmt;

use crate::spec::CacheLevel;

/// A level of the hierarchy, inner to outer. The SDM's word is domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// A hardware thread: one vCPU.
    Thread,
    /// The threads of a core.
    Core,
    /// Intel: cores that share an L2.
    Module,
    /// Intel: modules of a tile.
    Tile,
    /// AMD: cores that share an L3 (CCX).
    Complex,
    /// A die; on AMD the CCD.
    Die,
    /// Intel: dies of a group.
    DieGroup,
    /// A package; users write socket.
    Package,
}

impl Domain {
    /// All domains, inner to outer.
    pub const ALL: [Self; 8] = [
        Self::Thread,
        Self::Core,
        Self::Module,
        Self::Tile,
        Self::Complex,
        Self::Die,
        Self::DieGroup,
        Self::Package,
    ];

    /// The domain's rank: 0 for a thread, 7 for a package.
    #[must_use]
    pub const fn rank(self) -> usize {
        self as usize
    }

    /// The next domain outward; `None` for a package.
    #[must_use]
    pub fn outward(self) -> Option<Self> {
        Self::ALL.get(self.rank() + 1).copied()
    }

    /// The next domain inward; `None` for a thread.
    #[must_use]
    pub fn inward(self) -> Option<Self> {
        self.rank().checked_sub(1).map(|rank| Self::ALL[rank])
    }

    /// The word for one of them in specs, manifests and messages: `socket`, `die_group`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Thread => "thread",
            Self::Core => "core",
            Self::Module => "module",
            Self::Tile => "tile",
            Self::Complex => "complex",
            Self::Die => "die",
            Self::DieGroup => "die_group",
            Self::Package => "socket",
        }
    }

    /// The key under `topology` that counts them: `sockets`, `die_groups`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Thread => "threads",
            Self::Core => "cores",
            Self::Module => "modules",
            Self::Tile => "tiles",
            Self::Complex => "complexes",
            Self::Die => "dies",
            Self::DieGroup => "die_groups",
            Self::Package => "sockets",
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::DieGroup) { "die group" } else { self.word() })
    }
}

/// The domain that a level of the language names.
impl From<CacheLevel> for Domain {
    fn from(level: CacheLevel) -> Self {
        match level {
            CacheLevel::Thread => Self::Thread,
            CacheLevel::Core => Self::Core,
            CacheLevel::Module => Self::Module,
            CacheLevel::Tile => Self::Tile,
            CacheLevel::Complex => Self::Complex,
            CacheLevel::Die => Self::Die,
            CacheLevel::DieGroup => Self::DieGroup,
            CacheLevel::Socket => Self::Package,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the language spells them; messages write a die group as two words.
    #[test]
    fn each_has_its_words() {
        let words = Domain::ALL.map(|domain| (domain.word(), domain.key()));
        let expected = [
            ("thread", "threads"),
            ("core", "cores"),
            ("module", "modules"),
            ("tile", "tiles"),
            ("complex", "complexes"),
            ("die", "dies"),
            ("die_group", "die_groups"),
            ("socket", "sockets"),
        ];
        assert_eq!(words, expected);
        assert_eq!(Domain::DieGroup.to_string(), "die group");
        assert_eq!(Domain::Package.to_string(), "socket");
    }

    #[test]
    fn each_has_its_neighbours() {
        assert_eq!((Domain::Thread.inward(), Domain::Package.outward()), (None, None));
        for pair in Domain::ALL.windows(2) {
            assert_eq!((pair[0].outward(), pair[1].inward()), (Some(pair[1]), Some(pair[0])));
        }
    }

    #[test]
    fn a_level_of_the_language_is_a_domain() {
        use CacheLevel::{Complex, Core, Die, DieGroup, Module, Socket, Thread, Tile};
        let levels = [Thread, Core, Module, Tile, Complex, Die, DieGroup, Socket];
        assert_eq!(levels.map(Domain::from), Domain::ALL);
    }
}
