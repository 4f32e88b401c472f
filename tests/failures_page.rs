//! `docs/failures.md` and the tests that it names: neither without the other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use topoc::decode::FindingKind;
use topoc::diag::registry;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A row of the page: what failed, where, what topoc makes of it, and the proof.
struct Row {
    failure: String,
    met_in: String,
    answer: String,
    proof: String,
}

fn rows() -> Vec<Row> {
    let row = |line: &str| {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
        let [failure, met_in, answer, proof] = cells.try_into().unwrap_or_else(|_| panic!("{line}"));
        Row { failure, met_in, answer, proof }
    };
    let page = read("docs/failures.md");
    page.lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| failure") && !line.starts_with("| ---"))
        .map(row)
        .collect()
}

/// What stands between backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// All that the page offers as proof: files, and names of tests in `tests/failures.rs`.
fn proofs() -> BTreeSet<String> {
    rows()
        .iter()
        .flat_map(|row| quoted(&row.proof).into_iter().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[test]
fn every_row_has_its_answer_and_its_proof() {
    let rows = rows();
    assert!(rows.len() > 50, "{} rows", rows.len());
    for Row { failure, met_in, answer, proof } in rows {
        assert!(!failure.is_empty() && !met_in.is_empty(), "{failure}");
        for part in answer.split("; ") {
            let (kind, rest) = part.split_once([' ', ':']).unwrap();
            let proven = match kind {
                "caught" => {
                    let rule = quoted(rest)[0].to_owned();
                    assert!(registry::find(&rule).is_some(), "{failure}: no rule {rule}");
                    proof.contains(&format!("tests/ui/{}/fail", rule.replace("::", "/")))
                }
                "impossible" => proof.contains("tests/failures.rs"),
                "found" | "refused" => proof.contains("tests/foreign/"),
                "not" => proof.is_empty(),
                _ => false,
            };
            assert!(proven, "{failure}: {part}: {proof}");
        }
    }
}

#[test]
fn what_the_page_names_is_there() {
    let tests = read("tests/failures.rs");
    for name in proofs() {
        if name.starts_with("tests/") {
            assert!(root().join(&name).is_file(), "{name}");
        } else {
            assert!(tests.contains(&format!("#[test]\nfn {name}() {{")), "tests/failures.rs has no {name}");
        }
    }
}

#[test]
fn what_is_named_after_a_failure_is_on_the_page() {
    let proofs = proofs();
    let tests = read("tests/failures.rs");
    for name in tests.split("#[test]\nfn ").skip(1).map(|rest| rest.split('(').next().unwrap()) {
        assert!(proofs.contains(name), "{name}");
    }
    let mut fixtures = 0;
    for path in below("tests/foreign").into_iter().chain(below("tests/ui")) {
        let file = path.rsplit('/').next().unwrap();
        // Plain variants of a rule's fixture have names of one word.
        let is_named = path.starts_with("tests/foreign/")
            || file
                .strip_suffix(".topoc.yaml")
                .is_some_and(|stem| stem.starts_with("fail-") && stem.contains('_'));
        if is_named {
            assert!(proofs.contains(&path), "{path}");
            fixtures += 1;
        }
    }
    assert!(fixtures > 30, "{fixtures}");
}

/// A row that says what decode finds names kinds of its fixture.
#[test]
fn findings_of_the_page_are_those_of_the_fixtures() {
    let kinds: BTreeSet<_> = FindingKind::ALL.iter().map(|kind| kind.name()).collect();
    for row in rows() {
        let Some(path) = quoted(&row.proof).into_iter().find(|path| path.starts_with("tests/foreign/"))
        else {
            continue;
        };
        let text = read(path);
        if text.contains("\nrefused ") {
            assert!(row.answer.contains("refused by `topoc decode`"), "{path}");
            continue;
        }
        let finds = text.lines().find_map(|line| line.strip_prefix("finds ")).unwrap();
        let said = row.answer.split("found: ").nth(1).unwrap_or_else(|| panic!("{}", row.failure));
        for kind in quoted(said) {
            assert!(kinds.contains(kind) && finds.split(' ').any(|found| found == kind), "{path}: {kind}");
        }
    }
}

/// Files below a folder, relative to the repository.
fn below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() { found.extend(below(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
