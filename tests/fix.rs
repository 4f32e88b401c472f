//! Fixes of every rule and mistake of form: what they are about goes, nothing worse comes, and what they
//! are not about stays as it was.
//!
//! `TOPOC_UPDATE=1 cargo test --test fix` rewrites the list of rules with fixes in `src/diag/fix/known.rs`.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use common::{files, host_file, judge, root};
use topoc::diag::{
    Diagnostic, Document, Edit, Fix, Judged, READING, Safety, Severity, apply_fixes, fixable, known_fix,
};
use topoc::source::{SourceFile, Span, SpecPath};

struct Fixture {
    name: String,
    /// The rule or mistake that it is named after.
    rule: String,
    text: String,
    host: Option<PathBuf>,
}

impl Fixture {
    fn judge(&self, text: &str) -> Judged {
        judge(text, self.host.as_deref())
    }
}

fn fixtures() -> Vec<Fixture> {
    let ui = root().join("tests/ui");
    let all = files(&ui, ".topoc.yaml").into_iter().filter(|path| path.contains("/fail"));
    let read = |name: String| {
        let (folder, file) = name.rsplit_once('/').unwrap();
        let host = host_file(&ui.join(folder), file.trim_end_matches(".topoc.yaml"));
        Fixture {
            rule: folder.replace('/', "::"),
            text: fs::read_to_string(ui.join(&name)).unwrap(),
            host,
            name,
        }
    };
    let all: Vec<Fixture> = all.map(read).collect();
    assert!(all.len() > 150, "{}", all.len());
    all
}

fn with_fix(judged: &Judged, least: Safety) -> usize {
    judged
        .diagnostics
        .iter()
        .filter(|found| found.fix.as_ref().is_some_and(|fix| fix.safety <= least))
        .count()
}

/// Rules with an error, each as often as it has one.
fn errors(judged: &Judged) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for found in judged.diagnostics.iter().filter(|found| found.severity == Severity::Error) {
        *counts.entry(found.rule).or_default() += 1;
    }
    counts
}

/// Whether a name is that of a mistake of form.
fn of_form(name: &str) -> bool {
    READING.iter().any(|(mistake, _)| *mistake == name)
}

