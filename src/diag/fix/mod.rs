//! What to change in a spec so that a finding is mended.

mod apply;
mod edit;
mod flow;
mod insert;
mod known;
mod lines;
mod page;
mod remove;
mod title;

pub use apply::{Applied, Judged, apply_fixes, fixable};
pub use known::known_fix;

use super::Document;
use crate::source::{Span, SpecPath};

/// Bytes of a text, and the text that comes in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The bytes that go; empty where something is put in. On character boundaries.
    pub span: Span,
    /// What comes in their place; empty where something is taken out.
    pub text: String,
}

/// Whether a fix may be applied unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// The mapping at a path gets another entry at its end (`version` at the document's beginning): a
    /// key, and its value in flow style.
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

    /// The fix as changes of the document's text: in order of the text, none overlapping another.
    ///
    /// `None` where a change cannot be made without doubt: what it is about was not written there (it
    /// came through an alias or a merge, or has no place), other places repeat it, its removal would
    /// take a comment along that is about something else, or the fix has no changes.
    #[must_use]
    pub fn replacements(&self, document: Document<'_>) -> Option<Vec<Replacement>> {
        edit::replacements(&self.edits, document)
    }
}
