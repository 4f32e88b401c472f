//! What diagnostics look like, and what must never come through.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used)] // helpers of tests, which the exemption for tests does not reach

use std::time::{Duration, Instant};

use topoc::diag::render::{Style, concise, human, json};
use topoc::diag::{At, Diagnostic, Document, Severity, Sources};
use topoc::source::{SourceFile, Span, SpanIndex, Spans, SpecPath};

const PLAIN: Style = Style { colour: false, width: 100 };

/// A span of the first occurrence of `part`.
fn span_of(text: &str, part: &str) -> Span {
    let start = text.find(part).unwrap();
    Span::new(start, start + part.len())
}

/// The index of a text whose paths stand at the first occurrence of (key, value).
fn index(text: &str, entries: &[(&str, &str, &str)]) -> SpanIndex {
    let mut index = SpanIndex::default();
    for (path, key, value) in entries {
        let key = Some(span_of(text, key)).filter(|_| !key.is_empty());
        index.insert(SpecPath::from(*path), Spans { key, value: span_of(text, value), definition: None });
    }
    index
}

fn value(path: &str) -> At {
    At::Value(SpecPath::from(path))
}

const DB: &str = "\
version: 1
topology:
  sockets: 2
  cores: 8
numa:
  nodes:
    - { vcpus: 0-7, memory: 32GiB }
    - { vcpus: 8-15, memory: 32GiB }
caches:
  l3:
    size: 32MiB
    shared_by: socket
";

fn db() -> (SourceFile, SpanIndex) {
    let spans = index(
        DB,
        &[
            ("topology", "topology", "sockets: 2\n  cores: 8"),
            ("topology.sockets", "sockets", "2"),
            ("topology.cores", "cores", "8"),
            ("numa.nodes[0].vcpus", "vcpus", "0-7"),
            ("caches.l3.shared_by", "shared_by", "socket\n"),
        ],
    );
    (SourceFile::new("db.topoc.yaml", DB), spans)
}

#[test]
fn the_guilty_line_comes_first_then_the_other_party_then_help() {
    let (file, spans) = db();
    let sources = Sources { spec: Some(Document { file: &file, spans: Some(&spans) }), ..Sources::default() };
    let diagnostic =
        Diagnostic::new("cache::test", Severity::Error, "L3 is shared by 16 vCPUs of node 0 and node 1")
            .label(value("caches.l3.shared_by"), "reaches into node 1")
            .label(value("numa.nodes[0].vcpus"), "node 0 ends here")
            .help("write `shared_by: die`, or give each socket one node")
            .note("a Linux guest prints \"sched: CPU #8's llc-sibling CPU #0 is not on the same node!\"");
    assert_eq!(
        human(&[diagnostic], &sources, PLAIN),
        r#"error[cache::test]: L3 is shared by 16 vCPUs of node 0 and node 1
    ╭─[db.topoc.yaml:12:16]
 11 │     size: 32MiB
 12 │     shared_by: socket
    ·                ───┬──
    ·                   ╰── reaches into node 1
    ╰────
   ╭─[db.topoc.yaml:7:16]
 6 │   nodes:
 7 │     - { vcpus: 0-7, memory: 32GiB }
   ·                ─┬─
   ·                 ╰── node 0 ends here
 8 │     - { vcpus: 8-15, memory: 32GiB }
   ╰────
  help: write `shared_by: die`, or give each socket one node
  note: a Linux guest prints "sched: CPU #8's llc-sibling CPU #0 is not on the same node!"
"#
    );
}

#[test]
fn near_labels_share_a_picture_and_paths_not_written_point_at_what_is_around_them() {
    let (file, spans) = db();
    let sources = Sources { spec: Some(Document { file: &file, spans: Some(&spans) }), ..Sources::default() };
    let diagnostic = Diagnostic::new("topology::test", Severity::Warning, "m")
        .label(value("topology.cores"), "8 cores")
        .label(value("topology.dies"), "no dies here");
    assert_eq!(
        human(&[diagnostic], &sources, PLAIN),
        "\
warning[topology::test]: m
   ╭─[db.topoc.yaml:4:10]
 1 │ version: 1
 2 │ topology:
   · ────┬───
   ·     ╰── no dies here
 3 │   sockets: 2
 4 │   cores: 8
   ·          ┬
   ·          ╰── 8 cores
 5 │ numa:
   ╰────
"
    );
}

