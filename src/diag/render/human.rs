//! Diagnostics for people: message, source with arrows, help.

use miette::{GraphicalReportHandler, GraphicalTheme};

use super::snippet::{self, Mark};
use super::wrap::hang;
use crate::diag::sources::path_of;
use crate::diag::{Diagnostic, Severity, Sources, registry};
use crate::source::{SpecPath, printable};

/// Labels beyond this number are counted, not drawn: a picture with more of them is not read, and
/// drawing takes time that grows with their square.
const MOST_LABELS: usize = 8;

/// How the output may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour by ANSI escapes.
    pub colour: bool,
    /// Columns of the terminal.
    pub width: usize,
}

/// All diagnostics, each with the lines of source that it is about, an empty line between two.
#[must_use]
pub fn human(diagnostics: &[Diagnostic], sources: &Sources<'_>, style: Style) -> String {
    let theme = if style.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width.max(20))
        .with_links(false)
        .without_syntax_highlighting();
    let mut out = String::new();
    for (i, diagnostic) in diagnostics.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        one(&mut out, diagnostic, sources, style, &handler);
    }
    out
}

fn one(
    out: &mut String,
    diagnostic: &Diagnostic,
    sources: &Sources<'_>,
    style: Style,
    handler: &GraphicalReportHandler,
) {
    let head = format!("{}[{}]", diagnostic.severity.word(), diagnostic.rule);
    out.push_str(&paint(&head, colour_of(diagnostic.severity), style.colour));
    out.push_str(&format!(": {}\n", printable(&diagnostic.message)));

    let mut marks = Vec::new();
    let mut without_place = String::new();
    for (i, label) in diagnostic.labels.iter().take(MOST_LABELS).enumerate() {
        let resolved = sources.resolve(&label.at);
        match resolved.place {
            Some(place) => {
                marks.push(Mark { place, text: printable(&label.text), guilty: i == 0 });
                if let Some(place) = resolved.definition {
                    marks.push(Mark { place, text: "defined here".to_owned(), guilty: false });
                }
            }
            None => {
                let path = path_of(&label.at).map(SpecPath::as_str).filter(|path| !path.is_empty());
                let parts = [resolved.file, path, Some(label.text.as_str()).filter(|text| !text.is_empty())];
                let parts: Vec<_> = parts.into_iter().flatten().map(printable).collect();
                if !parts.is_empty() {
                    without_place.push_str(&format!("  at: {}\n", parts.join(": ")));
                }
            }
        }
    }
    snippet::draw(out, marks, handler);
    out.push_str(&without_place);
    if diagnostic.labels.len() > MOST_LABELS {
        out.push_str(&format!("  and {} more places\n", diagnostic.labels.len() - MOST_LABELS));
    }

    let tail = |word: &str, text: &str| {
        let lines: Vec<_> = text.split('\n').map(printable).collect();
        let hung = hang(&format!("  {word}: "), &lines.join("\n"), style.width);
        hung.replacen(word, &paint(word, CYAN, style.colour), 1)
    };
    if let Some(help) = &diagnostic.help {
        out.push_str(&tail("help", help));
    }
    for note in &diagnostic.notes {
        out.push_str(&tail("note", note));
    }
    if let Some(rule) = registry::find(diagnostic.rule) {
        out.push_str(&tail("see", &format!("topoc explain {}", rule.name)));
    }
}

const RED: u8 = 31;
const YELLOW: u8 = 33;
const CYAN: u8 = 36;

pub(super) const fn colour_of(severity: Severity) -> u8 {
    match severity {
        Severity::Error => RED,
        Severity::Warning => YELLOW,
        Severity::Note => CYAN,
    }
}

pub(super) fn paint(text: &str, colour: u8, on: bool) -> String {
    if on { format!("\x1b[1;{colour}m{text}\x1b[0m") } else { text.to_owned() }
}
