//! Diagnostics to be read aloud: sentences, nothing drawn.
//!
//! miette has a handler for this as well. It says each snippet by the lines around it, numbers labels without
//! the words that tie them to their place, and reads the cut texts of [`super::snippet`] as a file of their
//! own; what a listener needs first, the severity, comes after the message. So the prose is written here.

use super::human::{Style, colour_of, paint};
use super::spot::file_of;
use crate::diag::sources::path_of;
use crate::diag::{Diagnostic, Label, Place, Sources, registry};
use crate::source::{SpecPath, printable, quoted};

/// Labels beyond this number are counted, not read.
const MOST_LABELS: usize = 8;
/// Characters of a line that are read before and after a label.
const AROUND: usize = 60;

/// All diagnostics in sentences, for screen readers, an empty line between two: how bad it is and what, by
/// which rule, each place by file, line and column with the line as it stands there, then help and notes.
/// Nothing means anything by its position on the screen or by its colour. Lines are not folded: a reader
/// pauses where a line ends.
#[must_use]
pub fn narrated(diagnostics: &[Diagnostic], sources: &Sources<'_>, style: Style) -> String {
    let all: Vec<_> = diagnostics.iter().map(|diagnostic| one(diagnostic, sources, style)).collect();
    all.join("\n")
}

fn one(diagnostic: &Diagnostic, sources: &Sources<'_>, style: Style) -> String {
    let say = |text: &str| format!("{text}\n");
    let word = capital(diagnostic.severity.word());
    let head = say(&format!("{word}: {}", sentence(&printable(&diagnostic.message))));
    let mut out = head.replacen(&word, &paint(&word, colour_of(diagnostic.severity), style.colour), 1);
    out.push_str(&say(&format!("Rule: {}.", printable(diagnostic.rule))));
    for label in diagnostic.labels.iter().take(MOST_LABELS) {
        for line in place(label, sources) {
            out.push_str(&say(&line));
        }
    }
    if diagnostic.labels.len() > MOST_LABELS {
        out.push_str(&say(&format!("And {} more places.", diagnostic.labels.len() - MOST_LABELS)));
    }
    let mut tell = |word: &str, text: &str| {
        let lines: Vec<_> = text.split('\n').map(printable).collect();
        out.push_str(&say(&format!("{word}: {}", lines.join("\n"))));
    };
    if let Some(help) = &diagnostic.help {
        tell("Help", help);
    }
    for note in &diagnostic.notes {
        tell("Note", note);
    }
    if let Some(rule) = registry::find(diagnostic.rule) {
        tell("To read more, run", &format!("topoc explain {}", rule.name));
    }
    out
}

/// Where a label stands and what it says; then the line of the source, and where an alias is defined.
fn place(label: &Label, sources: &Sources<'_>) -> Vec<String> {
    let resolved = sources.resolve(&label.at);
    let file = file_of(label, sources).map(printable);
    let Some(place) = resolved.place else {
        let path = path_of(&label.at).map(SpecPath::as_str).filter(|path| !path.is_empty()).map(printable);
        let whereabouts: Vec<_> = [file, path].into_iter().flatten().collect();
        return match (whereabouts.is_empty(), label.text.is_empty()) {
            (true, true) => Vec::new(),
            (true, false) => vec![sentence(&printable(&label.text))],
            (false, true) => vec![format!("In {}.", whereabouts.join(", "))],
            (false, false) => {
                vec![sentence(&format!("In {}: {}", whereabouts.join(", "), printable(&label.text)))]
            }
        };
    };
    let at = place.file.line_column(place.span.start);
    let whereabouts = |place: Place<'_>| {
        let at = place.file.line_column(place.span.start);
        format!("{}, line {}, column {}", printable(place.file.name()), at.line, at.column)
    };
    let marked = place.file.text().get(place.span.start..place.span.end).unwrap_or_default();
    let marked = if marked.is_empty() { String::new() } else { format!(", at {}", quoted(marked)) };
    let text = if label.text.is_empty() { String::new() } else { format!(": {}", printable(&label.text)) };
    let mut lines = vec![
        sentence(&format!("In {}{marked}{text}", whereabouts(place))),
        format!("Line {} reads: {}", at.line, line_around(place)),
    ];
    lines.extend(resolved.definition.map(|place| format!("Defined in {}.", whereabouts(place))));
    lines
}

/// The line that a place stands on, without its indent, cut where it is long.
fn line_around(place: Place<'_>) -> String {
    let text = place.file.text();
    let begin = text[..place.span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[place.span.start..].find('\n').map_or(text.len(), |length| place.span.start + length);
    let line = text[begin..end].trim_end();
    let lead = line.len() - line.trim_start().len();
    let before = &text[(begin + lead).min(place.span.start)..place.span.start];
    let from = before.char_indices().rev().nth(AROUND - 1).map_or(0, |(at, _)| at);
    let rest = text[place.span.start..end].trim_end();
    let to = rest.char_indices().nth(2 * AROUND).map_or(rest.len(), |(at, _)| at);
    let (cut, more) = (if from > 0 { "…" } else { "" }, if to < rest.len() { "…" } else { "" });
    // A tab is a space to a listener, not an escape.
    let visible = |text: &str| -> String {
        printable(&text.chars().map(|c| if c == '\t' { ' ' } else { c }).collect::<String>())
    };
    format!("{cut}{}{}{more}", visible(&before[from..]), visible(&rest[..to]))
}

/// The text with a full stop, unless it ends in a mark of its own.
fn sentence(text: &str) -> String {
    let ended = text.ends_with(['.', '!', '?', ':', ';', ',', '…']);
    if ended { text.to_owned() } else { format!("{text}.") }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
