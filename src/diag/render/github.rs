//! Annotations of a GitHub workflow: commands on the standard output of a step.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::spot::{Spot, slashed};
use super::words;
use crate::diag::{Checked, Diagnostic, Run, Severity};
use crate::source::printable;

/// GitHub keeps this many annotations of each level from a step and drops the others unsaid.
const LIMIT: usize = 10;
/// Files of which the last annotation says what was left out.
const MOST_FILES: usize = 20;

/// The findings as workflow commands, one a line: `::error file=…,line=…,col=…,endLine=…,endColumn=…,
/// title=RULE::message`, with `warning` and `notice` for the milder ones. Lines of a message are parted by
/// `%0A`.
///
/// The most severe come first. Of each level at most ten are written, which is what GitHub keeps of a
/// step; what is left out is counted, by file, in one `notice` at the end, which is one of the ten.
/// A run without findings gives no line.
#[must_use]
pub fn github(run: &Run<'_>) -> String {
    let mut all: Vec<_> = run
        .files
        .iter()
        .flat_map(|checked| checked.diagnostics.iter().map(move |diagnostic| (checked, diagnostic)))
        .collect();
    // Stable: within a level they stay in the order of the run.
    all.sort_by_key(|(_, diagnostic)| Reverse(diagnostic.severity));

    let count = |severity| all.iter().filter(|(_, diagnostic)| diagnostic.severity == severity).count();
    let severities = [Severity::Error, Severity::Warning, Severity::Note];
    let over = severities.into_iter().any(|severity| count(severity) > LIMIT);
    let mut room = severities.map(|severity| {
        let last = usize::from(over && severity == Severity::Note);
        (severity, LIMIT - last)
    });

    let mut out = String::new();
    let mut rest: BTreeMap<&str, Counts> = BTreeMap::new();
    for (checked, diagnostic) in all {
        match room.iter_mut().find(|(severity, left)| *severity == diagnostic.severity && *left > 0) {
            Some((_, left)) => {
                *left -= 1;
                annotate(&mut out, checked, diagnostic);
            }
            None => rest.entry(Spot::of(diagnostic, checked).file).or_default().add(diagnostic.severity),
        }
    }
    if !rest.is_empty() {
        say_the_rest(&mut out, &rest);
    }
    out
}

fn annotate(out: &mut String, checked: &Checked<'_>, diagnostic: &Diagnostic) {
    let command = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let spot = Spot::of(diagnostic, checked);
    let mut properties = vec![("file", printable(&slashed(spot.file)))];
    if let Some((start, end)) = spot.range {
        properties.push(("line", start.line.to_string()));
        properties.push(("col", start.column.to_string()));
        properties.push(("endLine", end.line.to_string()));
        properties.push(("endColumn", end.column.to_string()));
    }
    properties.push(("title", printable(diagnostic.rule)));
    let mut lines = vec![printable(&diagnostic.message)];
    lines.extend(words::details(diagnostic, &checked.sources));
    push(out, command, &properties, &lines.join("\n"));
}

/// What was found in a file and not shown.
#[derive(Default)]
struct Counts {
    errors: usize,
    warnings: usize,
    notes: usize,
}

impl Counts {
    fn add(&mut self, severity: Severity) {
        *match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
            Severity::Note => &mut self.notes,
        } += 1;
    }

    fn words(&self) -> String {
        let counts = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let some = counts.into_iter().filter(|(count, _)| *count > 0);
        let words = some.map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }));
        words.collect::<Vec<_>>().join(", ")
    }
}

fn say_the_rest(out: &mut String, rest: &BTreeMap<&str, Counts>) {
    let mut all = Counts::default();
    for counts in rest.values() {
        all.errors += counts.errors;
        all.warnings += counts.warnings;
        all.notes += counts.notes;
    }
    let mut lines =
        vec![format!("GitHub shows {LIMIT} annotations of each level. Not shown: {}", all.words())];
    let named = rest.iter().take(MOST_FILES);
    lines.extend(named.map(|(file, counts)| format!("{}: {}", printable(&slashed(file)), counts.words())));
    if rest.len() > MOST_FILES {
        lines.push(format!("and {} more files", rest.len() - MOST_FILES));
    }
    push(out, "notice", &[("title", "topoc".to_owned())], &lines.join("\n"));
}

fn push(out: &mut String, command: &str, properties: &[(&str, String)], message: &str) {
    let properties: Vec<_> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "::{command} {}::{}", properties.join(","), data(message));
}

/// A message as the runner unescapes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, in which `:` and `,` end it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
