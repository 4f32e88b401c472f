//! A finding in plain lines, for formats that have one text for all of it.

use super::spot::Spot;
use crate::diag::{Diagnostic, Sources, registry};
use crate::source::printable;

/// Labels beyond this number are counted: a site cuts long texts, and help comes after them.
const MOST_LABELS: usize = 8;

/// What each label says, with its place: `file:line:column: text`. Labels without a text say nothing.
pub(super) fn labels(diagnostic: &Diagnostic, sources: &Sources<'_>) -> Vec<String> {
    let said = || diagnostic.labels.iter().filter(|label| !label.text.is_empty());
    let mut lines: Vec<_> = said()
        .take(MOST_LABELS)
        .map(|label| match Spot::of_label(label, sources) {
            Some(spot) => format!("{}: {}", spot.shown(), printable(&label.text)),
            None => printable(&label.text),
        })
        .collect();
    let more = said().count().saturating_sub(MOST_LABELS);
    if more > 0 {
        lines.push(format!("and {more} more places"));
    }
    lines
}

/// What to do about it and what else to know. Lines of the texts stay lines.
pub(super) fn advice(diagnostic: &Diagnostic) -> Vec<String> {
    let help = diagnostic.help.iter().map(|text| ("help", text));
    let notes = diagnostic.notes.iter().map(|text| ("note", text));
    let told = help.chain(notes).flat_map(|(word, text)| {
        text.split('\n').enumerate().map(move |(i, line)| {
            let line = printable(line);
            if i == 0 { format!("{word}: {line}") } else { line }
        })
    });
    told.collect()
}

/// Which command shows the rule's page.
pub(super) fn see(diagnostic: &Diagnostic) -> Option<String> {
    registry::find(diagnostic.rule).map(|rule| format!("see: topoc explain {}", rule.name))
}

/// Labels, advice and where to read on.
pub(super) fn details(diagnostic: &Diagnostic, sources: &Sources<'_>) -> Vec<String> {
    let mut lines = labels(diagnostic, sources);
    lines.extend(advice(diagnostic));
    lines.extend(see(diagnostic));
    lines
}
