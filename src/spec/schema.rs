//! The JSON Schema of the spec, for editors and validators.

use super::Spec;
use super::language::LANGUAGE;
use crate::yaml;

/// The JSON Schema (draft-07) of a spec, as text with a final line feed.
#[must_use]
pub fn schema() -> String {
    // The identifier names no place on the network.
    yaml::document_schema::<Spec>("urn:topoc:schema:spec:v1", "topoc spec, version 1", &LANGUAGE)
}
