//! Byte ranges, and where each value of a document stands.

use std::collections::HashMap;

use super::SpecPath;

/// A range of bytes in a text: `start` included, `end` not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range from `start` up to, not including, `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// Where one value stands, and the key that it stands under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spans {
    /// The key, where the value stands under one (an item of a list has none).
    pub key: Option<Span>,
    /// The value as written at this place; for an alias, the alias.
    pub value: Span,
    /// Where the value is defined, if it came through an alias or a merge.
    pub definition: Option<Span>,
}

/// Where each value of a document stands, by its path.
#[derive(Clone, Debug, Default)]
pub struct SpanIndex {
    spans: HashMap<SpecPath, Spans>,
}

impl SpanIndex {
    /// Notes where the value at `path` stands.
    pub fn insert(&mut self, path: SpecPath, spans: Spans) {
        self.spans.insert(path, spans);
    }

    /// Where the value at exactly this path stands.
    #[must_use]
    pub fn get(&self, path: &SpecPath) -> Option<&Spans> {
        self.spans.get(path)
    }

    /// Where the value at this path stands or, if it was not written, the nearest thing around it
    /// that was.
    #[must_use]
    pub fn nearest(&self, path: &SpecPath) -> Option<&Spans> {
        let mut path = path.clone();
        loop {
            if let Some(spans) = self.get(&path) {
                return Some(spans);
            }
            path = path.parent()?;
        }
    }
}
