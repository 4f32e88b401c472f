//! The JSON Schema of the spec, for editors and validators.

use serde_json::{Value, json};

use super::Spec;
use super::language::LANGUAGE;
use crate::yaml;

/// The JSON Schema (draft-07) of a spec, as text with a final line feed.
#[must_use]
pub fn schema() -> String {
    // The identifier names no place on the network.
    let mut schema = yaml::schema::<Spec>("urn:topoc:schema:spec:v1", "topoc spec, version 1");
    schema.insert("required".to_owned(), json!(LANGUAGE.required));
    let extensions = json!({"^x-": {"description": "Ignored: a home for anchors."}});
    schema.insert("patternProperties".to_owned(), extensions);
    if let Some(version) = schema.pointer_mut("/properties/version").and_then(Value::as_object_mut) {
        version.retain(|key, _| key == "description");
        version.insert("const".to_owned(), json!(LANGUAGE.version));
    }
    format!("{:#}\n", schema.as_value())
}
