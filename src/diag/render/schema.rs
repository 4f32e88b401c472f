//! The JSON Schemas of what is written for programs.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::json;

use super::json::Document;
use super::json_lines::Line;

/// The JSON Schema (draft-07) of [`super::json_run`]'s document, as checked in under `schema/`.
#[must_use]
pub fn findings_schema() -> String {
    schema::<Document<'static>>("urn:topoc:schema:findings:v1", "topoc findings, version 1")
}

/// The JSON Schema (draft-07) of each line of [`super::json_lines`], as checked in under `schema/`.
#[must_use]
pub fn finding_line_schema() -> String {
    schema::<Line<'static>>("urn:topoc:schema:finding-line:v1", "a line of topoc's findings, version 1")
}

/// A schema of what is written: a key without a value is there, with null. Keys that it does not name
/// may come with a later topoc, so it takes them.
fn schema<T: JsonSchema>(id: &str, title: &str) -> String {
    let settings =
        SchemaSettings::draft07().for_serialize().with_transform(RecursiveTransform(without_formats));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), json!(id));
    schema.insert("title".to_owned(), json!(title));
    format!("{:#}\n", schema.to_value())
}

/// schemars writes formats of its own for numbers, which validators refuse.
fn without_formats(schema: &mut Schema) {
    schema.remove("format");
}
