//! The lines of source around labels, drawn by miette.
//!
//! miette reads its source from the first byte for every report, passes control characters through
//! and draws no marker at the end of a file. So each picture gets a text of its own: a few lines cut
//! from the file by its line index, made safe, with the offsets moved along.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents,
};

use crate::diag::Place;
use crate::source::{LineColumn, SourceFile, is_unprintable, printable};

/// Lines shown before the first and after the last line with a label.
const CONTEXT: usize = 1;
/// Bytes shown of a longer line.
const LONGEST_LINE: usize = 200;
/// Bytes shown before the first label of such a line.
const LEAD: usize = 40;

/// A place to underline.
pub(super) struct Mark<'a> {
    /// The bytes, within one line.
    pub place: Place<'a>,
    /// What to say there, safe for a terminal.
    pub text: String,
    /// Whether this is the label that the diagnostic is about.
    pub guilty: bool,
}

/// Draws one picture per group of nearby marks, the guilty one's first.
pub(super) fn draw(out: &mut String, marks: Vec<Mark<'_>>, handler: &GraphicalReportHandler) {
    let mut groups = group(merge(marks));
    groups.sort_by_key(|group| !group.iter().any(|(_, mark)| mark.guilty));
    for group in &groups {
        let cut = Cut::new(group);
        let mut picture = String::new();
        if handler.render_report(&mut picture, &cut).is_ok() {
            // The first line is miette's own heading, of an empty message.
            out.push_str(picture.split_once('\n').map_or("", |(_, rest)| rest));
        }
    }
}

/// Marks in order of place, those of one place made one.
fn merge(mut marks: Vec<Mark<'_>>) -> Vec<Mark<'_>> {
    marks.sort_by_key(|mark| (mark.place.file.name().to_owned(), mark.place.span));
    let mut merged: Vec<Mark<'_>> = Vec::with_capacity(marks.len());
    for mark in marks {
        match merged.last_mut() {
            Some(last)
                if std::ptr::eq(last.place.file, mark.place.file) && last.place.span == mark.place.span =>
            {
                last.guilty |= mark.guilty;
                if !last.text.is_empty() && !mark.text.is_empty() {
                    last.text.push_str("; ");
                }
                last.text.push_str(&mark.text);
            }
            _ => merged.push(mark),
        }
    }
    merged
}

/// Marks with the index of their line, in groups whose lines and context touch.
fn group(marks: Vec<Mark<'_>>) -> Vec<Vec<(usize, Mark<'_>)>> {
    let mut groups: Vec<Vec<(usize, Mark<'_>)>> = Vec::new();
    for mark in marks {
        let line = line_of(mark.place.file, mark.place.span.start);
        match groups.last_mut().and_then(|group| Some((group.last()?.0, group))) {
            Some((last, group))
                if std::ptr::eq(group[0].1.place.file, mark.place.file) && line <= last + 2 * CONTEXT + 1 =>
            {
                group.push((line, mark));
            }
            _ => groups.push(vec![(line, mark)]),
        }
    }
    groups
}

/// Index of the line that holds a byte.
fn line_of(file: &SourceFile, offset: usize) -> usize {
    file.line_starts().partition_point(|start| *start <= offset).saturating_sub(1)
}

/// A few lines of a file, with labels: one picture.
#[derive(Debug)]
struct Cut {
    name: String,
    text: String,
    first_line: usize,
    lines: usize,
    /// Line and column of the label that the heading names.
    head: LineColumn,
    labels: Vec<LabeledSpan>,
}

impl Cut {
    /// `group` is not empty, and its marks stand in one file.
    fn new(group: &[(usize, Mark<'_>)]) -> Self {
        let file = group[0].1.place.file;
        let starts = file.line_starts();
        let first_line = group[0].0.saturating_sub(CONTEXT);
        let end = (group[group.len() - 1].0 + CONTEXT + 1).min(starts.len());
        let guilty = group.iter().find(|(_, mark)| mark.guilty).unwrap_or(&group[0]);
        let mut cut = Self {
            name: printable(file.name()),
            text: String::new(),
            first_line,
            lines: end - first_line,
            head: file.line_column(guilty.1.place.span.start),
            labels: Vec::new(),
        };
        for line in first_line..end {
            let stop = starts.get(line + 1).map_or(file.text().len(), |next| next - 1);
            let marks: Vec<_> = group.iter().filter(|(at, _)| *at == line).map(|(_, mark)| mark).collect();
            cut.push_line(file.text(), starts[line], stop, &marks);
        }
        // A file that ends in a line break has no line after it.
        if end == starts.len() && cut.text.ends_with("\n\n") && group[group.len() - 1].0 + 1 < end {
            cut.text.pop();
            cut.lines -= 1;
        }
        cut
    }

    /// Adds the line in bytes `start..stop` of `text` and the labels on it. Every line ends in a
    /// line break, so that a label at its end has a character to stand under.
    fn push_line(&mut self, text: &str, start: usize, stop: usize, marks: &[&Mark<'_>]) {
        let stop = start + text[start..stop].strip_suffix('\r').map_or(stop - start, str::len);
        let (mut from, mut to) = (start, stop);
        if stop - start > LONGEST_LINE {
            let first = marks.first().map_or(start, |mark| mark.place.span.start);
            from = text.ceil_char_boundary(first.saturating_sub(LEAD).clamp(start, stop));
            to = text.floor_char_boundary((from + LONGEST_LINE).min(stop));
        }
        if from > start {
            self.text.push('…');
        }
        let base = self.text.len();
        self.text.extend(text[from..to].chars().map(stand_in));
        for mark in marks {
            let at = |offset: usize| base + offset.clamp(from, to) - from;
            let (first, last) = (at(mark.place.span.start), at(mark.place.span.end));
            let label = Some(mark.text.clone()).filter(|text| !text.is_empty());
            self.labels.push(if mark.guilty {
                LabeledSpan::new_primary_with_span(label, (first, last - first))
            } else {
                LabeledSpan::new_with_span(label, (first, last - first))
            });
        }
        if to < stop {
            self.text.push('…');
        }
        self.text.push('\n');
    }
}

/// A visible character of the same length in UTF-8 for one that is not, so that byte offsets stay
/// true. Tabs stay: miette makes spaces of them.
const fn stand_in(c: char) -> char {
    if c == '\t' || !is_unprintable(c) {
        return c;
    }
    match c.len_utf8() {
        1 => '?',
        2 => '¿',
        3 => char::REPLACEMENT_CHARACTER,
        _ => '🛇',
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Cut {}

impl Diagnostic for Cut {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl SourceCode for Cut {
    /// Without context, miette asks for the line and column of the heading; with it, for lines to
    /// show, which are all that there are.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (range, line, column) = if before == 0 && after == 0 {
            (span.offset()..span.offset() + span.len(), self.head.line - 1, self.head.column - 1)
        } else {
            (0..self.text.len(), self.first_line, 0)
        };
        let data = self.text.as_bytes().get(range.clone()).ok_or(MietteError::OutOfBounds)?;
        let name = self.name.clone();
        Ok(Box::new(MietteSpanContents::new_named(name, data, range.into(), line, column, self.lines)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_are_seen_and_keep_the_length() {
        for c in (0..=0x10_ffff_u32).filter_map(char::from_u32).filter(|c| is_unprintable(*c)) {
            assert_eq!(stand_in(c).len_utf8(), c.len_utf8(), "{}", c.escape_unicode());
            assert!(c == '\t' || !is_unprintable(stand_in(c)), "{}", c.escape_unicode());
        }
    }
}
