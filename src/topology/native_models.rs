//! Which model the cores of a type are.

use crate::spec::CoreType;

/// The native model of each type of core, as leaf 1AH and AMD's 80000026H number them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NativeModels {
    /// Of performance cores.
    pub performance: u32,
    /// Of efficiency cores.
    pub efficiency: u32,
}

impl NativeModels {
    /// Those of Alder Lake and Raptor Lake, Intel's first that have two types.
    pub const INTEL: Self = Self { performance: 1, efficiency: 1 };

    /// Those of Strix Point, AMD's first that tells of two types.
    pub const AMD: Self = Self { performance: 0, efficiency: 0 };

    /// The model of a type of core.
    #[must_use]
    pub const fn of(self, core_type: CoreType) -> u32 {
        match core_type {
            CoreType::Performance => self.performance,
            CoreType::Efficiency => self.efficiency,
        }
    }
}
