//! What a run's exit code says.

use std::process::ExitCode;

/// The outcome of a run, from best to worst; with several inputs the worst counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Nothing at error level.
    #[default]
    Success,
    /// Findings at error level.
    Findings,
    /// Usage, or a file that cannot be opened, read or written.
    Usage,
    /// /dev/kvm was asked for and cannot be used.
    NoKvm,
    /// topoc's own bug.
    Bug,
}

impl Exit {
    /// The code that the process ends with. 101 is also that of a Rust panic; 130 (interrupted) is
    /// given where the signal arrives.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::NoKvm => 3,
            Self::Bug => 101,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
