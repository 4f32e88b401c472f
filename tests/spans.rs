//! Every arrow points at exactly what is meant, in whatever form of YAML it is written: a value, a key, an item.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use topoc::compile::{Origin, check_failed, check_from};
use topoc::diag::{Diagnostic, Document, Sources};
use topoc::source::{SourceFile, SpanIndex};
use topoc::spec;

/// What a finding's first label underlines: its line and column, from 1, columns in characters, and the text.
type Arrow = (&'static str, usize, usize, String);

fn arrows(text: &str) -> Vec<Arrow> {
    let (diagnostics, spans): (Vec<Diagnostic>, SpanIndex) = match spec::parse(text.as_bytes()) {
        Ok(parsed) => {
            let origin =
                Origin { text: Some(text.as_bytes()), spans: Some(parsed.spans()), ..Origin::default() };
            (check_from(parsed.spec(), origin, None).diagnostics, parsed.spans().clone())
        }
        Err(failed) => (check_failed(&failed, None).diagnostics, failed.spans().clone()),
    };
    let file = SourceFile::new("x", text);
    let sources = Sources { spec: Some(Document { file: &file, spans: Some(&spans) }), ..Sources::default() };
    let arrow = |found: &Diagnostic| {
        let place = sources.resolve(&found.labels.first()?.at).place?;
        let at = file.line_column(place.span.start);
        Some((found.rule, at.line, at.column, text[place.span.start..place.span.end].to_owned()))
    };
    diagnostics.iter().filter_map(arrow).collect()
}

const ZERO: &str = "topology::count_zero";
const KEY: &str = "spec::unknown_key";
const FEATURE: &str = "features::unknown";
const BAD: &str = "spec::bad_value";
const TYPE: &str = "spec::wrong_type";

/// A rule, a line, a column, and what is underlined.
type Mark = (&'static str, usize, usize, &'static str);

/// The form, the text, and where its one mistake is underlined.
const FORMS: &[(&str, &str, Mark)] = &[
    // A value.
    ("block", "version: 1\ntopology:\n  cores: 0\n", (ZERO, 3, 10, "0")),
    ("block, with a comment", "version: 1\ntopology:\n  cores: 0   # none\n", (ZERO, 3, 10, "0")),
    ("block, spaces behind", "version: 1\ntopology:\n  cores:   0   \n", (ZERO, 3, 12, "0")),
    ("block, a tab behind the colon", "version: 1\ntopology:\n  cores:\t0\n", (ZERO, 3, 10, "0")),
    ("no line break at the end", "version: 1\ntopology:\n  cores: 0", (ZERO, 3, 10, "0")),
    ("flow", "version: 1\ntopology: { cores: 0 }\n", (ZERO, 2, 20, "0")),
    ("flow, tight", "version: 1\ntopology: {cores: 0,threads: 2}\n", (ZERO, 2, 19, "0")),
    (
        "flow over lines",
        "version: 1\ntopology: {\n  threads: 2,\n  cores:\n    0\n}\n",
        (ZERO, 4, 3, "cores"),
    ),
    (
        "flow over lines, on one of them",
        "version: 1\ntopology: { threads: 2,\n  cores: 0 }\n",
        (ZERO, 3, 10, "0"),
    ),
    ("JSON", "{\"version\": 1, \"topology\": {\"cores\": 0}}", (ZERO, 1, 38, "0")),
    ("a document's mark", "---\nversion: 1\ntopology: { cores: 0 }\n...\n", (ZERO, 3, 20, "0")),
    ("an explicit key", "version: 1\ntopology:\n  ? cores\n  : 0\n", (ZERO, 3, 5, "cores")),
    (
        "line breaks of Windows",
        "version: 1\r\ntopology:\r\n  cores: 0\r\n  threads: 2\r\n",
        (ZERO, 3, 10, "0"),
    ),
    ("a byte-order mark", "\u{feff}version: 1\ntopology: { cores: 0 }\n", (ZERO, 2, 20, "0")),
    (
        "wide characters before it",
        "version: 1\nx-n: \"大\"\ntopology: { \"cores\": 0 } # 大\n",
        (ZERO, 3, 22, "0"),
    ),
    (
        "on the line of wide characters",
        "{x-na: 'ü大😀', version: 1, topology: {cores: 0}}",
        (ZERO, 1, 45, "0"),
    ),
    ("an anchor on the value", "version: 1\ntopology: { cores: &n 0 }\n", (ZERO, 2, 23, "0")),
    ("an alias", "version: 1\nx-n: &n 0\ntopology: { cores: *n }\n", (ZERO, 3, 20, "*n")),
    ("an alias of the mapping", "version: 1\nx-t: &t { cores: 0 }\ntopology: *t\n", (ZERO, 3, 11, "*t")),
    ("a merge", "version: 1\nx-t: &t { cores: 0 }\ntopology: { <<: *t, threads: 2 }\n", (ZERO, 3, 17, "*t")),
    ("a value of another kind", "version: 1\ntopology: { cores: \"two\" }\n", (TYPE, 2, 20, "\"two\"")),
    ("single quotes", "version: 1\ntopology: { cores: 'it''s' }\n", (TYPE, 2, 20, "'it''s'")),
    ("a list for a number", "version: 1\ntopology: { cores: [1, 2] }\n", (TYPE, 2, 20, "[1, 2]")),
    ("a block for a number", "version: 1\ntopology:\n  cores:\n    a: 1\n", (TYPE, 4, 5, "a: 1")),
    ("no value", "version: 1\ntopology:\n  cores:\n  threads: 2\n", (TYPE, 3, 3, "cores")),
    ("no value in flow", "version: 1\ntopology: { cores: , threads: 2 }\n", (TYPE, 2, 13, "cores")),
    (
        "text in a block",
        "version: 1\ntopology: { cores: 2 }\ncpu:\n  vendor: |\n    intle\n",
        (BAD, 5, 5, "intle"),
    ),
    // A key.
    ("a key", "version: 1\ntopology:\n  coers: 4\n", (KEY, 3, 3, "coers")),
    ("a key in flow", "version: 1\ntopology: { cores: 4, thraeds: 2 }\n", (KEY, 2, 23, "thraeds")),
    ("a quoted key", "version: 1\ntopology: { \"coers\": 4 }\n", (KEY, 2, 13, "\"coers\"")),
    (
        "a key with an escape",
        "version: 1\ntopology: { \"c\\u006fers\": 4 }\n",
        (KEY, 2, 13, "\"c\\u006fers\""),
    ),
    ("an explicit key that is none", "version: 1\ntopology:\n  ? coers\n  : 4\n", (KEY, 3, 5, "coers")),
    ("a key of wide characters", "version: 1\ntopology: { cores: 4, 大小: 2 }\n", (KEY, 2, 23, "大小")),
    ("a key at the top", "version: 1\ntopology: { cores: 4 }\ncahces: {}\n", (KEY, 3, 1, "cahces")),
    // An item.
    (
        "an item",
        "version: 1\ntopology: { cores: 4 }\ncpu:\n  require:\n    - avx2\n    - avx3\n",
        (FEATURE, 6, 7, "avx3"),
    ),
    (
        "an item in flow",
        "version: 1\ntopology: { cores: 4 }\ncpu: { require: [avx2, avx3] }\n",
        (FEATURE, 3, 24, "avx3"),
    ),
    (
        "a quoted item",
        "version: 1\ntopology: { cores: 4 }\ncpu: { require: ['avx2', 'avx3'] }\n",
        (FEATURE, 3, 26, "'avx3'"),
    ),
    (
        "an item over lines",
        "version: 1\ntopology: { cores: 4 }\ncpu:\n  require: [\n    avx2,\n    avx3,\n  ]\n",
        (FEATURE, 6, 5, "avx3"),
    ),
    (
        "a list without an indent",
        "version: 1\ntopology: { cores: 4 }\ncpu:\n  require:\n  - avx2\n  - avx3\n",
        (FEATURE, 6, 5, "avx3"),
    ),
    (
        "an item that is an alias",
        "version: 1\nx-f: &f avx3\ntopology: { cores: 4 }\ncpu: { require: [avx2, *f] }\n",
        (FEATURE, 4, 24, "*f"),
    ),
];

#[test]
fn every_form_is_underlined_exactly() {
    let mut wrong = Vec::new();
    for (form, text, (rule, line, column, underlined)) in FORMS {
        let found = arrows(text);
        let expected = [(*rule, *line, *column, (*underlined).to_owned())];
        if found != expected {
            wrong.push(format!("{form}: {found:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whatever stands around a mistake moves its arrow, and nothing else.
#[test]
fn what_stands_before_a_mistake_moves_its_arrow_alone() {
    for (form, text, (_, line, ..)) in FORMS.iter().filter(|(_, text, _)| text.starts_with("version")) {
        let expected = arrows(text);
        for (lines, before) in [(1, "# ü大\n"), (2, "x-a: [1,\n  '大']\n"), (3, "\n\r\n\n")] {
            let moved: Vec<_> = arrows(&format!("{before}{text}"));
            let back: Vec<_> =
                moved.into_iter().map(|(rule, at, column, text)| (rule, at - lines, column, text)).collect();
            assert_eq!(back, expected, "{form} after {before:?}");
            assert_eq!(back[0].1, *line);
        }
    }
}

/// The same text with the line breaks of Windows points at the same places.
#[test]
fn line_breaks_of_windows_move_no_arrow() {
    for (form, text, _) in FORMS.iter().filter(|(_, text, _)| !text.contains('\r')) {
        assert_eq!(arrows(&text.replace('\n', "\r\n")), arrows(text), "{form}");
    }
}
