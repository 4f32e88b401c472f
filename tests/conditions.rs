//! `docs/rules/conditions.md` and `docs/rules/not-rules.md`, and the rules, tests and findings that they name: none
//! without the others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use topoc::decode::FindingKind;
use topoc::diag::registry;

/// The numbers of the catalogue, first and last of each theme.
const THEMES: [(u32, u32); 7] = [(1, 18), (20, 39), (40, 59), (60, 73), (80, 93), (100, 117), (120, 135)];

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
        .replace("\r\n", "\n")
}

fn numbers() -> BTreeSet<String> {
    THEMES.iter().flat_map(|(first, last)| *first..=*last).map(|number| format!("T{number:03}")).collect()
}

/// The rows of a part of a page whose first cell is a number: cells by number.
fn rows(part: &str) -> BTreeMap<String, Vec<String>> {
    let mut rows = BTreeMap::new();
    for line in part.lines().filter(|line| line.starts_with("| T") && line.as_bytes()[3].is_ascii_digit()) {
        let mut cells = line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned());
        let number = cells.next().unwrap();
        let before = rows.insert(number.clone(), cells.collect());
        assert_eq!(before, None, "{number} stands twice");
    }
    rows
}

/// What stands between backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The page of what is no rule: what is impossible, and what is not judged.
fn not_rules() -> [BTreeMap<String, Vec<String>>; 2] {
    let page = read("docs/rules/not-rules.md");
    let (impossible, not_judged) = page.split_once("\n## Not judged\n").unwrap();
    [rows(impossible), rows(not_judged)]
}

#[test]
fn each_condition_is_answered() {
    let page = read("docs/rules/conditions.md");
    let listed = rows(&page);
    assert_eq!(listed.keys().cloned().collect::<BTreeSet<_>>(), numbers());
    assert_eq!(listed.len(), 120);
    let [impossible, not_judged] = not_rules();
    for (number, cells) in &listed {
        let [condition, answer] = cells.as_slice() else { panic!("{number}: {cells:?}") };
        let mut answers = 0;
        for part in answer.split("; ") {
            if let Some(rules) = part.strip_prefix("judged by ") {
                for name in quoted(rules) {
                    let rule = registry::find(name).unwrap_or_else(|| panic!("{number}: no rule {name}"));
                    assert!(rules.contains(&format!("[`{name}`]({}.md)", rule.path())), "{number}: {rules}");
                }
                assert!(!quoted(rules).is_empty(), "{number}");
            } else {
                let table = match part {
                    "[impossible](not-rules.md#impossible-by-construction)" => &impossible,
                    "[not judged](not-rules.md#not-judged)" => &not_judged,
                    other => panic!("{number}: {other:?}"),
                };
                let said = table.get(number).unwrap_or_else(|| panic!("not-rules.md lacks {number}"));
                assert_eq!(&said[0], condition, "{number}");
            }
            answers += 1;
        }
        assert!(answers > 0, "{number}");
        for (table, word) in [(&impossible, "[impossible]"), (&not_judged, "[not judged]")] {
            assert_eq!(table.contains_key(number), answer.contains(word), "{number}: {word}");
        }
        assert!(!(not_judged.contains_key(number) && answers > 1), "{number} is judged after all");
    }
    for number in impossible.keys().chain(not_judged.keys()) {
        assert!(listed.contains_key(number), "{number} is no condition");
    }
}

/// What a condition of `tests/by_construction` says of the decoder, and in which file it stands.
fn by_construction() -> BTreeMap<String, (String, String)> {
    let mut conditions = BTreeMap::new();
    for file in ["ids", "legacy", "caches", "amd", "blob", "features"] {
        let path = format!("tests/by_construction/{file}.rs");
        let text = read(&path);
        let entries = text.split("number: \"").skip(1);
        for entry in entries {
            let number = entry.split('"').next().unwrap().to_owned();
            let told = entry.split("Told::").nth(1).unwrap();
            let told = match told.split([' ', ',', '}']).next().unwrap().trim() {
                "Silent" => "nothing".to_owned(),
                "Refused" => "refused".to_owned(),
                found => format!("`{}`", found.split('"').nth(1).unwrap()),
            };
            assert!(entry.contains(&format!("holds: {}", number.to_lowercase())), "{number}");
            assert!(conditions.insert(number.clone(), (path.clone(), told)).is_none(), "{number}");
        }
    }
    conditions
}

#[test]
fn what_is_impossible_has_its_test() {
    let kinds: BTreeSet<_> = FindingKind::ALL.iter().map(|kind| format!("`{}`", kind.name())).collect();
    let by_construction = by_construction();
    let [impossible, _] = not_rules();
    for (number, cells) in &impossible {
        let [_, why, test, told] = cells.as_slice() else { panic!("{number}: {cells:?}") };
        assert!(why.len() > 10, "{number}: {why}");
        let [name, path] = quoted(test)[..] else { panic!("{number}: {test}") };
        assert!(read(path).contains(&format!("fn {name}(")), "{number}: {path} has no {name}");
        let known = ["nothing", "refused"].contains(&told.as_str()) || kinds.contains(told);
        assert!(known, "{number}: no finding {told}");
        if let Some(tried) = by_construction.get(number) {
            assert_eq!((name, (path, told)), (number.to_lowercase().as_str(), (tried.0.as_str(), &tried.1)));
        }
    }
    let lost: Vec<_> = by_construction.keys().filter(|number| !impossible.contains_key(*number)).collect();
    assert!(lost.is_empty(), "not on the page: {lost:?}");
}

#[test]
fn what_is_not_judged_has_its_reason() {
    let [_, not_judged] = not_rules();
    assert!(not_judged.len() <= 8, "the catalogue is there to be judged: {}", not_judged.len());
    for (number, cells) in not_judged {
        let [_, reason] = cells.as_slice() else { panic!("{number}: {cells:?}") };
        assert!(reason.len() > 40, "{number}: {reason}");
        for name in quoted(reason).into_iter().filter(|name| name.contains("::")) {
            assert!(registry::find(name).is_some(), "{number}: no rule {name}");
        }
    }
}

/// Themes of other monitors name conditions and rules that there are.
#[test]
fn what_other_monitors_taught_is_answered() {
    let page = read("docs/rules/conditions.md");
    let (_, themes) = page.split_once("\n## What other monitors taught\n").unwrap();
    let numbers = numbers();
    let mut count = 0;
    for line in themes.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")).skip(1) {
        let (_, answer) = line.trim_matches('|').split_once(" | ").unwrap();
        let parts: Vec<_> = answer.trim().split(", ").collect();
        assert!(!parts.is_empty());
        for part in parts {
            let is_rule = quoted(part).first().is_some_and(|name| registry::find(name).is_some());
            assert!(is_rule || numbers.contains(part), "{line}: {part}");
        }
        count += 1;
    }
    assert_eq!(count, 25);
}
