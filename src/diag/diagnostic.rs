//! One finding: a conflict, where it stands, and what to do about it.

use super::Fix;
use crate::source::{Span, SpecPath};

/// How bad a finding is. Ordered: the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is wrong, but the user should know.
    Note,
    /// It compiles, and a mainstream guest may misbehave.
    Warning,
    /// It does not compile.
    Error,
}

impl Severity {
    /// The word that messages begin with.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a label points at.
///
/// Rules point by path, because a spec need not come from a file; only parsing points by bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// The value at a path of the spec.
    Value(SpecPath),
    /// The key at a path of the spec.
    Key(SpecPath),
    /// The value at a path of the host profile.
    Profile(SpecPath),
    /// Bytes of the spec's text.
    Text(Span),
    /// Bytes of the host profile's text.
    ProfileText(Span),
    /// The value at a path of the baseline that the spec names.
    Baseline(SpecPath),
    /// The value at a path of another spec of the run, which is called by the name of its file.
    Other(String, SpecPath),
}

/// A place and what it has to do with the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub at: At,
    /// What to say there; may be empty.
    pub text: String,
}

/// One finding. Its message states one conflict with both numbers; its help can be pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule's name, a path such as `cache::llc_spans_nodes`.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The conflict in one line.
    pub message: String,
    /// Where: the guilty value first, then the other parties.
    pub labels: Vec<Label>,
    /// What to write instead.
    pub help: Option<String>,
    /// What else to know: what a guest would print, which field is full.
    pub notes: Vec<String>,
    /// What to change in the spec, where that is known. Boxed: most findings have none.
    pub fix: Option<Box<Fix>>,
}

impl Diagnostic {
    /// A finding of `rule` with nothing but its message.
    #[must_use]
    pub fn new(rule: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity,
            message: message.into(),
            labels: Vec::new(),
            help: None,
            notes: Vec::new(),
            fix: None,
        }
    }

    /// Adds a place. The first added is the guilty one.
    #[must_use]
    pub fn label(mut self, at: At, text: impl Into<String>) -> Self {
        self.labels.push(Label { at, text: text.into() });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Adds something to know.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Says what to change in the spec. A fix without edits is none.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = (!fix.edits.is_empty()).then(|| Box::new(fix));
        self
    }
}
