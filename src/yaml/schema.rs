//! JSON Schemas that say what the reader does.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::dialect::Dialect;

/// The JSON Schema (draft-07, which all editors know) of a document of type `T`.
///
/// It describes the document after merges (`<<`), which readers of YAML apply themselves.
#[must_use]
pub fn schema<T: JsonSchema>(id: &str, title: &str) -> Schema {
    let settings = SchemaSettings::draft07().with_transform(RecursiveTransform(tidy));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), json!(id));
    schema.insert("title".to_owned(), json!(title));
    schema
}

/// The JSON Schema of a document of a dialect, as text with a final line feed: its version, the keys that must stand
/// there, and `x-` keys where the dialect ignores them.
#[must_use]
pub fn document_schema<T: JsonSchema>(id: &str, title: &str, dialect: &Dialect) -> String {
    let mut schema = schema::<T>(id, title);
    schema.insert("required".to_owned(), json!(dialect.required));
    if dialect.extensions {
        let extensions = json!({"^x-": {"description": "Ignored: a home for anchors."}});
        schema.insert("patternProperties".to_owned(), extensions);
    }
    if let Some(version) = schema.pointer_mut("/properties/version").and_then(Value::as_object_mut) {
        version.retain(|key, _| key == "description");
        version.insert("const".to_owned(), json!(dialect.version));
    }
    format!("{:#}\n", schema.as_value())
}

/// Says what the reader does: a key is left out rather than null, and numbers have bounds where
/// schemars writes formats of its own, which validators refuse.
fn tidy(schema: &mut Schema) {
    let Some(map) = schema.as_object_mut() else { return };
    if map.get("default").is_some_and(Value::is_null) {
        map.remove("default");
    }
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            map.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
        choices.retain(|choice| *choice != json!({"type": "null"}));
        if choices.len() == 1
            && let Some(choices) = map.remove("anyOf")
        {
            map.insert("allOf".to_owned(), choices);
        }
    }
    unwrap_reference(map);
    list_words(map);
    let bounds = match map.get("format").and_then(Value::as_str) {
        Some("uint8") => Some(u64::from(u8::MAX)),
        Some("uint16") => Some(u64::from(u16::MAX)),
        Some("uint32") => Some(u64::from(u32::MAX)),
        Some("uint64") => Some(u64::MAX),
        _ => None,
    };
    if let Some(most) = bounds {
        map.remove("format");
        map.entry("minimum").or_insert(json!(0));
        map.entry("maximum").or_insert(json!(most));
    }
}

/// A reference with a description stands by itself. Of an `allOf` around it, editors show the description of the type
/// in place of the key's; and beside a reference, draft-07 lets nothing stand that restricts.
fn unwrap_reference(map: &mut Map<String, Value>) {
    if map.keys().any(|key| !matches!(key.as_str(), "allOf" | "description")) {
        return;
    }
    let Some([Value::Object(only)]) = map.get("allOf").and_then(Value::as_array).map(Vec::as_slice) else {
        return;
    };
    if only.len() == 1
        && let Some(reference) = only.get("$ref").cloned()
    {
        map.remove("allOf");
        map.insert("$ref".to_owned(), reference);
    }
}

/// Words are one `enum`, with what each says in `enumDescriptions`, which validators ignore and editors read. Of a
/// `oneOf`, editors show what the present word says in place of what the key says.
fn list_words(map: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = map.get("oneOf") else { return };
    let word = |choice: &Value| {
        let plain =
            choice.as_object()?.keys().all(|key| matches!(key.as_str(), "const" | "description" | "type"));
        let described = choice.get("description")?.is_string();
        (plain && described && choice.get("const")?.is_string())
            .then(|| (choice["const"].clone(), choice["description"].clone()))
    };
    if let Some(words) = choices.iter().map(word).collect::<Option<Vec<_>>>() {
        let (words, descriptions): (Vec<_>, Vec<_>) = words.into_iter().unzip();
        map.remove("oneOf");
        map.insert("type".to_owned(), json!("string"));
        map.insert("enum".to_owned(), Value::Array(words));
        map.insert("enumDescriptions".to_owned(), Value::Array(descriptions));
    }
}
