//! The levels of a machine and the types of its cores, by the words of the language.

/// A level of the hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Thread,
    Core,
    Module,
    Tile,
    Complex,
    Die,
    DieGroup,
    Socket,
}

impl Level {
    /// Outer to inner.
    pub const ALL: [Self; 8] = [
        Self::Socket,
        Self::DieGroup,
        Self::Die,
        Self::Complex,
        Self::Tile,
        Self::Module,
        Self::Core,
        Self::Thread,
    ];

    /// How far within the machine: 0 for sockets.
    pub const fn depth(self) -> usize {
        7 - self as usize
    }

    /// The key of its count, which is also its plural.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Thread => "threads",
            Self::Core => "cores",
            Self::Module => "modules",
            Self::Tile => "tiles",
            Self::Complex => "complexes",
            Self::Die => "dies",
            Self::DieGroup => "die_groups",
            Self::Socket => "sockets",
        }
    }

    /// The level of a word such as `die_group`.
    pub fn of(word: &str) -> Self {
        match word {
            "thread" => Self::Thread,
            "core" => Self::Core,
            "module" => Self::Module,
            "tile" => Self::Tile,
            "complex" => Self::Complex,
            "die" => Self::Die,
            "die_group" => Self::DieGroup,
            "socket" => Self::Socket,
            other => panic!("no level {other:?}"),
        }
    }
}

/// What sort of core it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CoreType {
    Performance,
    Efficiency,
}

impl CoreType {
    /// The type of a word.
    pub fn of(word: &str) -> Self {
        match word {
            "performance" => Self::Performance,
            "efficiency" => Self::Efficiency,
            other => panic!("no type of core {other:?}"),
        }
    }

    /// Its key below `caches`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Performance => "performance",
            Self::Efficiency => "efficiency",
        }
    }
}