#[test]
fn the_profile_has_a_picture_of_its_own() {
    let (file, spans) = db();
    let host = "{\n  \"kvm\": { \"max_vcpus\": 8 }\n}\n";
    let host_spans = index(host, &[("kvm.max_vcpus", "\"max_vcpus\"", "8")]);
    let host = SourceFile::new("host.json", host);
    let sources = Sources {
        spec: Some(Document { file: &file, spans: Some(&spans) }),
        profile: Some(Document { file: &host, spans: Some(&host_spans) }),
        ..Sources::default()
    };
    let diagnostic = Diagnostic::new("host::test", Severity::Error, "16 vCPUs, 8 allowed")
        .label(value("topology.sockets"), "16 vCPUs")
        .label(At::Profile(SpecPath::from("kvm.max_vcpus")), "8 allowed");
    let out = human(&[diagnostic], &sources, PLAIN);
    assert!(out.contains("[db.topoc.yaml:3:12]") && out.contains("[host.json:2:25]"), "{out}");
    assert!(out.contains("╰── 8 allowed"), "{out}");
}

#[test]
fn what_has_no_source_still_says_where() {
    let diagnostic = Diagnostic::new("topology::test", Severity::Error, "0 cores")
        .label(value("topology.cores"), "none")
        .help("leave it out");
    assert_eq!(
        human(std::slice::from_ref(&diagnostic), &Sources::default(), PLAIN),
        "error[topology::test]: 0 cores\n  at: topology.cores: none\n  help: leave it out\n"
    );
    assert_eq!(concise(&[diagnostic], &Sources::default()), "error[topology::test]: 0 cores\n");
}

#[test]
fn an_alias_is_shown_where_it_is_used_and_where_it_is_defined() {
    let text = "x-a: &n 0\ntopology:\n\n\n\n  cores: *n\n";
    let mut spans = SpanIndex::default();
    spans.insert(
        SpecPath::from("topology.cores"),
        Spans {
            key: Some(span_of(text, "cores")),
            value: span_of(text, "*n"),
            definition: Some(span_of(text, "0")),
        },
    );
    let file = SourceFile::new("a.yaml", text);
    let sources = Sources { spec: Some(Document { file: &file, spans: Some(&spans) }), ..Sources::default() };
    let diagnostic = Diagnostic::new("topology::test", Severity::Error, "0 cores")
        .label(value("topology.cores"), "no cores");
    let out = human(&[diagnostic], &sources, PLAIN);
    let (used, defined) = (out.find("a.yaml:6:10").unwrap(), out.find("a.yaml:1:9").unwrap());
    assert!(used < defined && out.contains("╰── defined here"), "{out}");
}

#[test]
fn a_marker_stands_at_the_end_of_a_file_and_on_an_empty_value() {
    for text in ["cores:", "cores:\n", "cores:\r\n", "cores:\n\n"] {
        let file = SourceFile::new("e.yaml", text);
        let sources = Sources { spec: Some(Document { file: &file, spans: None }), ..Sources::default() };
        for at in [6, text.len()] {
            let diagnostic = Diagnostic::new("yaml::test", Severity::Error, "m")
                .label(At::Text(Span::new(at, at)), "a number is missing");
            let out = human(&[diagnostic], &sources, PLAIN);
            assert!(out.contains("[e.yaml:1:7]"), "{text:?} {at}\n{out}");
            assert!(out.contains("·       ▲\n"), "{text:?} {at}\n{out}");
        }
    }
}

#[test]
fn tabs_and_wide_characters_keep_the_arrow_under_its_word() {
    let text = "\tname: 大大 # ü\n";
    let file = SourceFile::new("w.yaml", text);
    let sources = Sources { spec: Some(Document { file: &file, spans: None }), ..Sources::default() };
    let diagnostic =
        Diagnostic::new("yaml::test", Severity::Error, "m").label(At::Text(span_of(text, "ü")), "this");
    let out = human(&[diagnostic], &sources, PLAIN);
    assert!(out.contains(" 1 │     name: 大大 # ü\n   ·                  ┬\n"), "{out}");
}

const HOSTILE: &str = "\x1b[31m\u{202e}\u{9b}\u{2066}\u{7f}\0\r\n";

#[test]
fn no_control_character_comes_through_from_any_input() {
    let text = format!("a: {HOSTILE}b: \u{1b}]0;x\u{7}\n");
    let file = SourceFile::new(format!("e{HOSTILE}.yaml"), text.clone());
    let sources = Sources { spec: Some(Document { file: &file, spans: None }), ..Sources::default() };
    let diagnostic = Diagnostic::new("yaml::test", Severity::Error, format!("m{HOSTILE}"))
        .label(At::Text(span_of(&text, "b")), format!("l{HOSTILE}"))
        .label(value(HOSTILE), HOSTILE)
        .help(format!("h{HOSTILE}"))
        .note(format!("n{HOSTILE}"));
    let clean = |out: &str| {
        let bad = |c: char| {
            c != '\n' && (c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        };
        assert!(!out.contains(bad), "{out:?}");
    };
    let diagnostics = [diagnostic];
    clean(&human(&diagnostics, &sources, PLAIN));
    clean(&concise(&diagnostics, &sources));
    let json = json(&diagnostics, &sources).unwrap();
    clean(&json);
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read[0]["message"], format!("m{HOSTILE}"));
    assert_eq!(read[0]["labels"][0]["text"], format!("l{HOSTILE}"));
    // The message takes one line, whatever it holds.
    assert_eq!(concise(&diagnostics, &sources).lines().count(), 1);
}

