//! Edits of a spec's text: they look as a person would write them, and mean what they say.
//!
//! What an edit means is held against the same edit of serde_yaml's value of the text, for every value
//! of every example and fixture, and of texts in every style that YAML has.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(feature = "cli")]

mod common;

use std::fs;

use common::{files, root};
use serde_yaml::Value;
use topoc::diag::{Document, Edit, Fix};
use topoc::source::{SourceFile, Span, SpanIndex, SpecPath};
use topoc::spec;

fn spans_of(text: &str) -> SpanIndex {
    match spec::parse(text.as_bytes()) {
        Ok(parsed) => parsed.spans().clone(),
        Err(failed) => failed.spans().clone(),
    }
}

/// The text after these edits, if they can be made.
fn edited_with(text: &str, spans: &SpanIndex, edits: Vec<Edit>) -> Option<String> {
    let file = SourceFile::new("x", text);
    let document = Document { file: &file, spans: Some(spans) };
    let changes = Fix::safe("edit", edits).replacements(document)?;
    let mut new = String::new();
    let mut at = 0;
    for change in changes {
        assert!(at <= change.span.start, "{text}: changes overlap");
        new += &text[at..change.span.start];
        new += &change.text;
        at = change.span.end;
    }
    Some(new + &text[at..])
}

fn edited(text: &str, edits: Vec<Edit>) -> Option<String> {
    edited_with(text, &spans_of(text), edits)
}

fn set(path: &str, text: &str) -> Edit {
    Edit::Set(SpecPath::from(path), text.to_owned())
}

fn rename(path: &str, key: &str) -> Edit {
    Edit::Rename(SpecPath::from(path), key.to_owned())
}

fn remove(path: &str) -> Edit {
    Edit::Remove(SpecPath::from(path))
}

fn insert(path: &str, key: &str, value: &str) -> Edit {
    Edit::Insert(SpecPath::from(path), key.to_owned(), value.to_owned())
}

