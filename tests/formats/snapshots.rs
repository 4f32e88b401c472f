//! Each format of the same run, as it is written.

use topoc::diag::render::{
    Style, concise, github, gitlab, human, json_lines, json_run, junit, narrated, sarif,
};
use topoc::diag::{Diagnostic, Run, Sources, registry};

use crate::hand_built::with_run;

const PLAIN: Style = Style { colour: false, width: 100 };

/// Version and rules' pages change by themselves; tests of their own hold them.
fn lasting(text: &str) -> String {
    let version = serde_json::to_string(env!("CARGO_PKG_VERSION")).unwrap();
    registry::all().fold(text.replace(&version, "\"[version]\""), |text, rule| {
        text.replace(&serde_json::to_string(rule.text()).unwrap(), &format!("\"[page of {}]\"", rule.name))
    })
}

/// What a format for people has of each file.
fn by_file(run: &Run<'_>, render: impl Fn(&[Diagnostic], &Sources<'_>) -> String) -> String {
    let all = run.files.iter().filter(|checked| !checked.diagnostics.is_empty());
    let all: Vec<_> = all.map(|checked| render(checked.diagnostics, &checked.sources)).collect();
    all.join("--\n")
}

#[test]
fn json_of_a_run() {
    insta::assert_snapshot!("json", with_run(json_run));
}

#[test]
fn json_lines_of_a_run() {
    insta::assert_snapshot!("json_lines", with_run(json_lines));
}

#[test]
fn sarif_of_a_run() {
    insta::assert_snapshot!("sarif", lasting(&with_run(sarif)));
}

#[test]
fn github_of_a_run() {
    insta::assert_snapshot!("github", with_run(github));
}

#[test]
fn gitlab_of_a_run() {
    insta::assert_snapshot!("gitlab", with_run(gitlab));
}

#[test]
fn junit_of_a_run() {
    insta::assert_snapshot!("junit", with_run(junit));
}

#[test]
fn human_of_a_run() {
    insta::assert_snapshot!("human", with_run(|run| by_file(run, |found, at| human(found, at, PLAIN))));
}

#[test]
fn narrated_of_a_run() {
    insta::assert_snapshot!("narrated", with_run(|run| by_file(run, |found, at| narrated(found, at, PLAIN))));
}

#[test]
fn concise_of_a_run() {
    insta::assert_snapshot!("concise", with_run(|run| by_file(run, concise)));
}
