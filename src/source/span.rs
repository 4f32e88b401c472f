//! Byte ranges, and where each value of a document stands.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

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
    /// Boxed: most documents have none of it.
    doubts: Option<Box<Doubts>>,
}

/// What makes a path or a place say less than it seems to.
#[derive(Clone, Debug, Default)]
struct Doubts {
    /// Paths that two values have, since a key may hold `.` and `[`.
    ambiguous: HashSet<SpecPath>,
    /// Values that aliases repeat.
    repeated: Vec<Span>,
}

impl SpanIndex {
    /// Notes where the value at `path` stands.
    pub fn insert(&mut self, path: SpecPath, spans: Spans) {
        match self.spans.entry(path) {
            Entry::Occupied(mut other) => {
                self.doubts.get_or_insert_default().ambiguous.insert(other.key().clone());
                other.insert(spans);
            }
            Entry::Vacant(place) => {
                place.insert(spans);
            }
        }
    }

    /// Notes that an alias repeats the value that stands here.
    pub fn repeat(&mut self, span: Span) {
        self.doubts.get_or_insert_default().repeated.push(span);
    }

    /// Where the value at exactly this path stands, if one alone has this path: `a.b` may be the
    /// key `b` in `a`, and the key `a.b`.
    #[must_use]
    pub fn only(&self, path: &SpecPath) -> Option<&Spans> {
        let is_ambiguous = self.doubts.as_ref().is_some_and(|doubts| doubts.ambiguous.contains(path));
        self.spans.get(path).filter(|_| !is_ambiguous)
    }

    /// Values that aliases repeat elsewhere: who changes one changes it there, too.
    #[must_use]
    pub fn repeated(&self) -> &[Span] {
        self.doubts.as_ref().map_or(&[], |doubts| &doubts.repeated)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_two_values_is_that_of_none() {
        let spans = |at| Spans { key: None, value: Span::new(at, at + 1), definition: None };
        let mut index = SpanIndex::default();
        for (path, at) in [("a", 0), ("a.b", 2), ("c", 4), ("a.b", 6)] {
            index.insert(SpecPath::from(path), spans(at));
        }
        assert_eq!(index.only(&SpecPath::from("c")), Some(&spans(4)));
        assert_eq!(index.only(&SpecPath::from("a.b")), None);
        assert_eq!(index.get(&SpecPath::from("a.b")), Some(&spans(6)));
    }
}
