//! One mistake, few findings: a count of an example that is broken sets off three findings at most.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use common::{files, root, run};
use topoc::diag::Severity;

/// The most findings of one broken count, notes aside.
const MOST: usize = 3;

const COUNTS: [&str; 8] =
    ["sockets", "die_groups", "dies", "tiles", "complexes", "modules", "cores", "threads"];

/// What stands in place of a count: none, one fewer, and once on a host more than any KVM creates.
fn broken(count: u32, is_first: bool) -> Vec<u32> {
    let mut other = vec![0, count.saturating_sub(1)];
    other.extend(is_first.then_some(9_000));
    other
}

/// Every count of a text: where its digits stand, and its value.
fn counts(text: &str) -> Vec<(std::ops::Range<usize>, u32)> {
    let mut found = Vec::new();
    for key in COUNTS {
        for (at, matched) in text.match_indices(&format!("{key}: ")) {
            let line = text[..at].rsplit('\n').next().unwrap();
            let is_key = at == 0
                || !text.as_bytes()[at - 1].is_ascii_alphanumeric() && text.as_bytes()[at - 1] != b'_';
            let start = at + matched.len();
            let digits = text[start..].chars().take_while(char::is_ascii_digit).count();
            if is_key && !line.contains('#') && digits > 0 {
                found.push((start..start + digits, text[start..start + digits].parse().unwrap()));
            }
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    found
}

/// How often each rule finds an error or a warning.
fn findings(name: &str, text: &str, host: Option<&PathBuf>) -> BTreeMap<&'static str, usize> {
    let outcome = run(name, text, host.map(PathBuf::as_path));
    let mut by_rule = BTreeMap::new();
    for found in outcome.diagnostics.iter().filter(|found| found.severity > Severity::Note) {
        *by_rule.entry(found.rule).or_default() += 1;
    }
    by_rule
}

#[test]
fn a_broken_count_sets_off_three_findings_at_most() {
    let examples = root().join("examples");
    let hosts = ["two-socket-intel-xeon-gold-6140", "two-socket-amd-epyc-7742"]
        .map(|host| Some(examples.join(format!("hosts/{host}.json"))));
    let (mut tried, mut wrong) = (0, Vec::new());
    for (number, file) in files(&examples, ".topoc.yaml").into_iter().enumerate() {
        let text = fs::read_to_string(examples.join(&file)).unwrap();
        for host in [&None, &hosts[number % 2]] {
            let before = findings(&file, &text, host.as_ref());
            for (nth, (range, count)) in counts(&text).into_iter().enumerate() {
                for other in broken(count, nth == 0 && host.is_some() && number % 4 < 2) {
                    let mut text = text.clone();
                    text.replace_range(range.clone(), &other.to_string());
                    let mut after = findings(&file, &text, host.as_ref());
                    for (rule, times) in &before {
                        after.entry(rule).and_modify(|now| *now -= (*times).min(*now));
                    }
                    after.retain(|_, times| *times > 0);
                    if after.values().sum::<usize>() > MOST {
                        wrong.push(format!("{file}, {count} as {other} on {host:?}: {after:?}"));
                    }
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 300, "{tried}");
    assert!(wrong.is_empty(), "{} of {tried}\n{}", wrong.len(), wrong.join("\n"));
}

/// More threads of a socket than any field holds.
#[test]
fn a_count_beyond_every_field_sets_off_three_findings_at_most() {
    let host = Some(root().join("examples/hosts/two-socket-amd-epyc-7742.json"));
    for host in [None, host] {
        let before = findings("small", "version: 1\ntopology: { cores: 2 }\n", host.as_ref());
        for counts in ["cores: 70000", "cores: 2, threads: 70000", "sockets: 70000"] {
            let mut found =
                findings("large", &format!("version: 1\ntopology: {{ {counts} }}\n"), host.as_ref());
            found.retain(|rule, _| !before.contains_key(rule));
            assert!(found.values().sum::<usize>() <= MOST, "{counts} on {host:?}: {found:?}");
        }
    }
}
