//! Every mistake of form has a fixture, and looks as expected: `tests/ui/spec` and `tests/ui/yaml`, named as the
//! rules' fixtures are. `TOPOC_UPDATE=1 cargo test --test form` rewrites the expected outputs.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;
use std::fs;

use common::{files, root};
use topoc::diag::render::{Style, human};
use topoc::diag::{Diagnostic, Document, READING, Severity, Sources};
use topoc::source::SourceFile;
use topoc::spec::{self, Failed};

/// What no file of text holds that people would keep, and where it is tested instead.
const WITHOUT: &[(&str, &str)] = &[
    ("spec::allow_refused", "tests/policy.rs"),
    ("spec::allow_without_effect", "tests/policy.rs"),
    ("spec::allow_without_reason", "tests/policy.rs"),
    ("spec::bad_comment", "tests/policy.rs"),
    ("spec::name_twice", "tests/policy.rs"),
    ("spec::not_readable", "tests/policy.rs"),
    ("spec::unknown_rule", "tests/policy.rs"),
    ("yaml::alias_budget", "tests/hostile.rs makes the text"),
    ("yaml::anchor", "tests/spec_parse.rs: the two parsers read its name differently"),
    ("yaml::control_character", "tests/spec_parse.rs"),
    ("yaml::disagree", "no text is known: the other mistakes come first"),
    ("yaml::not_text", "tests/spec_parse.rs: a NUL byte"),
    ("yaml::not_utf8", "tests/spec_parse.rs: bytes"),
    ("yaml::too_deep", "tests/hostile.rs makes the text"),
    ("yaml::too_large", "tests/hostile.rs makes the text"),
    ("yaml::too_many", "tests/spec_parse.rs makes the text"),
];

/// The fixtures below `tests/ui/spec` and `tests/ui/yaml`.
fn fixtures() -> Vec<String> {
    let all = files(&root().join("tests/ui"), ".topoc.yaml");
    let of_form = |path: &String| READING.iter().any(|(name, _)| *name == name_of(path));
    all.into_iter().filter(of_form).collect()
}

/// The mistake that a fixture is named after.
fn name_of(path: &str) -> String {
    path.split('/').take(2).collect::<Vec<_>>().join("::")
}

fn rendered(path: &str, text: &str, diagnostics: &[Diagnostic]) -> String {
    let file = SourceFile::new(path.rsplit('/').next().unwrap(), text);
    let sources = Sources { spec: Some(Document { file: &file, spans: None }), ..Sources::default() };
    human(diagnostics, &sources, Style { colour: false, width: 100 })
}

#[test]
fn every_mistake_has_a_fixture() {
    let of_fixtures: BTreeSet<String> = fixtures().iter().map(|path| name_of(path)).collect();
    let without: BTreeSet<String> = WITHOUT.iter().map(|(name, _)| (*name).to_owned()).collect();
    let listed: BTreeSet<String> = READING.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(of_fixtures.intersection(&without).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(of_fixtures.union(&without).cloned().collect::<BTreeSet<_>>(), listed);
}

/// Each has the mistakes that it is named after, at least one that is an error or a warning, and no others.
#[test]
fn the_fixtures_look_as_expected() {
    let mut wrong = Vec::new();
    for path in fixtures() {
        let file = root().join("tests/ui").join(&path);
        let text = fs::read_to_string(&file).unwrap();
        let diagnostics = match spec::parse(text.as_bytes()) {
            Ok(parsed) => parsed.into_parts().2,
            Err(failed) => Failed::into_diagnostics(failed),
        };
        let names: BTreeSet<&str> = diagnostics.iter().map(|found| found.rule).collect();
        if !names.iter().eq([name_of(&path).as_str()].iter()) {
            wrong.push(format!("{path}: {names:?}"));
        }
        assert!(diagnostics.iter().all(|found| found.severity != Severity::Note), "{path}");
        let rendered = rendered(&path, &text, &diagnostics);
        let expected = file.with_file_name(path.rsplit('/').next().unwrap().replace(".topoc.yaml", ".txt"));
        if std::env::var_os("TOPOC_UPDATE").is_some() {
            fs::write(&expected, &rendered).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != rendered {
            wrong.push(format!("{path} looks different:\n{rendered}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
