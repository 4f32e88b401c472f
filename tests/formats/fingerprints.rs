//! A finding is recognised although lines move, and two of a report are never alike.

use std::collections::BTreeSet;

use serde_json::Value;
use topoc::diag::render::{gitlab, sarif};
use topoc::diag::{At, Checked, Diagnostic, Document, Run, Severity, Sources};
use topoc::source::SourceFile;

use crate::hand_built::{DB, db_spans, span_of, value, with_one, with_run};

fn of_gitlab(run: &Run<'_>) -> Vec<String> {
    let issues: Vec<Value> = serde_json::from_str(&gitlab(run)).unwrap();
    issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap().to_owned()).collect()
}

fn of_sarif(run: &Run<'_>) -> Vec<String> {
    let log: Value = serde_json::from_str(&sarif(run)).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let text = |result: &Value| result["partialFingerprints"]["topocFinding/v1"].as_str().unwrap().to_owned();
    results.iter().map(text).collect()
}

/// The fingerprints of the same findings in a text: by path, by bytes, without a place, and one like
/// another.
fn of_text(name: &str, text: &str) -> Vec<String> {
    let spans = db_spans(text);
    let file = SourceFile::new(name, text);
    let sources = Sources { spec: Some(Document { file: &file, spans: Some(&spans) }), ..Sources::default() };
    let by_bytes = || {
        Diagnostic::new("yaml::test", Severity::Error, "m").label(At::Text(span_of(text, "memory")), "this")
    };
    let found = [
        Diagnostic::new("cache::test", Severity::Error, "m").label(value("caches.l3.size"), "this"),
        Diagnostic::new("cache::test", Severity::Error, "m").label(value("caches.l3.shared_by"), "this"),
        by_bytes(),
        by_bytes(),
        Diagnostic::new("cache::test", Severity::Error, "m"),
    ];
    let files = [Checked { name, sources, diagnostics: &found, allowed: &[] }];
    let run = Run { files: &files, ..Run::default() };
    let all = of_gitlab(&run);
    assert_eq!(all, of_sarif(&run));
    all
}

#[test]
fn a_finding_keeps_its_fingerprint_when_lines_above_it_move() {
    let before = of_text("db.yaml", DB);
    assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), before.len());
    assert_eq!(of_text("db.yaml", &format!("# more\n\n# lines\n{DB}")), before);
    assert_eq!(
        of_text(
            "./db.yaml",
            &DB.replace('\n', "\r\n")
                .replace("2\r\n", "2\n")
                .replace("8\r\n", "8\n")
                .replace("socket\r\n", "socket\n")
        ),
        before
    );
    let elsewhere = of_text("other.yaml", DB);
    assert!(before.iter().all(|one| !elsewhere.contains(one)));
}

#[test]
fn no_two_of_a_report_are_alike() {
    with_run(|run| {
        for all in [of_gitlab(run), of_sarif(run)] {
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        }
    });
    // Parts that read alike when they are joined.
    let file = SourceFile::new("a", "");
    let found = [
        Diagnostic::new("x::y", Severity::Error, "z").label(value("p"), ""),
        Diagnostic::new("x::y", Severity::Error, "pz"),
        Diagnostic::new("x::y", Severity::Error, "z1"),
        Diagnostic::new("x::y", Severity::Error, "z"),
    ];
    let all = with_one(&file, &found, of_gitlab);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
}
