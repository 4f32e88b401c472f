//! Every key of the language, and every word that is a key's value, is used by an example and by a fixture in
//! which a mistake is found. The schema says what there is, so that a new key asks for both by itself.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;
#[path = "support/language.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod language;

use std::collections::BTreeSet;
use std::fs;

use common::{files, root};
use language::Language;
use serde_json::Value;

/// What the specs of a folder use of the language.
fn used(language: &Language, folder: &str, counts: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let folder = root().join(folder);
    let specs = files(&folder, ".topoc.yaml").into_iter().filter(|path| counts(path));
    // A text that is no YAML uses nothing.
    let documents = specs.filter_map(|path| document(&fs::read_to_string(folder.join(path)).unwrap()));
    documents.flat_map(|document| language.used_by(&document)).collect()
}

/// The values of a text, its merges done.
fn document(text: &str) -> Option<Value> {
    let mut value: serde_yaml::Value = serde_yaml::from_str(text).ok()?;
    value.apply_merge().ok()?;
    serde_json::to_value(value).ok()
}

#[test]
fn every_key_has_an_example_and_a_failing_fixture() {
    let language = Language::of_the_spec();
    let all = language.all();
    assert!(all.contains("Node.vcpus") && all.contains("Irqchip=split"), "{all:?}");
    let is_failing = |path: &str| path.rsplit('/').next().unwrap().starts_with("fail");
    let examples = used(&language, "examples", |_| true);
    let failing = used(&language, "tests/ui", is_failing);
    let lacking: Vec<_> = [("example", examples), ("failing fixture under tests/ui", failing)]
        .iter()
        .flat_map(|(what, used)| all.difference(used).map(move |path| format!("no {what} uses {path}")))
        .collect();
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

#[test]
fn what_a_document_uses_is_found_through_lists_merges_and_recursion() {
    let schema = serde_json::json!({
        "definitions": {"Part": {"properties": {
            "cores": {"type": "integer"},
            "kind": {"enum": ["big", "small"], "enumDescriptions": ["Big.", "Small."]},
            "parts": {"items": {"$ref": "#/definitions/Part"}, "type": "array"}
        }}},
        "properties": {"top": {"allOf": [{"$ref": "#/definitions/Part"}]}, "other": {"type": "boolean"}}
    });
    let language = Language::new(&schema);
    let all = ["Part.cores", "Part.kind", "Part.parts", "other", "top", "top.kind=big", "top.kind=small"];
    assert_eq!(language.all().into_iter().collect::<Vec<_>>(), all);
    let uses = |text| language.used_by(&document(text).unwrap()).into_iter().collect::<Vec<_>>();
    assert_eq!(
        uses("top: {parts: [{parts: [{kind: small}]}]}"),
        ["Part.kind", "Part.parts", "top", "top.kind=small"]
    );
    assert_eq!(
        uses("x-a: &a {cores: 1, else: 2}\ntop: {<<: *a, kind: huge}"),
        ["Part.cores", "Part.kind", "top"]
    );
}
