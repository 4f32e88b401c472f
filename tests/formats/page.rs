//! The examples of docs/formats.md are what the formats write of its spec.
//!
//! `TOPOC_UPDATE=1 cargo test --test formats` writes them anew.

use std::fs;
use std::path::Path;

use serde_json::Value;
use topoc::diag::render::{
    Style, concise, github, gitlab, human, json_lines, json_run, junit, narrated, sarif,
};
use topoc::diag::{Checked, Document, Run, Sources};
use topoc::source::SourceFile;

/// The text between two marks.
fn between<'t>(text: &'t str, begin: &str, end: &str) -> &'t str {
    text.split_once(begin).unwrap().1.split_once(end).unwrap().0
}

/// The document without what its findings say.
fn head(run: &Run<'_>) -> String {
    let text = json_run(run);
    let findings = between(&text, "\n  \"findings\": [", "\n  ],\n");
    text.replace(findings, "…").replace("…\n  ]", "…]")
}

/// Lines of JSON with their ends cut.
fn cut(text: &str, width: usize) -> String {
    let line = |line: &str| {
        let mut cut: String = line.chars().take(width).collect();
        if cut.len() < line.len() {
            cut.push('…');
        }
        cut + "\n"
    };
    text.lines().map(line).collect()
}

#[test]
fn the_examples_are_what_is_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formats.md");
    let page = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let text = between(&page, "```yaml\n", "```");
    let file = SourceFile::new("db.topoc.yaml", text);
    let parsed = topoc::spec::parse(text.as_bytes()).unwrap();
    let report = topoc::check(parsed.spec(), None);
    assert!(report.diagnostics.iter().any(|one| one.severity == topoc::diag::Severity::Error));
    let spec = Some(Document { file: &file, spans: Some(parsed.spans()) });
    let sources = Sources { spec, ..Sources::default() };
    let found = report.diagnostics.as_slice();
    let files = [Checked { name: file.name(), sources, diagnostics: found, allowed: &[] }];
    let run = Run { files: &files, ..Run::default() };
    let style = Style { colour: false, width: 100 };

    let log: Value = serde_json::from_str(&sarif(&run)).unwrap();
    let mut first = log["runs"][0]["results"][0].clone();
    first.as_object_mut().unwrap().remove("relatedLocations").unwrap();
    let examples = [
        ("human", human(found, &sources, style)),
        ("narrated", narrated(found, &sources, style)),
        ("concise", concise(found, &sources)),
        ("json", head(&run)),
        ("json-lines", cut(&json_lines(&run), 110)),
        ("sarif", format!("{first:#}\n")),
        ("github", cut(&github(&run), 200)),
        ("gitlab", gitlab(&run)),
        ("junit", junit(&run)),
    ];
    let mut current = page.clone();
    for (format, example) in examples {
        let mark = format!("<!-- {format} -->\n```");
        let (before, rest) = current.split_once(&mark).unwrap_or_else(|| panic!("no example of {format}"));
        let (language, rest) = rest.split_once('\n').unwrap();
        let after = if let Some(after) = rest.strip_prefix("```") {
            after
        } else {
            rest.split_once("\n```").unwrap().1
        };
        current = format!("{before}{mark}{language}\n{example}```{after}");
    }
    if std::env::var_os("TOPOC_UPDATE").is_some() {
        fs::write(&path, &current).unwrap();
    } else {
        assert!(current == page, "docs/formats.md is out of date: TOPOC_UPDATE=1 cargo test --test formats");
    }
}
