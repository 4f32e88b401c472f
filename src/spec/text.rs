//! A spec as text, in the style of the examples.

use super::Spec;
use crate::yaml::{comment, layout};

/// The first line of a spec file, by which editors find the schema; `topoc schema spec` writes it.
const MODELINE: &str = "yaml-language-server: $schema=../schema/spec.v1.schema.json";

/// The text of a spec file: the line for editors, a comment of these lines, then the spec, with comments above its
/// top-level keys by `notes`. Parsing it gives the same spec.
#[must_use]
pub fn text(spec: &Spec, about: &[String], notes: &[(&str, String)]) -> String {
    let head: String =
        std::iter::once(MODELINE).chain(about.iter().map(String::as_str)).map(comment).collect();
    head + &layout(spec, notes, &["core_type"])
}
