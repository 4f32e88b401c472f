//! Prose for screen readers.

use topoc::diag::render::{Style, narrated};
use topoc::diag::{At, Diagnostic, Document, Severity, Sources};
use topoc::source::{SourceFile, Span};

use crate::hand_built::{span_of, with_run};

const PLAIN: Style = Style { colour: false, width: 100 };

fn of(file: &SourceFile, diagnostic: Diagnostic, style: Style) -> String {
    let sources = Sources { spec: Some(Document { file, spans: None }), ..Sources::default() };
    narrated(&[diagnostic], &sources, style)
}

#[test]
fn a_finding_is_told_in_sentences() {
    let text = "topology:\n\tcores: 0 # none\n";
    let file = SourceFile::new("a.yaml", text);
    let diagnostic = Diagnostic::new("yaml::test", Severity::Warning, "no cores")
        .label(At::Text(span_of(text, "0")), "0 cores")
        .help("leave it out");
    assert_eq!(
        of(&file, diagnostic, PLAIN),
        "\
Warning: no cores.
Rule: yaml::test.
In a.yaml, line 2, column 9, at `0`: 0 cores.
Line 2 reads: cores: 0 # none
Help: leave it out
"
    );
}

#[test]
fn nothing_is_drawn() {
    let all: String = with_run(|run| {
        run.files.iter().map(|checked| narrated(checked.diagnostics, &checked.sources, PLAIN)).collect()
    });
    let drawn = |c: char| matches!(c, '\u{2500}'..='\u{25ff}' | '·' | '^' | '|');
    assert!(!all.contains(drawn), "{all}");
    for said in
        ["Error: L3 is shared", "node 0 ends here.", "In hosts/host.json, line 2", "Defined in ./specs/db"]
    {
        assert!(all.contains(said), "{said}\n{all}");
    }
}

#[test]
fn a_line_without_end_is_told_in_part() {
    let text = format!("{}topology: {{cores: 0}}, {}", "x-a: 大, ".repeat(10_000), "y, ".repeat(10_000));
    let file = SourceFile::new("long.yaml", text.clone());
    let diagnostic =
        Diagnostic::new("yaml::test", Severity::Error, "m").label(At::Text(span_of(&text, "cores")), "");
    let out = of(&file, diagnostic, PLAIN);
    assert!(out.len() < 600 && out.contains("topology: {cores: 0}") && out.contains('…'), "{out}");
    // At the end of a text, and on an empty line.
    for (text, at) in [("a: 1\n\n", 6), ("a: 1\n\n", 5), ("", 0), ("  ", 1), ("\t\t", 2)] {
        let diagnostic =
            Diagnostic::new("yaml::test", Severity::Error, "m").label(At::Text(Span::new(at, at)), "x");
        of(&SourceFile::new("e.yaml", text), diagnostic, PLAIN);
    }
}

#[test]
fn colour_is_the_callers_choice() {
    let file = SourceFile::new("a.yaml", "a");
    let diagnostic = || Diagnostic::new("yaml::test", Severity::Error, "m");
    assert!(!of(&file, diagnostic(), PLAIN).contains('\u{1b}'));
    let coloured = of(&file, diagnostic(), Style { colour: true, ..PLAIN });
    assert!(coloured.starts_with("\u{1b}[1;31mError\u{1b}[0m: m."), "{coloured:?}");
}
