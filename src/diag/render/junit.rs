//! JUnit's XML, which most CI systems show as tests.

use std::fmt::Write as _;

use super::spot::{Spot, slashed};
use super::words;
use crate::diag::{Checked, Diagnostic, Run, Severity};
use crate::source::printable;

/// A file that could not be read is no failure of its content.
const NOT_READABLE: &str = "spec::not_readable";

/// The run as one test suite in JUnit's XML, with a test case for every file, the file's path for its
/// name.
///
/// A file with errors has one `<failure>` whose text has all of them: many readers show the first alone. One
/// that could not be read has an `<error>`, one that was passed by `<skipped>`; all others pass. Warnings
/// and notes, and what is allowed, are in the case's `<system-out>`; rules that did not run in the suite's.
/// No times are given. Characters that XML 1.0 forbids, and hidden ones, are written out as `\u{…}`.
#[must_use]
pub fn junit(run: &Run<'_>) -> String {
    let unread = run.files.iter().filter(|checked| not_read(checked).is_some()).count();
    let failed = run.files.iter().filter(|c| not_read(c).is_none() && errors(c).next().is_some()).count();
    let tests = run.files.len() + run.skipped.len();
    let counts = format!("tests=\"{tests}\" failures=\"{failed}\" errors=\"{unread}\"");
    let skipped = run.skipped.len();

    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a String cannot fail.
    let _ = writeln!(out, "<testsuites name=\"topoc\" {counts}>");
    let _ = writeln!(out, "  <testsuite name=\"topoc\" {counts} skipped=\"{skipped}\">");
    for checked in run.files {
        case(&mut out, checked);
    }
    for file in run.skipped {
        open(&mut out, &file.name);
        let _ = writeln!(out, "      <skipped message=\"{}\"/>\n    </testcase>", attribute(&file.why));
    }
    let not_run = run.not_run.iter().map(|r| {
        let s = if r.specs == 1 { "" } else { "s" };
        format!("{} did not run on {} spec{s}: {}", printable(r.rule), r.specs, printable(&r.why))
    });
    element(&mut out, "    ", "system-out", "", &not_run.collect::<Vec<_>>());
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn errors<'a>(checked: &Checked<'a>) -> impl Iterator<Item = &'a Diagnostic> {
    checked.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
}

/// The finding that the file could not be read, if that is what was found.
fn not_read<'a>(checked: &Checked<'a>) -> Option<&'a Diagnostic> {
    errors(checked).find(|diagnostic| diagnostic.rule == NOT_READABLE)
}

fn open(out: &mut String, name: &str) {
    let name = attribute(&slashed(name));
    let _ = writeln!(out, "    <testcase classname=\"topoc\" name=\"{name}\" file=\"{name}\">");
}

fn case(out: &mut String, checked: &Checked<'_>) {
    open(out, checked.name);
    let all: Vec<_> = errors(checked).collect();
    if let Some(first) = not_read(checked).or(all.first().copied()) {
        let element_name = if first.rule == NOT_READABLE { "error" } else { "failure" };
        let message = match all.len() {
            1 => first.message.clone(),
            more => format!("{more} errors, the first: {}", first.message),
        };
        let attributes = format!(" type=\"{}\" message=\"{}\"", attribute(first.rule), attribute(&message));
        let text: Vec<_> = all.iter().flat_map(|error| text(error, checked)).collect();
        element(out, "      ", element_name, &attributes, &text);
    }
    let milder = checked.diagnostics.iter().filter(|diagnostic| diagnostic.severity != Severity::Error);
    let mut said: Vec<_> = milder.flat_map(|diagnostic| text(diagnostic, checked)).collect();
    said.extend(checked.allowed.iter().map(|allowed| {
        let reason = if allowed.reason.is_empty() { "no reason is given" } else { &allowed.reason };
        format!("allowed: {} ({})", head(&allowed.diagnostic, checked), printable(reason))
    }));
    element(out, "      ", "system-out", "", &said);
    out.push_str("    </testcase>\n");
}

/// A finding on lines: the first as `concise` has it.
fn text(diagnostic: &Diagnostic, checked: &Checked<'_>) -> Vec<String> {
    let details = words::details(diagnostic, &checked.sources);
    std::iter::once(head(diagnostic, checked)).chain(details.iter().map(|line| format!("  {line}"))).collect()
}

fn head(diagnostic: &Diagnostic, checked: &Checked<'_>) -> String {
    format!(
        "{}: {}[{}]: {}",
        Spot::of(diagnostic, checked).shown(),
        diagnostic.severity.word(),
        printable(diagnostic.rule),
        printable(&diagnostic.message)
    )
}

/// An element around lines of text; nothing where there are none.
fn element(out: &mut String, indent: &str, name: &str, attributes: &str, lines: &[String]) {
    if !lines.is_empty() {
        let text: Vec<_> = lines.iter().map(|line| escape(line)).collect();
        let _ = writeln!(out, "{indent}<{name}{attributes}>{}</{name}>", text.join("\n"));
    }
}

/// Text on one line, for an attribute.
fn attribute(text: &str) -> String {
    escape(&printable(text))
}

/// Printable text for XML. The two last characters of the basic plane are in no XML document, not even
/// by reference (XML 1.0, production 2).
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.extend(c.escape_unicode()),
            _ => out.push(c),
        }
    }
    out
}
