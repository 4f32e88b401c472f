//! Why captures make no profile.

use std::fmt;

use super::{Format, Misread};

/// Why there is no profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportError {
    /// No capture was given.
    Nothing,
    /// Captures that are of no known form, or of several at once, by name.
    Unknown(Vec<Unknown>),
    /// Captures that cannot be of one machine at once: what both of two have, and their names.
    Contradictory {
        /// What both have.
        what: String,
        /// The captures that have it.
        names: Vec<String>,
    },
    /// What is wrong in the captures, and how many more mistakes like these there are.
    Mistakes(Vec<Misread>, usize),
}

/// A capture of which the form is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Its name.
    pub name: String,
    /// The forms that it may be of: none, or more than one.
    pub candidates: Vec<Format>,
}

impl ImportError {
    /// What can be done; empty where the error says it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Nothing | Self::Unknown(_) => "",
            Self::Contradictory { .. } => {
                "import each alone; several captures are merged only where each has what the others lack"
            }
            Self::Mistakes(..) => {
                "--keep-going makes a profile of what can be read, and says in it what is left out"
            }
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.candidates.is_empty() {
            write!(f, "{}: of no form that topoc reads; it looks for", self.name)?;
            return Format::all().try_for_each(|format| write!(f, "\n  {format}: {}", format.sign()));
        }
        let names: Vec<&str> = self.candidates.iter().map(|format| format.name()).collect();
        write!(f, "{}: may be of the form {}; say which with --from", self.name, names.join(" or "))
    }
}

/// One mistake a line, and lines of lists behind it.
impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no capture to import"),
            Self::Unknown(unknown) => {
                let lines: Vec<String> = unknown.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            Self::Contradictory { what, names } => {
                write!(f, "{} of these has {what}: {}", each(names), names.join(", "))
            }
            Self::Mistakes(mistakes, more) => {
                let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))?;
                if *more > 0 { write!(f, "\n{more} more mistakes like these") } else { Ok(()) }
            }
        }
    }
}

fn each(names: &[String]) -> &'static str {
    if names.len() == 2 { "each" } else { "every one" }
}

impl std::error::Error for ImportError {}
