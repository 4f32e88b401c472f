//! Text into a spec.

use super::Spec;
use super::language::LANGUAGE;
use crate::diag::Diagnostic;
use crate::source::SpanIndex;
use crate::yaml;

/// A spec that was read without an error. Only [`parse`] makes one.
#[derive(Clone, Debug)]
pub struct Parsed {
    spec: Spec,
    spans: SpanIndex,
    warnings: Vec<Diagnostic>,
}

impl Parsed {
    /// What was written.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Where it was written.
    #[must_use]
    pub fn spans(&self) -> &SpanIndex {
        &self.spans
    }

    /// What was found below error level, in order of the text.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The spec, its places and the warnings.
    #[must_use]
    pub fn into_parts(self) -> (Spec, SpanIndex, Vec<Diagnostic>) {
        (self.spec, self.spans, self.warnings)
    }
}

/// A text that is no spec.
#[derive(Clone, Debug)]
pub struct Failed {
    partial: Option<Box<Spec>>,
    spans: SpanIndex,
    diagnostics: Vec<Diagnostic>,
}

impl Failed {
    /// The spec without what is wrong in it, for rules that may find more in the same run: read only,
    /// since what is absent here may have been written. `None` where nothing could be read.
    #[must_use]
    pub fn partial(&self) -> Option<&Spec> {
        self.partial.as_deref()
    }

    /// Where its values were written. A value that is wrong has its place here, too.
    #[must_use]
    pub fn spans(&self) -> &SpanIndex {
        &self.spans
    }

    /// All that was found, in order of the text; at least one error.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// All that was found, in order of the text; at least one error.
    #[must_use]
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }
}

/// Reads a spec: one YAML or JSON document in UTF-8 of at most 4 MiB.
///
/// Labels and spans count bytes of `text`, a byte-order mark included.
///
/// # Errors
/// Every mistake of the text, with the spec that is left without them.
pub fn parse(text: &[u8]) -> Result<Parsed, Failed> {
    let reading = yaml::read::<Spec>(text, &LANGUAGE);
    let has_errors = reading.has_errors();
    match reading.value {
        Some(spec) if !has_errors => Ok(Parsed { spec, spans: reading.spans, warnings: reading.diagnostics }),
        value => Err(Failed {
            partial: value.map(Box::new),
            spans: reading.spans,
            diagnostics: reading.diagnostics,
        }),
    }
}
