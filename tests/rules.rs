//! Every rule has its code, its page, and fixtures in which it speaks or keeps silent.
//!
//! `TOPOC_UPDATE=1 cargo test --test rules` rewrites the expected outputs.
#![cfg(feature = "cli")]

mod common;

use std::collections::BTreeSet;
use std::fs;

use common::{files, host_file, root, run};
use topoc::diag::registry;
use topoc::diag::{Fact, Rule};

fn folder(rule: &Rule) -> std::path::PathBuf {
    root().join("tests/ui").join(rule.path())
}

/// The first part of a path with two folders, as a rule's name.
fn name_of(path: &str) -> String {
    let path = path.trim_end_matches(".md").trim_end_matches(".rs");
    path.split('/').take(2).collect::<Vec<_>>().join("::")
}

#[test]
fn code_pages_and_fixtures_are_those_of_the_table() {
    let rules: BTreeSet<String> = registry::RULES.iter().map(|rule| rule.name.to_owned()).collect();
    assert_eq!(rules.len(), registry::RULES.len(), "a name stands twice");
    let code: BTreeSet<_> = files(&root().join("src/lint"), ".rs")
        .iter()
        .filter(|file| file.contains('/') && !file.ends_with("mod.rs"))
        .map(|file| name_of(file))
        .collect();
    assert_eq!(code, rules, "src/lint");
    let pages: BTreeSet<_> = files(&root().join("docs/rules"), ".md")
        .iter()
        .filter(|file| file.contains('/'))
        .map(|file| name_of(file))
        .filter(|name| registry::PARSING.iter().all(|rule| rule.name != name))
        .collect();
    assert_eq!(pages, rules, "docs/rules");
    for suffix in ["/fail.topoc.yaml", "/fail.txt", "/pass.topoc.yaml"] {
        let fixtures: BTreeSet<_> =
            files(&root().join("tests/ui"), suffix).iter().map(|file| name_of(file)).collect();
        assert_eq!(fixtures, rules, "tests/ui: {suffix}");
    }
}

#[test]
fn required_rules_run_before_those_that_require_them() {
    for (i, rule) in registry::RULES.iter().enumerate() {
        for required in rule.requires {
            let at = registry::RULES.iter().position(|rule| rule.name == *required);
            assert!(at.is_some_and(|at| at < i), "{} requires {required}", rule.name);
        }
        assert!(!rule.needs.is_empty() && !rule.needs.contains(&Fact::Text), "{}", rule.name);
        assert!(registry::find(rule.name).is_some_and(|found| found == rule));
    }
}

/// Every `fail*.topoc.yaml` sets off its rule and no other, and looks as its `.txt` says.
#[test]
fn failing_fixtures_fail_and_look_as_expected() {
    let update = std::env::var_os("TOPOC_UPDATE").is_some();
    let mut wrong = Vec::new();
    for rule in registry::RULES {
        let folder = folder(rule);
        for file in files(&folder, ".topoc.yaml").iter().filter(|file| file.starts_with("fail")) {
            let stem = file.trim_end_matches(".topoc.yaml");
            let text = fs::read_to_string(folder.join(file)).unwrap();
            let outcome = run(file, &text, host_file(&folder, stem).as_deref());
            let expected = folder.join(format!("{stem}.txt"));
            if update {
                fs::write(&expected, &outcome.rendered).unwrap();
            }
            if outcome.rules() != [rule.name] {
                wrong.push(format!("{}/{file}: {:?}\n{}", rule.path(), outcome.rules(), outcome.rendered));
            }
            if let Some(found) = outcome.diagnostics.iter().find(|found| found.severity > rule.level.worst())
            {
                wrong.push(format!(
                    "{}/{file}: {:?} is worse than the table's level",
                    rule.path(),
                    found.severity
                ));
            }
            if fs::read_to_string(&expected).unwrap_or_default() != outcome.rendered {
                wrong.push(format!("{}/{stem}.txt differs from\n{}", rule.path(), outcome.rendered));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every `pass*.topoc.yaml`, a step inside the limit, sets off nothing, and the rule did run.
#[test]
fn near_misses_are_silent() {
    for rule in registry::RULES {
        let folder = folder(rule);
        for file in files(&folder, ".topoc.yaml").iter().filter(|file| file.starts_with("pass")) {
            let stem = file.trim_end_matches(".topoc.yaml");
            let text = fs::read_to_string(folder.join(file)).unwrap();
            let outcome = run(file, &text, host_file(&folder, stem).as_deref());
            assert!(outcome.diagnostics.is_empty(), "{}/{file}\n{}", rule.path(), outcome.rendered);
            let not_run = outcome.not_run.iter().find(|(name, _)| *name == rule.name);
            assert_eq!(not_run, None, "{}/{file}", rule.path());
        }
    }
}

/// A page begins with the rule's name and summary, and its two examples do what it says.
#[test]
fn pages_tell_the_truth() {
    for rule in registry::RULES {
        let page = fs::read_to_string(root().join(rule.page())).unwrap();
        let lines: Vec<_> = page.lines().collect();
        assert_eq!(lines[0], format!("# {}", rule.name));
        let summary = lines[2].to_lowercase();
        assert!(summary.starts_with(&rule.summary.to_lowercase()), "{}: {summary}", rule.name);
        assert!(lines[2].ends_with(&format!("Since {}.", rule.since)), "{}", rule.name);
        for heading in ["## What", "## Why it matters to a guest", "## Fails", "## Passes", "## Source"] {
            assert!(lines.contains(&heading), "{}: {heading}", rule.name);
        }
        let examples: Vec<_> =
            page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        let [fails, passes] = examples.as_slice() else {
            panic!("{}: {} examples", rule.name, examples.len())
        };
        let fails = run("fails", fails, host_file(&folder(rule), "fail").as_deref());
        assert_eq!(fails.rules(), [rule.name], "{}\n{}", rule.page(), fails.rendered);
        let passes = run("passes", passes, host_file(&folder(rule), "pass").as_deref());
        assert!(passes.diagnostics.is_empty(), "{}\n{}", rule.page(), passes.rendered);
    }
}
