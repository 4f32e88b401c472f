//! What to change in a spec so that a finding is mended.

use crate::source::{Span, SpecPath};

/// Whether a fix may be applied unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// It keeps what the spec means, or there is one thing that can have been meant: `--fix` applies it.
    Safe,
    /// It is one of several ways out, or it changes the machine: `--fix --unsafe-fixes` applies it.
    Unsafe,
}

/// One change of a spec's text. Paths are those of the spec as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The value at a path becomes this text, which is YAML in flow style.
    Set(SpecPath, String),
    /// The key at a path becomes this one.
    Rename(SpecPath, String),
    /// The entry at a path goes, with its key: an entry of a mapping or an item of a list.
    Remove(SpecPath),
    /// The mapping at a path gets another entry at its end: a key, and its value in flow style.
    Insert(SpecPath, String, String),
    /// These bytes of the text become these.
    Text(Span, String),
}

/// A way to mend a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order: ``write `48KiB` ``.
    pub title: String,
    /// Whether it may be applied unseen.
    pub safety: Safety,
    /// The changes, which belong together: all are made or none.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// A fix that may be applied unseen.
    #[must_use]
    pub fn safe(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), safety: Safety::Safe, edits }
    }

    /// A fix that a person has to choose.
    #[must_use]
    pub fn suggested(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), safety: Safety::Unsafe, edits }
    }
}