#[test]
fn colour_is_the_callers_choice() {
    let (file, spans) = db();
    let sources = Sources { spec: Some(Document { file: &file, spans: Some(&spans) }), ..Sources::default() };
    let diagnostics = [Diagnostic::new("topology::test", Severity::Error, "m")
        .label(value("topology.cores"), "here")
        .help("h")];
    let plain = human(&diagnostics, &sources, PLAIN);
    let coloured = human(&diagnostics, &sources, Style { colour: true, ..PLAIN });
    assert!(!plain.contains('\x1b') && coloured.starts_with("\x1b[1;31merror[topology::test]\x1b[0m: m"));
}

#[test]
fn programs_get_lines_columns_and_bytes() {
    let (file, spans) = db();
    let sources = Sources { spec: Some(Document { file: &file, spans: Some(&spans) }), ..Sources::default() };
    let diagnostic = Diagnostic::new("topology::test", Severity::Warning, "m")
        .label(value("topology.sockets"), "two")
        .label(At::Profile(SpecPath::from("kvm")), "")
        .note("n");
    let read: serde_json::Value = serde_json::from_str(&json(&[diagnostic], &sources).unwrap()).unwrap();
    assert_eq!(
        read,
        serde_json::json!([{
            "rule": "topology::test", "severity": "warning", "message": "m", "file": "db.topoc.yaml",
            "labels": [
                {
                    "file": "db.topoc.yaml", "path": "topology.sockets",
                    "start": {"line": 3, "column": 12, "byte": 32},
                    "end": {"line": 3, "column": 13, "byte": 33}, "text": "two"
                },
                { "file": null, "path": "kvm", "start": null, "end": null, "text": "" },
            ],
            "help": null, "notes": ["n"], "page": null, "fix": null
        }])
    );
    let rule = Diagnostic::new("cache::splits_smt", Severity::Error, "m");
    let read: serde_json::Value = serde_json::from_str(&json(&[rule], &sources).unwrap()).unwrap();
    assert_eq!(read[0]["page"], "docs/rules/cache/splits_smt.md");
}

#[test]
fn many_labels_are_counted() {
    let text = "a\n".repeat(1000);
    let file = SourceFile::new("m.yaml", text);
    let sources = Sources { spec: Some(Document { file: &file, spans: None }), ..Sources::default() };
    let mut diagnostic = Diagnostic::new("yaml::test", Severity::Error, "m");
    for line in 0..1000 {
        diagnostic = diagnostic.label(At::Text(Span::new(line * 2, line * 2 + 1)), "again");
    }
    let out = human(&[diagnostic], &sources, PLAIN);
    assert!(out.contains("  and 992 more places\n") && out.matches("again").count() == 8, "{out}");
}

#[test]
fn ten_thousand_diagnostics_on_a_large_file_take_no_time() {
    let line = "  - { size: 48KiB, ways: 12, shared_by: core, line: 64 } # and some words\n";
    let text = line.repeat(4 * 1024 * 1024 / line.len());
    let file = SourceFile::new("large.yaml", text.clone());
    let sources = Sources { spec: Some(Document { file: &file, spans: None }), ..Sources::default() };
    let diagnostics: Vec<_> = (0..10_000)
        .map(|i| {
            let start = text.len() - (i + 1) * line.len() + 4;
            Diagnostic::new("yaml::test", Severity::Error, "m")
                .label(At::Text(Span::new(start, start + 4)), "this")
        })
        .collect();
    let start = Instant::now();
    let out = human(&diagnostics, &sources, PLAIN);
    // Reading the file from its first byte each time takes two minutes. The limit leaves room for
    // an unoptimised build on a busy machine.
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(out.matches("╰── this").count(), 10_000);
}

#[test]
fn a_line_without_end_is_shown_in_part() {
    let text = format!("{}topology: {{cores: 0}}, {}", "x-a: 大, ".repeat(100_000), "y, ".repeat(100_000));
    let file = SourceFile::new("long.yaml", text.clone());
    let sources = Sources { spec: Some(Document { file: &file, spans: None }), ..Sources::default() };
    let diagnostic =
        Diagnostic::new("yaml::test", Severity::Error, "m").label(At::Text(span_of(&text, "cores")), "here");
    let out = human(&[diagnostic], &sources, PLAIN);
    assert!(out.len() < 1500 && out.contains("topology: {cores: 0}") && out.contains("…"), "{out}");
    assert!(out.contains("[long.yaml:1:800012]"), "{out}");
}
