//! The JSON Schemas under `schema/` are those of the types, and describe every key.
//!
//! `TOPOC_UPDATE=1 cargo test --test schema` rewrites the files.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use serde_json::Value;
use topoc::spec;

/// Holds a checked-in schema to what is generated, or rewrites it.
fn is_current(file: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(file);
    if std::env::var_os("TOPOC_UPDATE").is_some() {
        fs::write(&path, generated).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(written == generated, "schema/{file} is out of date: TOPOC_UPDATE=1 cargo test --test schema");
}

/// The places of properties without a description, and of objects that take unknown keys.
fn shortcomings(schema: &Value, place: &str, found: &mut Vec<String>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (key, property) in properties {
            let text = property.get("description").and_then(Value::as_str);
            if text.is_none_or(str::is_empty) {
                found.push(format!("{place}.{key} has no description"));
            }
        }
        if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
            found.push(format!("{place} takes unknown keys"));
        }
    }
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                shortcomings(value, &format!("{place}.{key}"), found);
            }
        }
        Value::Array(items) => {
            for (n, value) in items.iter().enumerate() {
                shortcomings(value, &format!("{place}[{n}]"), found);
            }
        }
        _ => {}
    }
}

/// What every schema here has to be.
fn is_complete(schema: &str) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert!(schema["$id"].as_str().unwrap().starts_with("urn:topoc:schema:"));
    assert!(schema["title"].is_string() && schema["description"].is_string());
    let mut found = Vec::new();
    shortcomings(&schema, "", &mut found);
    assert_eq!(found, Vec::<String>::new());
    // Validators refuse formats that they do not know, and the parser refuses null.
    assert!(!schema.to_string().contains("\"format\""));
    let text = schema.to_string();
    assert!(["\"null\"", ":null", ",null", "[null"].iter().all(|null| !text.contains(null)));
}

#[test]
fn the_spec_schema_is_current() {
    is_current("spec.v1.schema.json", &spec::schema());
}

#[test]
fn the_manifest_schema_is_current_and_complete() {
    is_current("manifest.v1.schema.json", &topoc::emit::manifest_schema());
    is_complete(&topoc::emit::manifest_schema());
}

#[test]
fn the_policy_schema_is_current_and_complete() {
    is_current("policy.v1.schema.json", &topoc::policy::schema());
    is_complete(&topoc::policy::schema());
}

#[test]
fn the_origins_schema_is_current_and_complete() {
    is_current("origins.v1.schema.json", &topoc::emit::origins::origins_schema());
    is_complete(&topoc::emit::origins::origins_schema());
}

#[test]
fn the_baseline_schema_is_current_and_complete() {
    is_current("baseline.v1.schema.json", &topoc::features::baseline_schema());
    is_complete(&topoc::features::baseline_schema());
}

/// What topoc writes for programs: every key is described and always there, and readers take keys that
/// come later.
#[test]
fn the_schemas_of_findings_are_current_and_complete() {
    use topoc::diag::render::{finding_line_schema, findings_schema};
    for (file, schema) in [
        ("findings.v1.schema.json", findings_schema()),
        ("finding-line.v1.schema.json", finding_line_schema()),
    ] {
        is_current(file, &schema);
        let schema: Value = serde_json::from_str(&schema).unwrap();
        assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
        assert!(schema["$id"].as_str().unwrap().starts_with("urn:topoc:schema:"));
        assert!(schema["title"].is_string() && schema["description"].is_string());
        assert!(!schema.to_string().contains("\"format\""));
        assert!(!schema.to_string().contains("\"additionalProperties\""));
        let mut found = Vec::new();
        undescribed_or_optional(&schema, "", &mut found);
        assert_eq!(found, Vec::<String>::new());
    }
}

/// The places of properties without a description, and of those that may be left out.
fn undescribed_or_optional(schema: &Value, place: &str, found: &mut Vec<String>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (key, property) in properties {
            let text = property.get("description").and_then(Value::as_str);
            // The word that tells the kinds of lines apart has one value, which says what it is.
            if text.is_none_or(str::is_empty) && property.get("const").is_none() {
                found.push(format!("{place}.{key} has no description"));
            }
            if !schema["required"].as_array().is_some_and(|keys| keys.iter().any(|k| k == key)) {
                found.push(format!("{place}.{key} may be left out"));
            }
        }
    }
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                undescribed_or_optional(value, &format!("{place}.{key}"), found);
            }
        }
        Value::Array(items) => {
            for (n, value) in items.iter().enumerate() {
                undescribed_or_optional(value, &format!("{place}[{n}]"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn the_spec_schema_is_complete() {
    is_complete(&spec::schema());
    let schema: Value = serde_json::from_str(&spec::schema()).unwrap();
    assert_eq!(schema["required"], serde_json::json!(["version", "topology"]));
    assert_eq!(schema["properties"]["version"]["const"], 1);
    assert!(schema["patternProperties"].get("^x-").is_some());
}
