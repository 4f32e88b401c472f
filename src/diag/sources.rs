//! From what a label points at to bytes of a file.

use super::At;
use crate::source::{SourceFile, Span, SpanIndex, Spans, SpecPath};

/// A text that labels point into, and where its values stand.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The text.
    pub file: &'a SourceFile,
    /// Where each value stands; `None` if only the name is of use.
    pub spans: Option<&'a SpanIndex>,
}

/// The texts of one run. Either may be missing: a spec can be built in Rust.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sources<'a> {
    /// The spec's text.
    pub spec: Option<Document<'a>>,
    /// The host profile's text.
    pub profile: Option<Document<'a>>,
    /// The text of the baseline that the spec names.
    pub baseline: Option<Document<'a>>,
    /// Other specs of the run that labels point into.
    pub others: &'a [Document<'a>],
}

/// Bytes of a file.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The file.
    pub file: &'a SourceFile,
    /// The bytes: within one line, on character boundaries, within the text.
    pub span: Span,
}

/// What a label's place came to.
#[derive(Clone, Copy, Debug)]
pub struct Resolved<'a> {
    /// The file's name, if it is known, even where no bytes are.
    pub file: Option<&'a str>,
    /// The bytes to underline.
    pub place: Option<Place<'a>>,
    /// For an alias, where its value is defined.
    pub definition: Option<Place<'a>>,
}

impl<'a> Sources<'a> {
    /// Where `at` stands. A path that was not written resolves to the nearest thing around it that
    /// was, short of the whole document; a value that is not on one line with its key, to the key.
    #[must_use]
    pub fn resolve(&self, at: &At) -> Resolved<'a> {
        let document = match at {
            At::Value(_) | At::Key(_) | At::Text(_) => self.spec,
            At::Profile(_) | At::ProfileText(_) => self.profile,
            At::Baseline(_) => self.baseline,
            At::Other(name, _) => self.others.iter().find(|other| other.file.name() == name).copied(),
        };
        let mut resolved = Resolved { file: document.map(|d| d.file.name()), place: None, definition: None };
        let Some(Document { file, spans: index }) = document else { return resolved };
        match at {
            At::Text(span) | At::ProfileText(span) => resolved.place = Some(within_a_line(file, *span)),
            At::Value(path) | At::Key(path) | At::Profile(path) | At::Baseline(path) | At::Other(_, path) => {
                if let Some(spans) = index.and_then(|index| nearest(index, path)) {
                    let span = match (at, spans.key) {
                        (At::Key(_), Some(key)) => key,
                        // What came through an alias stands there; its key stands where it is defined.
                        (_, Some(key)) if spans.definition.is_none() && has_lines(file, key, spans.value) => {
                            key
                        }
                        _ => spans.value,
                    };
                    resolved.place = Some(within_a_line(file, span));
                    resolved.definition = spans.definition.map(|span| within_a_line(file, span));
                }
            }
        }
        resolved
    }
}

/// The path that a label points at, if it points by path.
pub(super) const fn path_of(at: &At) -> Option<&SpecPath> {
    match at {
        At::Value(path) | At::Key(path) | At::Profile(path) | At::Baseline(path) | At::Other(_, path) => {
            Some(path)
        }
        At::Text(_) | At::ProfileText(_) => None,
    }
}

/// As [`SpanIndex::nearest`], but the whole document only where it is asked for: as the place of
/// something that was not written, it says nothing.
fn nearest<'a>(index: &'a SpanIndex, path: &SpecPath) -> Option<&'a Spans> {
    let around = std::iter::successors(Some(path.clone()), SpecPath::parent);
    around
        .filter(|around| around == path || *around != SpecPath::root())
        .find_map(|around| index.get(&around))
}

/// Whether a value does not begin and end on the line of its key.
fn has_lines(file: &SourceFile, key: Span, value: Span) -> bool {
    file.text().get(key.start..value.end).is_some_and(|both| both.trim_end().contains('\n'))
}

/// The part of `span` on the line where it starts. What points behind the last line is moved to
/// that line's end, and offsets inside a character to its start.
fn within_a_line(file: &SourceFile, span: Span) -> Place<'_> {
    let text = file.text();
    let last = text.trim_end_matches(['\n', '\r']).len();
    let start = text.floor_char_boundary(if span.start >= text.len() { last } else { span.start });
    let line_end = text[start..].find('\n').map_or(text.len(), |length| start + length);
    let line_end = start + text[start..line_end].trim_end_matches('\r').len();
    let end = text.floor_char_boundary(span.end.clamp(start, line_end));
    Place { file, span: Span::new(start, end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str, at: &At, entries: &[(&str, Spans)]) -> Option<String> {
        let file = SourceFile::new("x", text);
        let mut index = SpanIndex::default();
        for (path, spans) in entries {
            index.insert(SpecPath::from(*path), *spans);
        }
        let sources =
            Sources { spec: Some(Document { file: &file, spans: Some(&index) }), ..Sources::default() };
        let place = sources.resolve(at).place?;
        Some(text[place.span.start..place.span.end].to_owned())
    }

    fn spans(key: (usize, usize), value: (usize, usize)) -> Spans {
        Spans { key: Some(Span::new(key.0, key.1)), value: Span::new(value.0, value.1), definition: None }
    }

    #[test]
    fn a_path_that_was_not_written_is_blamed_on_what_is_around_it() {
        let text = "topology:\n  cores: 4\n  dies: 1\n";
        let whole = Spans { key: None, value: Span::new(0, 31), definition: None };
        let entries = [
            ("", whole),
            ("topology", spans((0, 8), (12, 30))),
            ("topology.cores", spans((12, 17), (19, 20))),
        ];
        let at = |path| At::Value(SpecPath::from(path));
        assert_eq!(resolve(text, &at("topology.cores"), &entries).as_deref(), Some("4"));
        assert_eq!(resolve(text, &at("topology.threads"), &entries).as_deref(), Some("topology"));
        assert_eq!(
            resolve(text, &At::Key(SpecPath::from("topology.cores")), &entries).as_deref(),
            Some("cores")
        );
        assert_eq!(resolve(text, &at("numa"), &entries), None);
        assert_eq!(resolve(text, &at(""), &entries).as_deref(), Some("topology:"));
    }

    #[test]
    fn places_stay_on_one_line_and_inside_the_text() {
        let file = SourceFile::new("x", "ä: [1,\r\n 2]\n\n");
        let at = |start, end| {
            let Span { start, end } = within_a_line(&file, Span::new(start, end)).span;
            (start, end)
        };
        assert_eq!(at(4, 11), (4, 7));
        assert_eq!(at(1, 2), (0, 2));
        assert_eq!(at(14, 14), (12, 12));
        assert_eq!(at(99, 200), (12, 12));
        assert_eq!(at(6, 2), (6, 6));
    }
}