/// Every fix is made, each finding that has one goes, no error comes, and once more changes nothing.
#[test]
fn what_has_a_fix_is_fixed_for_good() {
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        for least in [Safety::Safe, Safety::Unsafe] {
            let before = fixture.judge(&fixture.text);
            let wanted = with_fix(&before, least);
            let fixed = apply_fixes(&fixture.text, least, |text| fixture.judge(text));
            let after = fixture.judge(&fixed.text);
            let found: Vec<String> =
                after.diagnostics.iter().map(|found| format!("{}: {}", found.rule, found.message)).collect();
            let mut say = |what: &str| {
                let texts = format!("{}became\n{}{}", fixture.text, fixed.text, found.join("\n"));
                wrong.push(format!("{} {least:?}: {what}\n{texts}", fixture.name));
            };
            if fixed.left > 0 {
                say(&format!("{} left of {wanted}", fixed.left));
            }
            // Two findings may have one fix, and a finding may change its numbers with each pass.
            let stays = |found: &&Diagnostic| {
                let has_fix = found.fix.as_ref().is_some_and(|fix| fix.safety <= least);
                has_fix && after.diagnostics.iter().any(|left| left.message == found.message)
            };
            if let Some(left) = before.diagnostics.iter().find(stays) {
                say(&format!("still: {}", left.message));
            }
            if (wanted == 0) != (fixed.text == fixture.text) {
                say("changed without a fix, or not with one");
            }
            // What rules find in what could not be read is not new.
            let was = errors(&before);
            let revealed = |rule: &str| of_form(&fixture.rule) && !of_form(rule);
            if errors(&after)
                .iter()
                .any(|(rule, n)| *n > was.get(rule).copied().unwrap_or(0) && !revealed(rule))
            {
                say("a new error");
            }
            if wanted > 0 && wanted == before.diagnostics.len() && errors(&after).values().sum::<usize>() > 0
            {
                say("not clean");
            }
            let again = apply_fixes(&fixed.text, least, |text| fixture.judge(text));
            if again.text != fixed.text || again.applied != 0 {
                say("not the same again");
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// Lines that no change touches are there afterwards, byte by byte and in order.
#[test]
fn lines_without_a_change_stay() {
    let mut fixes = 0;
    for fixture in fixtures() {
        for variant in [
            str::to_owned,
            |text: &str| text.replace('\n', "\r\n"),
            |text: &str| text.lines().map(|line| format!("{line}  # kept\n")).collect(),
        ] {
            let text = variant(&fixture.text);
            let judged = fixture.judge(&text);
            let file = SourceFile::new("x", text.as_str());
            let document = Document { file: &file, spans: Some(&judged.spans) };
            for fix in judged.diagnostics.iter().filter_map(|found| found.fix.as_ref()) {
                let Some(changes) = fix.replacements(document) else { continue };
                fixes += 1;
                let mut new = text.clone();
                for change in changes.iter().rev() {
                    new.replace_range(change.span.start..change.span.end, &change.text);
                }
                let touched = |start: usize, end: usize| {
                    changes.iter().any(|change| change.span.start < end && start <= change.span.end)
                };
                let mut at = 0;
                let mut left = new.split_inclusive('\n');
                for line in text.split_inclusive('\n') {
                    if !touched(at, at + line.len()) {
                        assert!(left.any(|other| other == line), "{}: {fix:?}\n{text}\n{new}", fixture.name);
                    }
                    at += line.len();
                }
            }
        }
    }
    assert!(fixes > 200, "{fixes}");
}

/// The safest fix of each rule and mistake, as its fixtures show.
fn shown() -> BTreeMap<String, Safety> {
    let mut shown: BTreeMap<String, Safety> = BTreeMap::new();
    for fixture in fixtures() {
        let judged = fixture.judge(&fixture.text);
        for found in judged.diagnostics.iter().filter(|found| found.rule == fixture.rule) {
            if let Some(fix) = &found.fix {
                let best = shown.entry(fixture.rule.clone()).or_insert(fix.safety);
                *best = (*best).min(fix.safety);
            }
        }
    }
    // Its text is no fixture: tests/spec_parse.rs.
    shown.insert("yaml::control_character".to_owned(), Safety::Unsafe);
    shown
}

/// `topoc explain` and the index of rules say which rules have a fix; each of these has a fixture that
/// shows it, and no other rule has one.
#[test]
fn the_list_of_fixes_is_what_fixtures_show() {
    let path = root().join("src/diag/fix/known.rs");
    let text = fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once("] = &[").unwrap();
    let tail = rest.split_once("];").unwrap().1;
    let shown = shown();
    let list: String =
        shown.iter().map(|(rule, safety)| format!("    (\"{rule}\", Safety::{safety:?}),\n")).collect();
    let expected = format!("{head}] = &[\n{list}];{tail}");
    if std::env::var_os("TOPOC_UPDATE").is_some() {
        fs::write(&path, &expected).unwrap();
    } else {
        assert_eq!(text, expected, "TOPOC_UPDATE=1 cargo test --test fix");
        for (rule, safety) in &shown {
            assert_eq!(known_fix(rule), Some(*safety), "{rule}");
        }
    }
    assert!(shown.len() > 50, "{}", shown.len());
}

/// Fixes of specs are about specs: what reads profiles by the same reader offers none.
#[test]
fn profiles_have_no_fixes() {
    let text = "{\"version\": 1, \"kvmm\": {}, \"cpus\": {\"online\": \"3-0\"}}";
    let error = topoc::HostProfile::from_slice(text.as_bytes()).unwrap_err();
    assert!(!error.mistakes.is_empty());
}

fn finding(fix: Fix) -> Diagnostic {
    Diagnostic::new("features::alias", Severity::Warning, fix.title.clone()).fix(fix)
}

/// A judge by hand: `x` is to become `y`, and `z` is worse.
fn by_hand(text: &str, title: &str, from: char, to: &str) -> Vec<Diagnostic> {
    let found = text.match_indices(from).map(|(at, _)| {
        let edit = Edit::Text(Span::new(at, at + 1), to.to_owned());
        finding(Fix::safe(format!("{title} {at}"), vec![edit]))
    });
    found.collect()
}

#[test]
fn fixes_that_make_it_worse_are_undone() {
    let worse = |text: &str| {
        let mut diagnostics = by_hand(text, "x", 'x', "y");
        diagnostics.extend(by_hand(text, "q", 'q', "z"));
        diagnostics
            .extend(text.matches('z').map(|_| Diagnostic::new("numa::no_memory", Severity::Error, "z")));
        Judged { diagnostics, ..Judged::default() }
    };
    let fixed = apply_fixes("xqxqx", Safety::Safe, worse);
    assert_eq!((fixed.text.as_str(), fixed.applied, fixed.left), ("yqyqy", 3, 2));
    // The same error is none where its rule had not looked before.
    let came_to_light = |text: &str| Judged { not_run: vec!["numa::no_memory"], ..worse(text) };
    assert_eq!(apply_fixes("xqx", Safety::Safe, came_to_light).text, "yzy");
    // Nor where mistakes of form hid it, which a mere warning of form does not.
    let of_form = |text: &str, severity| {
        let mut judged = worse(text);
        judged.diagnostics.retain(|found| found.severity == Severity::Error);
        judged.diagnostics.extend(by_hand(text, "q", 'q', "z").into_iter().map(|found| Diagnostic {
            rule: "yaml::ambiguous",
            severity,
            ..found
        }));
        judged
    };
    assert_eq!(apply_fixes("q", Safety::Safe, |text| of_form(text, Severity::Error)).text, "z");
    assert_eq!(apply_fixes("q", Safety::Safe, |text| of_form(text, Severity::Warning)).text, "q");
}

#[test]
fn fixing_ends_where_fixes_go_round_in_circles() {
    let mut looks = 0;
    let fixed = apply_fixes("xx", Safety::Safe, |text| {
        looks += 1;
        let (from, to) = if text.contains('x') { ('x', "y") } else { ('y', "x") };
        Judged { diagnostics: by_hand(text, &text.replace('x', "a"), from, to), ..Judged::default() }
    });
    assert!(looks < 110, "{looks}");
    assert!(["xx", "yy", "xy", "yx"].contains(&fixed.text.as_str()));
    // A fix that mends nothing is not made.
    let stubborn = |text: &str| Judged {
        diagnostics: vec![finding(Fix::safe(
            "more",
            vec![Edit::Text(Span::new(text.len(), text.len()), "x".into())],
        ))],
        ..Judged::default()
    };
    assert_eq!(apply_fixes("x", Safety::Safe, stubborn).text, "x");
}

#[test]
fn overlapping_fixes_wait_for_each_other_and_suggestions_for_consent() {
    let judge = |text: &str| {
        let found = |title: &str, start, end, to: &str| {
            finding(Fix::safe(title, vec![Edit::Text(Span::new(start, end), to.to_owned())]))
        };
        let diagnostics = match text {
            "abcd" => vec![found("1", 0, 2, "AB"), found("2", 1, 3, "??"), found("3", 3, 4, "D")],
            "ABcD" => vec![found("2", 2, 3, "C")],
            _ => Vec::new(),
        };
        Judged { diagnostics, ..Judged::default() }
    };
    let fixed = apply_fixes("abcd", Safety::Safe, judge);
    assert_eq!((fixed.text.as_str(), fixed.applied, fixed.left), ("ABCD", 3, 0));
    let suggestion = |text: &str| {
        let edit = Edit::Set(SpecPath::from("a"), "2".to_owned());
        let found = Diagnostic::new("features::alias", Severity::Note, "a")
            .fix(Fix::suggested("write 2", vec![edit]));
        let spans =
            topoc::spec::parse(text.as_bytes()).map_or_else(|f| f.spans().clone(), |p| p.spans().clone());
        Judged {
            diagnostics: if text.contains('1') { vec![found] } else { Vec::new() },
            spans,
            ..Judged::default()
        }
    };
    assert_eq!(apply_fixes("a: 1", Safety::Safe, suggestion).text, "a: 1");
    assert_eq!(apply_fixes("a: 1", Safety::Unsafe, suggestion).text, "a: 2");
    let judged = suggestion("a: 1");
    let file = SourceFile::new("x", "a: 1");
    let document = Document { file: &file, spans: Some(&judged.spans) };
    let count = |least| fixable(&judged.diagnostics, document, least);
    assert_eq!((count(Safety::Safe), count(Safety::Unsafe)), (0, 1));
}
