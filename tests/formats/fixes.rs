//! What a fix would change, read back and done: by bytes from JSON, by lines and columns from SARIF.

use serde_json::Value;
use topoc::diag::render::{json_run, sarif};
use topoc::diag::{Run, Safety};

use crate::hand_built::{DB, found, with_run};

/// The byte at a line and a column in characters, both from 1.
fn byte(text: &str, line: &Value, column: &Value) -> usize {
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let start: usize = text.split_inclusive('\n').take(number(line) - 1).map(str::len).sum();
    start + text[start..].chars().take(number(column) - 1).map(char::len_utf8).sum::<usize>()
}

/// The text after changes, which stand in its order.
fn changed(text: &str, changes: &[(usize, usize, String)]) -> String {
    changes.iter().rev().fold(text.to_owned(), |mut text, (start, end, new)| {
        text.replace_range(*start..*end, new);
        text
    })
}

/// The text that each fix of a run makes, where it can be made.
fn by_json(run: &Run<'_>) -> Vec<String> {
    let read: Value = serde_json::from_str(&json_run(run)).unwrap();
    let findings = read["findings"].as_array().unwrap().iter().zip(found(run));
    let fixes = findings.filter_map(|(finding, (checked, _))| {
        let text = checked.sources.spec?.file.text();
        let edits = finding["fix"]["edits"].as_array()?.iter().map(|edit| {
            let at = |end: &str| usize::try_from(edit[end]["byte"].as_u64().unwrap()).unwrap();
            (at("start"), at("end"), edit["text"].as_str().unwrap().to_owned())
        });
        Some(changed(text, &edits.collect::<Vec<_>>()))
    });
    fixes.collect()
}

fn by_sarif(run: &Run<'_>) -> Vec<String> {
    let log: Value = serde_json::from_str(&sarif(run)).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap().iter();
    let results = results.filter(|result| result.get("suppressions").is_none());
    let fixes = results.zip(found(run)).filter_map(|(result, (checked, _))| {
        let change = &result.get("fixes")?[0]["artifactChanges"][0];
        let at = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(change["artifactLocation"], *at);
        let text = checked.sources.spec.unwrap().file.text();
        let edits = change["replacements"].as_array().unwrap().iter().map(|one| {
            let region = &one["deletedRegion"];
            let start = byte(text, &region["startLine"], &region["startColumn"]);
            let end = byte(text, &region["endLine"], &region["endColumn"]);
            (start, end, one["insertedContent"]["text"].as_str().unwrap().to_owned())
        });
        Some(changed(text, &edits.collect::<Vec<_>>()))
    });
    fixes.collect()
}

#[test]
fn a_fix_is_the_same_change_in_both() {
    with_run(|run| {
        let texts = by_json(run);
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert_eq!(texts[0], DB.replace("sockets: 2", "sockets: 1").replace("32MiB\n", "64MiB\n"));
        assert_eq!(by_sarif(run), texts);
        // A path without a place has a fix too, which nobody can make without doubt.
        let all = found(run).into_iter().filter_map(|(_, one)| one.fix.as_deref());
        assert_eq!(all.filter(|fix| fix.safety == Safety::Safe).count(), 3);
    });
}
