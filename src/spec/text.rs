//! A spec as text, in the style of the examples.

use super::Spec;
use crate::yaml::{comment, layout};

/// The text of a spec file: a comment of these lines, then the spec, with comments above its top-level keys by `notes`.
/// Parsing it gives the same spec.
#[must_use]
pub fn text(spec: &Spec, about: &[String], notes: &[(&str, String)]) -> String {
    let head: String = about.iter().map(|line| comment(line)).collect();
    head + &layout(spec, notes, &["core_type"])
}
