//! JSON Schemas, and what they say of an output.

use jsonschema::Validator;
use serde_json::{Value, json};
use topoc::diag::render::{finding_line_schema, findings_schema, json_lines, json_run, sarif};

use crate::hand_built::with_run;

pub fn validator(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).unwrap()
}

/// Fails with everything that the schema has against the value.
pub fn accepts(validator: &Validator, value: &Value) {
    let errors: Vec<_> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// The official schema of SARIF 2.1.0, but for one pattern that is no regular expression in the Unicode mode
/// that validators read them in (a bracket is closed that was not opened). It is that of a language, which
/// topoc leaves out.
pub fn sarif_schema() -> Value {
    let mut schema: Value =
        serde_json::from_str(include_str!("sarif_schema/sarif-schema-2.1.0.json")).unwrap();
    for of in ["run", "toolComponent"] {
        let language = schema["definitions"][of]["properties"]["language"].as_object_mut().unwrap();
        assert_eq!(language.remove("pattern").unwrap(), "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$");
    }
    schema
}

/// The schema with every object closed: what it does not name, topoc does not write.
fn closed(schema: &str) -> Validator {
    fn close(schema: &mut Value) {
        match schema {
            Value::Object(map) => {
                if map.contains_key("properties") && !map.contains_key("allOf") {
                    map.insert("additionalProperties".to_owned(), json!(false));
                }
                map.values_mut().for_each(close);
            }
            Value::Array(items) => items.iter_mut().for_each(close),
            _ => {}
        }
    }
    let mut schema: Value = serde_json::from_str(schema).unwrap();
    // A line's kind stands beside what it is a kind of, which draft-07 cannot close: the objects that
    // lines are made of are given the key.
    if schema.get("oneOf").is_some() {
        for name in ["Finding", "AllowedFinding", "Summary"] {
            schema["definitions"][name]["properties"]["kind"] = json!({ "type": "string" });
        }
    }
    close(&mut schema);
    validator(&schema)
}

#[test]
fn json_is_what_its_schema_says_and_no_more() {
    let run: Value = serde_json::from_str(&with_run(json_run)).unwrap();
    accepts(&closed(&findings_schema()), &run);
    let mut wrong = run.clone();
    wrong["findings"][0]["severity"] = json!("fatal");
    assert!(!closed(&findings_schema()).is_valid(&wrong));
    let mut more = run;
    more["findings"][0]["labels"][0]["hint"] = json!(1);
    assert!(!closed(&findings_schema()).is_valid(&more));
    assert!(validator(&serde_json::from_str(&findings_schema()).unwrap()).is_valid(&more));
}

#[test]
fn every_line_is_what_the_schema_of_lines_says_and_no_more() {
    let schema = closed(&finding_line_schema());
    let lines = with_run(json_lines);
    for line in lines.lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        accepts(&schema, &line);
        line["kind"] = json!("other");
        assert!(!schema.is_valid(&line));
    }
    assert_eq!(lines.lines().count(), 13);
}

#[test]
fn the_official_schema_takes_the_log() {
    let schema = validator(&sarif_schema());
    let log: Value = serde_json::from_str(&with_run(sarif)).unwrap();
    accepts(&schema, &log);
    // It is the schema of a log, and formats are held.
    let mut wrong = log.clone();
    wrong["runs"][0]["results"][0]["level"] = json!("fatal");
    assert!(!schema.is_valid(&wrong));
    let mut wrong = log;
    wrong["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] =
        json!("a b");
    assert!(!schema.is_valid(&wrong));
}
