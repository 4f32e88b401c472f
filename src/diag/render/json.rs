//! Diagnostics for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::diag::sources::path_of;
use crate::diag::{Diagnostic, Label, Place, Rule, Sources, registry};
use crate::source::{SpecPath, is_unprintable};

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    severity: &'a str,
    message: &'a str,
    file: Option<&'a str>,
    labels: Vec<Mark<'a>>,
    help: Option<&'a str>,
    notes: &'a [String],
    page: Option<String>,
}

#[derive(Serialize)]
struct Mark<'a> {
    file: Option<&'a str>,
    path: Option<&'a str>,
    start: Option<Position>,
    end: Option<Position>,
    text: &'a str,
}

/// Lines and columns count from 1, columns in characters, bytes from 0.
#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
    byte: usize,
}

/// A JSON list with one object per diagnostic, and a line break at its end:
///
/// `{rule, severity, message, file, labels: [{file, path, start: {line, column, byte}, end, text}],
/// help, notes, page}`. `file` is the first label's; `page` is that of the rule, relative to topoc's
/// repository, null for a mistake of form. `start` and `end` are null where a label has no place
/// in a text. Whatever the input, the output is valid JSON and holds no control character but
/// line breaks between its tokens.
///
/// # Errors
/// None that this data can cause; serde's error type is passed on.
pub fn json(diagnostics: &[Diagnostic], sources: &Sources<'_>) -> Result<String, serde_json::Error> {
    let findings: Vec<_> = diagnostics.iter().map(|diagnostic| finding(diagnostic, sources)).collect();
    Ok(harmless_json(&serde_json::to_string_pretty(&findings)?) + "\n")
}

/// JSON with every hidden character escaped.
///
/// serde_json escapes C0 inside of strings; outside, only its own line breaks occur. The other
/// hidden characters stand in strings alone, where JSON allows their escapes.
#[must_use]
pub fn harmless_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if c != '\n' && is_unprintable(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn finding<'a>(diagnostic: &'a Diagnostic, sources: &Sources<'a>) -> Finding<'a> {
    let labels: Vec<_> = diagnostic.labels.iter().map(|label| mark(label, sources)).collect();
    Finding {
        rule: diagnostic.rule,
        severity: diagnostic.severity.word(),
        message: &diagnostic.message,
        file: labels.first().map_or_else(|| sources.spec.map(|spec| spec.file.name()), |mark| mark.file),
        labels,
        help: diagnostic.help.as_deref(),
        notes: &diagnostic.notes,
        page: registry::find(diagnostic.rule).map(Rule::page),
    }
}

fn mark<'a>(label: &'a Label, sources: &Sources<'a>) -> Mark<'a> {
    let resolved = sources.resolve(&label.at);
    let position = |place: Place<'_>, byte| {
        let at = place.file.line_column(byte);
        Position { line: at.line, column: at.column, byte }
    };
    Mark {
        file: resolved.file,
        path: path_of(&label.at).map(SpecPath::as_str),
        start: resolved.place.map(|place| position(place, place.span.start)),
        end: resolved.place.map(|place| position(place, place.span.end)),
        text: &label.text,
    }
}
