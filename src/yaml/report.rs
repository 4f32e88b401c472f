//! What was found while reading a document.

use std::collections::HashSet;

use crate::diag::{At, Diagnostic, Fix, Severity};
use crate::source::Span;

/// How many findings are kept; a hostile text has one per byte.
const MOST: usize = 1000;

/// The findings of one document.
pub(super) struct Report {
    at: fn(Span) -> At,
    found: Vec<(Span, Diagnostic)>,
    seen: HashSet<(&'static str, Span)>,
    dropped: usize,
    errors: bool,
}

impl Report {
    pub(super) fn new(at: fn(Span) -> At) -> Self {
        Self { at, found: Vec::new(), seen: HashSet::new(), dropped: 0, errors: false }
    }

    /// How a label points at these bytes.
    pub(super) fn at(&self, span: Span) -> At {
        (self.at)(span)
    }

    /// Whether the document is a spec, so that fixes are about it.
    pub(super) fn is_of_spec(&self) -> bool {
        matches!(self.at(Span::new(0, 0)), At::Text(_))
    }

    /// Adds an error as [`Self::error`] does, with a fix if the document is a spec.
    pub(super) fn error_with(
        &mut self,
        rule: &'static str,
        place: Span,
        message: String,
        help: String,
        fix: Option<Fix>,
    ) {
        let mut diagnostic =
            Diagnostic::new(rule, Severity::Error, message).label(self.at(place), "").help(help);
        diagnostic.fix = fix.filter(|_| self.is_of_spec()).map(Box::new);
        self.add(place, diagnostic);
    }

    /// Adds a finding whose guilty bytes are `place`. What was found there by the same rule stands:
    /// a value that comes in by several aliases is one mistake.
    pub(super) fn add(&mut self, place: Span, diagnostic: Diagnostic) {
        self.errors |= diagnostic.severity == Severity::Error;
        if !self.is_full() && self.seen.insert((diagnostic.rule, place)) {
            self.found.push((place, diagnostic));
        }
    }

    /// Adds an error at `place`, which is also its first label.
    pub(super) fn error(
        &mut self,
        rule: &'static str,
        place: Span,
        message: String,
        label: &str,
        help: Option<String>,
    ) {
        let mut diagnostic = Diagnostic::new(rule, Severity::Error, message).label(self.at(place), label);
        diagnostic.help = help;
        self.add(place, diagnostic);
    }

    /// Whether no more findings are kept, asked before making one that then goes uncounted: it is counted here.
    pub(super) fn is_full(&mut self) -> bool {
        let full = self.found.len() >= MOST;
        if full {
            self.errors = true;
            self.dropped += 1;
        }
        full
    }

    /// Whether this rule has a finding at this place.
    pub(super) fn has(&self, rule: &'static str, place: Span) -> bool {
        self.seen.contains(&(rule, place))
    }

    pub(super) fn has_errors(&self) -> bool {
        self.errors
    }

    /// The findings in order of their first labels; those about the whole text come last.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|(_, diagnostic)| match diagnostic.labels.first().map(|label| &label.at) {
            Some(At::Text(span) | At::ProfileText(span)) => span.start,
            _ => usize::MAX,
        });
        let mut all: Vec<Diagnostic> = self.found.into_iter().map(|(_, diagnostic)| diagnostic).collect();
        if self.dropped > 0 {
            let message = format!("{} more mistakes are not shown", self.dropped);
            all.push(Diagnostic::new("yaml::too_many", Severity::Error, message));
        }
        all
    }
}
