//! What is particular to a kind of document.

use crate::diag::At;
use crate::source::Span;

/// Bounds on a text, so that a hostile one costs little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text.
    pub bytes: usize,
    /// Values, keys included.
    pub values: usize,
    /// Nesting of lists and mappings, aliases expanded.
    pub depth: usize,
    /// Bytes that all aliases may stand for: the text of each value, and 16 for the value itself.
    pub alias_bytes: usize,
    /// Bytes of all paths in the span index; deeper values past it get the place of what is around them.
    pub index_bytes: usize,
}

impl Limits {
    /// For files written by hand: 4 MiB, 64 deep.
    pub const SPEC: Self =
        Self { bytes: 4 << 20, values: 1 << 17, depth: 64, alias_bytes: 4 << 20, index_bytes: 64 << 20 };

    /// For files written by programs: 16 MiB, 64 deep.
    pub const PROFILE: Self =
        Self { bytes: 16 << 20, values: 1 << 20, depth: 64, alias_bytes: 4 << 20, index_bytes: 256 << 20 };
}

/// The names of the rules that a document's values break.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// A key that its mapping does not have.
    pub unknown_key: &'static str,
    /// A value of another kind: text for a number.
    pub wrong_type: &'static str,
    /// A required key that is not there.
    pub missing_key: &'static str,
    /// A value of the right kind that is outside of what is valid.
    pub bad_value: &'static str,
    /// A document of a version that this one does not read.
    pub unknown_version: &'static str,
}

/// A kind of document: how it is bounded, named, versioned, and pointed into.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// What messages call the document: `spec`.
    pub what: &'static str,
    /// Bounds on the text.
    pub limits: Limits,
    /// How a label points into this document's text.
    pub at: fn(Span) -> At,
    /// The rules' names.
    pub rules: Rules,
    /// The version that is read, under the key `version` at the top.
    pub version: u64,
    /// Keys that must stand at the top.
    pub required: &'static [&'static str],
    /// Whether keys at the top that begin with `x-` are ignored.
    pub extensions: bool,
    /// A smallest document, for whoever hands in an empty one.
    pub smallest: &'static str,
}