/// Holds the table's texts to what comes of them; an empty text is an edit that is not made.
fn hold(table: &[(&str, Edit, &str)]) {
    let mut wrong = Vec::new();
    for (before, edit, after) in table {
        for variant in VARIANTS {
            let (text, expected) = (variant(before), variant(after));
            let found = edited(&text, vec![edit.clone()]).unwrap_or_default();
            // What ends without a line break may end with one if its last line went.
            if found != expected && found.trim_end() != expected {
                wrong.push(format!("{edit:?}\n{text:?}\n{found:?}\nexpected\n{expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The forms of a text that every edit has to do with.
const VARIANTS: &[fn(&str) -> String] = &[
    str::to_owned,
    |text| text.replace('\n', "\r\n"),
    |text| if text.is_empty() { String::new() } else { format!("\u{feff}{text}") },
    |text| text.trim_end_matches('\n').to_owned(),
    |text| {
        if text.is_empty() { String::new() } else { format!("---\n{}\n...\n", text.trim_end_matches('\n')) }
    },
    |text| text.replace("two", "zwölf 😀"),
];

#[test]
fn values_are_set_in_their_style() {
    hold(&[
        ("a: 1\nb: 2\n", set("a", "3"), "a: 3\nb: 2\n"),
        ("a:   1   # two\nb: 2\n", set("a", "3"), "a:   3   # two\nb: 2\n"),
        ("a: 1\t# two\n", set("a", "3"), "a: 3\t# two\n"),
        ("a: \"x y\"\n", set("a", "z9"), "a: \"z9\"\n"),
        ("a: 'x'\n", set("a", "z"), "a: 'z'\n"),
        ("a: '4'\n", set("a", "4"), "a: 4\n"),
        ("a: 'x'\n", set("a", "true"), "a: true\n"),
        ("a: x\n", set("a", "\"0-3,8\""), "a: \"0-3,8\"\n"),
        ("{a: 1, b: {c: 2}}\n", set("b.c", "3"), "{a: 1, b: {c: 3}}\n"),
        ("a: [1, [2, 3]]\n", set("a[1][0]", "9"), "a: [1, [9, 3]]\n"),
        ("a: {b: 1, c: 2} # two\n", set("a", "none"), "a: none # two\n"),
        ("a:\n  b: 1\n", set("a", "none"), "a: none\n"),
        ("a: # two\n  b: 1\n  c: 2\nd: 4\n", set("a", "none"), "a: none # two\nd: 4\n"),
        ("a:\n  b: 1\n  c:\nd: 4\n", set("a", "none"), "a: none\nd: 4\n"),
        ("a:\n- b\n- c\nd: 4\n", set("a", "[]"), "a: []\nd: 4\n"),
        ("a:\n  # two\n  b: 1\n", set("a", "none"), ""),
        ("a: {\n  b: 1 # two\n}\n", set("a", "none"), ""),
        ("a: >- # two\n  b\n  c\n\nd: 4\n", set("a", "e"), "a: e # two\n\nd: 4\n"),
        ("a: |\n  b\n  # c\n# two\nd: 4\n", set("a", "e"), "a: e\n# two\nd: 4\n"),
        ("- |\n  b\n", set("[0]", "e"), ""),
        ("a: b\n  c\n  d # two\ne: f\n", set("a", "g"), "a: g # two\ne: f\n"),
        ("a: \"b\n  c\"\ne: f\n", set("a", "g"), "a: \"g\"\ne: f\n"),
        ("a:\nb: 2\n", set("a", "1"), "a: 1\nb: 2\n"),
        ("a: # two\nb: 2\n", set("a", "1"), "a: 1 # two\nb: 2\n"),
        ("{a: , b: 2}\n", set("a", "1"), "{a: 1, b: 2}\n"),
        ("{b: 2, a: }\n", set("a", "1"), "{b: 2, a: 1 }\n"),
        ("{a, b: 2}\n", set("a", "1"), "{a: 1, b: 2}\n"),
        ("a:\n  - b\n  -\n  - c: 1\n    d: 2\n", set("a[1]", "e"), "a:\n  - b\n  - e\n  - c: 1\n    d: 2\n"),
        ("a:\n  - b\n  - \n", set("a[1]", "e"), "a:\n  - b\n  - e\n"),
        ("a:\n  - c: 1\n    d: 2 # two\n", set("a[0]", "e"), "a:\n  - e # two\n"),
        ("? a\n: 1\n", set("a", "2"), ""),
        ("a: &x 1\nb: *x\n", set("a", "2"), ""),
        ("a: &x 1\nb: *x\n", set("b", "2"), ""),
        ("a: &x 1\n", set("a", "2"), "a: &x 2\n"),
        ("a: &x\n", set("a", "2"), ""),
        ("a: &x\n  b: 1\n", set("a", "2"), ""),
        ("a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n", set("c.b", "2"), ""),
        ("a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n", set("a.b", "2"), ""),
        ("a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n", set("c.d", "2"), "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n"),
        ("\"a.b\": 1\na: {b: 2}\n", set("a.b", "3"), ""),
        ("a: 1\n", set("b", "3"), ""),
        ("a: 1\n", set("", "3"), ""),
    ]);
}

#[test]
fn keys_are_renamed_in_their_quotes() {
    hold(&[
        ("coers: 1 # two\nb: 2\n", rename("coers", "cores"), "cores: 1 # two\nb: 2\n"),
        ("\"coers\": 1\n", rename("coers", "cores"), "\"cores\": 1\n"),
        ("'coers' : 1\n", rename("coers", "cores"), "'cores' : 1\n"),
        ("a: {\"coers\":1}\n", rename("a.coers", "cores"), "a: {\"cores\":1}\n"),
        ("a: {coers, b: 1}\n", rename("a.coers", "cores"), "a: {cores, b: 1}\n"),
        ("? coers\n: 1\n", rename("coers", "cores"), "? cores\n: 1\n"),
        ("a: 1\n", rename("a", "true"), "\"true\": 1\n"),
        ("a: 1\nb: 2\n", rename("a", "b"), ""),
        ("a: &x {coers: 1}\nb: *x\n", rename("a.coers", "cores"), ""),
        ("a: &x {coers: 1}\nb: *x\n", rename("b.coers", "cores"), ""),
        ("a:\n- b: 1\n", rename("a[0]", "c"), ""),
        ("a:\n- b: 1\n", rename("a[0].b", "c"), "a:\n- c: 1\n"),
    ]);
}

#[test]
fn entries_are_removed_with_what_is_theirs() {
    hold(&[
        ("a: 1\nb: 2\nc: 3\n", remove("b"), "a: 1\nc: 3\n"),
        ("# one\na: 1 # of a\n# two\nb: 2\n", remove("a"), "# one\n# two\nb: 2\n"),
        ("a: 1\nb:\n  c: 1\n  # of b\n\n  # more of b\n# two\nd: 2\n", remove("b"), "a: 1\n# two\nd: 2\n"),
        ("a: 1\nb:\n\nc: 2\n", remove("b"), "a: 1\n\nc: 2\n"),
        ("a: 1\nb: |\n  x\n\n  y\nc: 2\n", remove("b"), "a: 1\nc: 2\n"),
        ("a: 1\nb:\n  c: 1\n  d:\ne: 2\n", remove("b"), "a: 1\ne: 2\n"),
        ("a:\n  b: 1\n  d:\ne: 2\n", remove("a.d"), "a:\n  b: 1\ne: 2\n"),
        ("a:\n  b: 1 # two\ne: 2\n", remove("a.b"), "a: {} # two\ne: 2\n"),
        ("a:\n  - b\ne: 2\n", remove("a[0]"), "a: []\ne: 2\n"),
        ("a:\n  # two\n  b: 1\ne: 2\n", remove("a.b"), ""),
        ("a: 1\n", remove("a"), ""),
        ("a:\n  - b\n  - c # two\n  # of d\n  - d\n", remove("a[1]"), "a:\n  - b\n  # of d\n  - d\n"),
        ("a:\n- b\n- c\n- d\n", remove("a[0]"), "a:\n- c\n- d\n"),
        ("a:\n- b\n-\n- d\n", remove("a[1]"), "a:\n- b\n- d\n"),
        ("a:\n- [1, 2]\n- [3]\n", remove("a[0]"), "a:\n- [3]\n"),
        ("a:\n- [1, 2]\n", remove("a[0][1]"), "a:\n- [1]\n"),
        ("a:\n- b: 1 # two\n  c: 2\n", remove("a[0].b"), "a:\n- c: 2\n"),
        ("a:\n- b: 1\n  # of c\n  c: 2\n", remove("a[0].b"), ""),
        ("a:\n- b: 1\n  c: 2\n", remove("a[0].c"), "a:\n- b: 1\n"),
        ("a:\n- - b\n  - c\n", remove("a[0][0]"), "a:\n- - c\n"),
        ("a:\n- b: 1\n", remove("a[0].b"), "a:\n- {}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", remove("a.b"), "a: {c: 2, d: 3}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", remove("a.c"), "a: {b: 1, d: 3}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", remove("a.d"), "a: {b: 1, c: 2}\n"),
        ("a: { b: 1, d: 3 }\n", remove("a.d"), "a: { b: 1 }\n"),
        ("a: { b: 1 }\n", remove("a.b"), "a: {}\n"),
        ("a: [ b, ]\n", remove("a[0]"), "a: []\n"),
        ("a: [b, c]\n", remove("a[1]"), "a: [b]\n"),
        ("a: [b, c,]\n", remove("a[1]"), "a: [b, ]\n"),
        ("a: [b, c,\n  d]\n", remove("a[1]"), "a: [b,\n  d]\n"),
        ("a: [b, # two\n  d]\n", remove("a[1]"), "a: [b # two\n  ]\n"),
        ("a: {\n  b: 1, # of b\n  # of c\n  c: 2\n}\n", remove("a.b"), "a: {\n  # of c\n  c: 2\n}\n"),
        ("a: {\n  b: 1, # two\n  c: 2 # of c\n}\n", remove("a.c"), "a: {\n  b: 1 # two\n}\n"),
        ("{\n  \"a\": 1,\n  \"b\": [\n    2\n  ]\n}\n", remove("b"), "{\n  \"a\": 1\n}\n"),
        ("a: [b: 1, c: 2]\n", remove("a[0].b"), ""),
        ("a: [b: 1, c: 2]\n", remove("a[0]"), "a: [c: 2]\n"),
        ("a: &x 1\nb: *x\n", remove("a"), ""),
        ("a: &x {b: 1, c: 2}\nd: {<<: *x, e: 1}\n", remove("d.b"), ""),
        ("a: &x {b: 1, c: 2}\nd: {<<: *x, e: 1}\n", remove("d.e"), "a: &x {b: 1, c: 2}\nd: {<<: *x}\n"),
        ("? a\n: 1\n? b\n: 2\n", remove("b"), ""),
        ("x: 1\n\"a.b\": 1\n", remove("a.b"), ""),
    ]);
}

#[test]
fn entries_are_put_at_the_end() {
    hold(&[
        ("a: 1\n", insert("", "b", "2"), "a: 1\nb: 2\n"),
        ("a: 1 # two\n# end\n", insert("", "b", "2"), "a: 1 # two\nb: 2\n# end\n"),
        ("a:\n   c: 1\nd: 1\n", insert("a", "b", "[2]"), "a:\n   c: 1\n   b: [2]\nd: 1\n"),
        ("a:\n  c:\nd: 1\n", insert("a", "b", "2"), "a:\n  c:\n  b: 2\nd: 1\n"),
        ("a:\n  c: |\n    x\nd: 1\n", insert("a", "b", "2"), "a:\n  c: |\n    x\n  b: 2\nd: 1\n"),
        ("a:\n  c:\n    - {d: 1}\ne: 1\n", insert("a", "b", "2"), "a:\n  c:\n    - {d: 1}\n  b: 2\ne: 1\n"),
        ("a:\n- c: 1\n", insert("a[0]", "b", "2"), "a:\n- c: 1\n  b: 2\n"),
        ("a:\n- - c: 1\n", insert("a[0][0]", "b", "2"), "a:\n- - c: 1\n    b: 2\n"),
        ("a: {c: 1}\n", insert("a", "b", "2"), "a: {c: 1, b: 2}\n"),
        ("a: { c: 1 }\n", insert("a", "b", "2"), "a: { c: 1, b: 2 }\n"),
        ("a: {c: 1,}\n", insert("a", "b", "2"), "a: {c: 1, b: 2}\n"),
        ("a: {}\n", insert("a", "b", "2"), "a: { b: 2 }\n"),
        ("a:\nc: 1\n", insert("a", "b", "2"), "a: { b: 2 }\nc: 1\n"),
        ("{\n  \"a\": 1\n}\n", insert("", "b", "2"), "{\n  \"a\": 1,\n  b: 2\n}\n"),
        ("a: {\n  c: 1, # two\n}\n", insert("a", "b", "2"), "a: {\n  c: 1, # two\n  b: 2,\n}\n"),
        ("a: {\n  c: 1 # two\n}\n", insert("a", "b", "2"), "a: {\n  c: 1, # two\n  b: 2\n}\n"),
        ("a: {c: 1}\n", insert("a", "c", "2"), ""),
        ("a: [c]\n", insert("a", "b", "2"), ""),
        ("a:\n- c\n", insert("a", "b", "2"), ""),
        ("a: c\n", insert("a", "b", "2"), ""),
        ("a: [c: 1]\n", insert("a[0]", "b", "2"), ""),
        ("a: &x {c: 1}\nd: *x\n", insert("a", "b", "2"), ""),
        ("a: &x {c: 1}\nd: *x\n", insert("d", "b", "2"), ""),
        ("a: &x {c: 1}\nd:\n  <<: *x\n", insert("d", "b", "2"), "a: &x {c: 1}\nd:\n  <<: *x\n  b: 2\n"),
        ("a: &x {c: 1}\nd: {<<: *x}\n", insert("d", "b", "2"), "a: &x {c: 1}\nd: {<<: *x, b: 2}\n"),
        ("a: {c: &x 1}\nd: *x\n", insert("a", "b", "2"), "a: {c: &x 1, b: 2}\nd: *x\n"),
    ]);
}

#[test]
fn edits_of_one_fix_are_made_together_or_not_at_all() {
    let text = "topology: {cores: 8} # two\nmemory: 4GiB\n";
    let both = vec![set("topology.cores", "4"), insert("topology", "dies", "2")];
    let after = "topology: {cores: 4, dies: 2} # two\nmemory: 4GiB\n";
    assert_eq!(edited(text, both).as_deref(), Some(after));
    assert_eq!(edited(text, vec![set("topology.cores", "4"), remove("topology.dies")]), None);
    assert_eq!(edited(text, vec![set("topology.cores", "4"), remove("topology")]), None);
    assert_eq!(edited("a: {}\n", vec![insert("a", "b", "1"), insert("a", "c", "2")]), None);
    let two = vec![insert("", "b", "1"), insert("", "c", "2")];
    assert_eq!(edited("a: {}\n", two).as_deref(), Some("a: {}\nb: 1\nc: 2\n"));
    assert_eq!(
        edited(text, vec![Edit::Text(Span::new(0, 3), "x".to_owned())]).unwrap(),
        text.replacen("top", "x", 1)
    );
    assert_eq!(edited(text, vec![Edit::Text(Span::new(0, 300), String::new())]), None);
    assert_eq!(edited(text, vec![]), None);
}

/// Every path of a value, and what stands there.
fn paths(value: &Value, path: &SpecPath, into: &mut Vec<SpecPath>) {
    into.push(path.clone());
    match value {
        Value::Sequence(items) => {
            items.iter().enumerate().for_each(|(n, item)| paths(item, &path.index(n), into));
        }
        Value::Mapping(entries) => {
            entries.iter().for_each(|(key, value)| paths(value, &path.key(key.as_str().unwrap()), into));
        }
        _ => {}
    }
}

/// The same value with one thing done to what stands at a path.
fn model(value: &Value, here: &SpecPath, edit: &Edit) -> Value {
    let parse = |text: &str| serde_yaml::from_str::<Value>(text).unwrap();
    if let Edit::Set(path, new) = edit
        && path == here
    {
        return parse(new);
    }
    let removed = |path: &SpecPath| matches!(edit, Edit::Remove(gone) if gone == path);
    match value {
        Value::Sequence(items) => {
            let items = items.iter().enumerate().map(|(n, item)| (here.index(n), item));
            Value::Sequence(
                items
                    .filter(|(path, _)| !removed(path))
                    .map(|(path, item)| model(item, &path, edit))
                    .collect(),
            )
        }
        Value::Null if matches!(edit, Edit::Insert(path, ..) if path == here) => {
            let Edit::Insert(_, key, new) = edit else { unreachable!() };
            parse(&format!("{{{key}: {new}}}"))
        }
        Value::Mapping(entries) => {
            let mut all = serde_yaml::Mapping::new();
            for (key, value) in entries {
                let path = here.key(key.as_str().unwrap());
                if !removed(&path) {
                    let name = match edit {
                        Edit::Rename(renamed, new) if *renamed == path => Value::String(new.clone()),
                        _ => key.clone(),
                    };
                    all.insert(name, model(value, &path, edit));
                }
            }
            if let Edit::Insert(path, key, new) = edit
                && path == here
            {
                all.insert(Value::String(key.clone()), parse(new));
            }
            Value::Mapping(all)
        }
        _ => value.clone(),
    }
}

/// The comments of a text, in order. The texts below have no `#` but in comments.
fn comments(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| Some(line.split_once('#')?.1.trim_end())).collect()
}

/// Makes every edit of every value of a text; how many could be made, of how many.
fn try_all(name: &str, text: &str) -> (usize, usize) {
    let value: Value = serde_yaml::from_str(text.trim_start_matches('\u{feff}')).unwrap();
    let spans = spans_of(text);
    let mut all = Vec::new();
    paths(&value, &SpecPath::root(), &mut all);
    let (mut made, mut tried) = (0, 0);
    for path in all {
        let edits = [
            Edit::Set(path.clone(), "word".to_owned()),
            Edit::Rename(path.clone(), "other_key".to_owned()),
            Edit::Remove(path.clone()),
            Edit::Insert(path.clone(), "other_key".to_owned(), "[1, {a: b}]".to_owned()),
        ];
        for edit in edits {
            tried += 1;
            let Some(new) = edited_with(text, &spans, vec![edit.clone()]) else { continue };
            made += 1;
            let context = format!("{name}: {edit:?}\n{text}\nbecame\n{new}");
            let found: Value = serde_yaml::from_str(new.trim_start_matches('\u{feff}'))
                .unwrap_or_else(|e| panic!("{context}\n{e}"));
            assert_eq!(found, model(&value, &SpecPath::root(), &edit), "{context}");
            if !matches!(edit, Edit::Remove(_)) {
                assert_eq!(comments(text), comments(&new), "{context}");
            }
            if !matches!(edit, Edit::Remove(_)) && text.contains("\r\n") {
                assert!(!new.replace("\r\n", "").contains('\n'), "{context}");
            }
            let again = spec::parse(new.as_bytes());
            let broken = |d: &topoc::diag::Diagnostic| {
                d.rule.starts_with("yaml::") && d.severity == topoc::diag::Severity::Error
            };
            assert!(!again.is_err_and(|failed| failed.diagnostics().iter().any(broken)), "{context}");
        }
    }
    (made, tried)
}

#[test]
fn edits_mean_what_they_say_in_every_spec() {
    let (mut made, mut tried) = (0, 0);
    for folder in ["tests/ui", "examples"] {
        for (n, file) in files(&root().join(folder), ".topoc.yaml").iter().enumerate() {
            let text = fs::read_to_string(root().join(folder).join(file)).unwrap();
            // What is no YAML has no model; what is large has all that a smaller one has.
            if file.starts_with("yaml/") || text.len() > 3000 {
                continue;
            }
            let (m, t) = try_all(file, &VARIANTS[n % VARIANTS.len()](&text));
            made += m;
            tried += t;
        }
    }
    // Lists have no entries to insert, scalars neither; items have no key.
    assert!(made * 2 > tried && tried > 5_000, "{made} of {tried}");
    println!("{made} of {tried} edits made");
}

#[test]
fn edits_mean_what_they_say_in_every_style() {
    let texts = [
        "a:\n  b: {c: [1, \"two\", {d: 'e', f}], \"g\": \"h\"} # i\n  # j\n  k:\n  - l: 1\n    m: # n\n      - o\n      -\n    p: |\n      q\n\n      r\n  - - s\n    - t\n\n  # u\n  v: w\n   x\n   y\nz: >-\n  1\n\n# end\n",
        "{\"a\": {\"b\": [1, 2,\n  3], \"c\":{\"d\":\"e\"}},\n \"f\":\n  [\n  {\"g\": 1}, {\"h\": 2}\n  ],\n}\n",
        "a: [ # b\n  c, # d\n  # e\n  {f: 1, # g\n   h: 2}, # i\n  j # k\n  ]\nl: {} # m\nn: []\no:\n",
        "a: &x\n  b: 1\n  c: [2]\nd: *x\ne:\n  <<: *x\n  f: 3\ng: [*x, 4, &y two, *y]\nh: &z 5\n",
        "'a b': 1\n\"c\": {'d, e': 2, \"f: g\": [3]}\nh : 4\ni:    5\nj:\n      - k\n      - l:  m\n        n :   o\n",
        "? a\n: 1\n? b\n: c: 2\n  d: 3\ne: 4\n",
        "two: [two, {two: two}] # two\nb: 'two' # two\n",
    ];
    for (n, text) in texts.iter().enumerate() {
        for variant in VARIANTS {
            let (made, _) = try_all(&n.to_string(), &variant(text));
            assert!(made > 5, "{n}: {made}");
        }
    }
}
