//! What an importer makes of a file, before anything judges it.

use std::collections::BTreeMap;
use std::fmt;

use crate::cpuid::CpuidTable;
use crate::profile::NumaPart;
use crate::source::brief;

/// The most mistakes that are kept of one capture; the rest is counted.
pub(super) const MOST_MISTAKES: usize = 100;

/// A file to import, by its name within what was given: `pu0` of a directory, or a bare name.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// The name, for messages.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What one capture says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Raw {
    /// Each CPU's own CPUID, by the number that the capture gives it. With or without a subleaf, as it is
    /// convenient: all CPUs' leaves are brought into one form afterwards.
    pub cpus: BTreeMap<u32, CpuidTable>,
    /// What KVM supports or gave to a guest, where the capture is of that.
    pub kvm: Option<CpuidTable>,
    /// The machine's nodes, where the capture has them.
    pub numa: Option<NumaPart>,
    /// The kernel's version, where the capture has it.
    pub kernel: Option<String>,
    /// What else it says of the machine, in words.
    pub notes: Vec<String>,
    /// Lines that could not be read; the rest was.
    pub mistakes: Vec<Misread>,
    /// How many more mistakes there are than are kept.
    pub more_mistakes: usize,
}

impl Raw {
    /// Adds a mistake, or counts it where there are many already.
    pub fn wrong(&mut self, file: &str, line: Option<usize>, message: impl fmt::Display) {
        if self.mistakes.len() < MOST_MISTAKES {
            self.mistakes.push(Misread::new(file, line, message));
        } else {
            self.more_mistakes += 1;
        }
    }

    /// Whether further mistakes are only counted.
    pub fn is_full(&self) -> bool {
        self.mistakes.len() >= MOST_MISTAKES
    }
}

/// Something in a file that is not of its format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// The file's name.
    pub file: String,
    /// The line, from 1; `None` where the format has no lines.
    pub line: Option<usize>,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Misread {
    /// A mistake whose words may quote the file: they are made printable, on one line, and short.
    pub(super) fn new(file: &str, line: Option<usize>, message: impl fmt::Display) -> Self {
        Self { file: file.to_owned(), line, message: brief(&message.to_string()) }
    }
}

/// Written `dump.txt:3: what is wrong`.
impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&brief(&self.file))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)
    }
}
