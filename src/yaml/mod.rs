//! YAML and JSON text into typed values, with every mistake in one run and a place for each value.
//!
//! ```text
//! bytes ─text─▶ str ─events─▶ build ──▶ Tree: what stands where; duplicates, tags, bombs refused
//!                └──serde_yaml──▶ Value ──agree──▶ the same Tree, its scalars as serde_yaml has them
//! Tree ─de─▶ T: any serde type      Tree ─index─▶ SpanIndex
//! ```
//!
//! Two parsers read the text: granit-parser says where, serde_yaml says what, and a document on
//! which they differ is refused. serde_yaml runs only on a text in which nothing was found, since it
//! neither bounds memory nor reports places. This module knows nothing of topology.

mod access;
mod agree;
mod bounds;
mod build;
mod comments;
mod de;
mod dialect;
mod events;
mod index;
mod layout;
mod lenient;
mod misfit;
mod report;
mod scalar;
mod schema;
mod text;
mod tree;
mod words;

use serde::de::DeserializeOwned;

pub use bounds::check_bounds;
pub use comments::{Comment, comments};
pub use dialect::{Dialect, Limits, Rules};
pub use layout::{comment, layout};
pub use lenient::{LIST_OR_MAPPING, count, list, value};
pub use schema::{document_schema, schema};
pub use words::nearest;

use crate::diag::{Diagnostic, Severity};
use crate::source::SpanIndex;
use report::Report;
use tree::Tree;

/// What reading gave.
#[derive(Clone, Debug)]
pub struct Reading<T> {
    /// The value. With errors among the diagnostics it lacks what they are about, and is for further
    /// checks alone; `None` where nothing of it could be read.
    pub value: Option<T>,
    /// Where each value stands. Empty where the text could not be read as YAML.
    pub spans: SpanIndex,
    /// All that was found, in order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Reading<T> {
    /// Whether an error was found.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Reads a document of a dialect as a serde type.
///
/// The type's unknown keys and misfits are all reported in one run where its optional fields read
/// through [`value`], [`list`] or [`count`]. It must not flatten, and have no untagged or
/// internally tagged alternatives: serde would buffer those and their places would be lost.
#[must_use]
pub fn read<T: DeserializeOwned>(bytes: &[u8], dialect: &Dialect) -> Reading<T> {
    let mut report = Report::new(dialect.at);
    let Some(text) = text::check(bytes, dialect, &mut report) else {
        return Reading { value: None, spans: SpanIndex::default(), diagnostics: report.finish() };
    };
    let Some(tree) = load(&text, dialect, &mut report) else {
        return Reading { value: None, spans: SpanIndex::default(), diagnostics: report.finish() };
    };
    let spans = index::spans(&tree, dialect.limits.index_bytes);
    let value = de::read(&tree, dialect, &mut report);
    Reading { value, spans, diagnostics: report.finish() }
}

/// Where each value of a document stands.
///
/// # Errors
/// The diagnostics, where the text is no single document within the limits.
pub fn spans_of(bytes: &[u8], dialect: &Dialect) -> Result<SpanIndex, Vec<Diagnostic>> {
    let mut report = Report::new(dialect.at);
    let spans = text::check(bytes, dialect, &mut report).and_then(|text| {
        load(&text, dialect, &mut report).map(|tree| index::spans(&tree, dialect.limits.index_bytes))
    });
    spans.filter(|_| !report.has_errors()).ok_or_else(|| report.finish())
}

/// The document's tree; its scalars are serde_yaml's wherever nothing was found in the text.
fn load<'t>(text: &'t text::Text<'_>, dialect: &Dialect, report: &mut Report) -> Option<Tree<'t>> {
    let mut tree = build::build(text, dialect, report)?;
    if !report.has_errors() {
        agree::agree(&mut tree, text, report)?;
    }
    Some(tree)
}
