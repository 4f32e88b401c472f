//! The example specs: each is valid and says what it is for, and `examples/README.md` tells on which of
//! the example hosts it compiles.
//!
//! `TOPOC_UPDATE=1 cargo test --test examples` writes the page anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/examples.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod examples;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use examples::{Example, hosts, specs};
use topoc::HostProfile;
use topoc::compile::CompileError;
use topoc::diag::{Severity, registry};
use topoc::lint::Report;

const MODELINE: &str = "# yaml-language-server: $schema=../schema/spec.v1.schema.json";

/// The first sentence of the comment that a spec begins with.
fn purpose(example: &Example) -> String {
    let comment: Vec<&str> =
        example.text.lines().skip(1).map_while(|line| line.strip_prefix('#').map(str::trim)).collect();
    let comment = comment.join(" ");
    comment.split_once(". ").map_or_else(|| comment.trim_end_matches('.').to_owned(), |(s, _)| s.to_owned())
}

/// What came of compiling a spec for a host.
enum Outcome {
    Compiles(BTreeSet<&'static str>),
    Refused(Vec<(&'static str, String)>),
}

fn rules(report: &Report, severity: Severity) -> impl Iterator<Item = (&'static str, String)> {
    report.diagnostics.iter().filter(move |d| d.severity == severity).map(|d| (d.rule, d.message.clone()))
}

/// Every spec on every host. A bug of topoc's own is never an outcome.
fn outcomes() -> BTreeMap<String, BTreeMap<String, Outcome>> {
    let hosts = hosts();
    let on_all = |example: &Example| {
        let on = |(name, host): &(String, _)| {
            let outcome = match example.compile(host) {
                Ok(compiled) => Outcome::Compiles(
                    rules(compiled.report(), Severity::Warning).map(|(rule, _)| rule).collect(),
                ),
                Err(CompileError::Refused(report)) => {
                    Outcome::Refused(rules(&report, Severity::Error).collect())
                }
                Err(bug @ CompileError::Bug(_)) => panic!("{} on {name}: {bug}", example.name),
            };
            (name.clone(), outcome)
        };
        hosts.iter().map(on).collect()
    };
    specs().iter().map(|example| (example.name.clone(), on_all(example))).collect()
}

/// `a`, `b` and so on for each rule that warns somewhere.
fn letters(outcomes: &BTreeMap<String, BTreeMap<String, Outcome>>) -> BTreeMap<&'static str, char> {
    let warned: BTreeSet<&'static str> = outcomes
        .values()
        .flat_map(BTreeMap::values)
        .filter_map(|outcome| if let Outcome::Compiles(rules) = outcome { Some(rules) } else { None })
        .flatten()
        .copied()
        .collect();
    warned.into_iter().zip('a'..='z').collect()
}

/// The page.
fn page() -> String {
    let outcomes = outcomes();
    let letters = letters(&outcomes);
    let mut page = String::from(
        "# Examples\n\nSpecs of machines, and under `hosts/` profiles of hosts to compile them for. This page is \
         computed: `TOPOC_UPDATE=1 cargo test --test examples` writes it anew, and the test holds it.\n\n## What \
         they are for\n\n| spec | purpose |\n|---|---|\n",
    );
    for example in specs() {
        writeln!(page, "| [{0}]({0}.topoc.yaml) | {1} |", example.name, purpose(&example)).unwrap();
    }
    page.push_str("\n| host | what it is |\n|---|---|\n");
    for (name, host) in hosts() {
        let note = host.origin.note.unwrap();
        let (sentence, _) = note.split_once(". ").unwrap();
        writeln!(page, "| [{name}](hosts/{name}.json) | {sentence} |").unwrap();
    }
    page.push_str(
        "\n## Which compiles where\n\n`yes` with the letters of the rules that warn, or the rule that refuses.\n\n|",
    );
    let names: Vec<String> = hosts().into_iter().map(|(name, _)| name).collect();
    writeln!(page, " spec | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len())).unwrap();
    for (spec, hosts) in &outcomes {
        let cell = |outcome: &Outcome| match outcome {
            Outcome::Compiles(rules) if rules.is_empty() => "yes".to_owned(),
            Outcome::Compiles(rules) => {
                let rules: Vec<String> = rules.iter().map(|rule| letters[rule].to_string()).collect();
                format!("yes ({})", rules.join(", "))
            }
            Outcome::Refused(errors) => {
                let rules: BTreeSet<String> = errors.iter().map(|(rule, _)| format!("`{rule}`")).collect();
                format!("no: {}", Vec::from_iter(rules).join(", "))
            }
        };
        let cells: Vec<String> = hosts.values().map(cell).collect();
        writeln!(page, "| {spec} | {} |", cells.join(" | ")).unwrap();
    }
    page.push_str("\nThe warnings:\n\n");
    for (rule, letter) in &letters {
        writeln!(page, "- {letter}: `{rule}`, {}", registry::find(rule).unwrap().summary).unwrap();
    }
    page.push_str("\nWhy some do not compile:\n\n");
    for (spec, hosts) in &outcomes {
        let mut why: BTreeMap<&(&str, String), Vec<&str>> = BTreeMap::new();
        for (host, outcome) in hosts {
            if let Outcome::Refused(errors) = outcome {
                errors.iter().for_each(|error| why.entry(error).or_default().push(host));
            }
        }
        for ((rule, message), hosts) in why {
            writeln!(page, "- {spec} on {}: `{rule}`, {message}", hosts.join(", ")).unwrap();
        }
    }
    page
}

#[test]
fn the_page_is_current() {
    examples::is_current("examples/README.md", &page(), "examples");
}

/// Two, or every one of the vendor that the spec names.
#[test]
fn every_spec_compiles_on_two_hosts_at_least() {
    let outcomes = outcomes();
    assert!(outcomes.len() >= 10, "{} examples", outcomes.len());
    for example in specs() {
        let on = &outcomes[&example.name];
        let compiles = on.values().filter(|outcome| matches!(outcome, Outcome::Compiles(_))).count();
        let vendor = example.spec().cpu.as_ref().and_then(|cpu| cpu.vendor);
        let of_vendor = |host: &HostProfile| vendor.is_none() || host.vendor() == vendor.map(Ok);
        let hosts = hosts().iter().filter(|(_, host)| of_vendor(host)).count();
        assert!(compiles >= hosts.clamp(1, 2), "{} compiles on {compiles} hosts", example.name);
    }
}

#[test]
fn every_spec_is_valid_and_says_what_it_is_for() {
    for example in specs() {
        let Example { name, text, parsed } = &example;
        assert_eq!(text.lines().next(), Some(MODELINE), "{name}");
        assert!(purpose(&example).split(' ').count() >= 5, "{name} does not say what it is for");
        assert_eq!(parsed.spec().name.as_ref(), Some(name));
        assert!(parsed.warnings().is_empty(), "{name}: {:?}", parsed.warnings());
        let report = example.check();
        assert!(report.diagnostics.iter().all(|d| d.severity == Severity::Note), "{name}: {report:?}");
    }
}
