//! JSON and JSON lines say the same, and all of it.

use serde_json::{Value, json};
use topoc::diag::Run;
use topoc::diag::render::{json_lines, json_run};

use crate::hand_built::{found, with_run};

#[test]
fn a_run_is_counted_and_every_finding_has_a_file() {
    with_run(|run| {
        let read: Value = serde_json::from_str(&json_run(run)).unwrap();
        let count = |key: &str| read[key].as_u64().unwrap();
        assert_eq!((count("errors"), count("warnings"), count("notes"), count("files")), (6, 2, 2, 6));
        let findings = read["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 10);
        for (finding, (checked, diagnostic)) in findings.iter().zip(found(run)) {
            assert_eq!(finding["rule"], diagnostic.rule);
            assert_eq!(finding["message"], diagnostic.message);
            assert_eq!(finding["file"], checked.name, "{finding}");
        }
        let fix = json!({ "title": "remove `size`", "safety": "safe", "edits": null });
        assert!(findings.iter().any(|finding| finding["fix"] == fix));
        assert_eq!(read["allowed"][0]["by"], "comment");
        assert_eq!(read["allowed"][0]["reason"], "as on the silicon");
        assert_eq!(read["allowed"][1]["by"], "policy");
        assert_eq!(read["allowed"][1]["file"], "./specs/db.topoc.yaml");
    });
}

#[test]
fn lines_are_the_document_in_parts() {
    with_run(|run| {
        let document: Value = serde_json::from_str(&json_run(run)).unwrap();
        let mut lines: Vec<Value> =
            json_lines(run).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut summary = lines.pop().unwrap();
        assert_eq!(summary["kind"], "summary");
        let mut rebuilt = json!({ "findings": [], "allowed": [] });
        for mut line in lines {
            let kind = line.as_object_mut().unwrap().remove("kind").unwrap();
            let key = if kind == "finding" { "findings" } else { "allowed" };
            rebuilt[key].as_array_mut().unwrap().push(line);
        }
        assert_eq!(summary["allowed"], rebuilt["allowed"].as_array().unwrap().len());
        for key in ["version", "files", "errors", "warnings", "notes", "skipped", "not_run"] {
            rebuilt[key] = summary[key].take();
        }
        assert_eq!(rebuilt, document);
    });
}

#[test]
fn a_run_over_nothing_is_a_document_too() {
    let read: Value = serde_json::from_str(&json_run(&Run::default())).unwrap();
    assert_eq!(
        read,
        json!({
            "version": 1, "files": 0, "errors": 0, "warnings": 0, "notes": 0,
            "findings": [], "allowed": [], "skipped": [], "not_run": []
        })
    );
    assert_eq!(json_lines(&Run::default()).lines().count(), 1);
}
