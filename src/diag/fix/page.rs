//! A text and where its values stand, as edits by path see them.

use super::lines::{back_over_blanks, end_of, is_rest, may_comment, skip_blanks};
use super::{Replacement, flow};
use crate::source::{Span, SpanIndex, Spans, SpecPath};

pub(super) struct Page<'a> {
    pub(super) text: &'a str,
    pub(super) spans: &'a SpanIndex,
}

pub(super) fn replace(start: usize, end: usize, text: impl Into<String>) -> Replacement {
    Replacement { span: Span::new(start, end), text: text.into() }
}

/// A key and its value.
fn whole(spans: Spans) -> Span {
    spans.key.map_or(spans.value, |key| Span::new(key.start, key.end.max(spans.value.end)))
}

impl Page<'_> {
    /// What stands at a path, if it was written there, and not through an alias or a merge.
    fn here(&self, path: &SpecPath) -> Option<Spans> {
        let spans = *self.spans.only(path)?;
        let all = whole(spans);
        self.text.get(all.start..all.end)?;
        spans.definition.is_none().then_some(spans)
    }

    /// Whether an alias repeats what these bytes are a part of.
    fn is_repeated(&self, part: Span) -> bool {
        self.spans.repeated().iter().any(|r| r.start <= part.start && part.end <= r.end)
    }

    /// What stands at a path, if it was written there and no alias repeats its value.
    pub(super) fn written(&self, path: &SpecPath) -> Option<Spans> {
        self.here(path).filter(|spans| !self.is_repeated(spans.value))
    }

    /// As [`Self::written`], for what goes: no alias repeats a part of it either.
    pub(super) fn written_alone(&self, path: &SpecPath) -> Option<Spans> {
        let spans = self.here(path)?;
        let all = whole(spans);
        let repeated = self.spans.repeated().iter().any(|r| r.start <= all.end && all.start <= r.end);
        (!repeated).then_some(spans)
    }

    /// Whether the collection at a path is in flow style.
    pub(super) fn is_flow(&self, path: &SpecPath) -> Option<bool> {
        let start = self.spans.get(path)?.value.start;
        let bracket = matches!(self.text.as_bytes().get(start), Some(b'{' | b'['));
        // A list that is not indented begins, to the parser, with its first item.
        let first = self.spans.get(&path.index(0)).is_some_and(|item| item.value.start == start);
        Some(bracket && !first)
    }

    /// Whether the value at a path stands inside of brackets.
    pub(super) fn in_flow(&self, path: &SpecPath) -> Option<bool> {
        let mut around = std::iter::successors(path.parent(), SpecPath::parent);
        around.try_fold(false, |found, around| Some(found | self.is_flow(&around)?))
    }

    /// The brackets' content of the collection at a path.
    pub(super) fn collection(&self, spans: Spans) -> Option<flow::Collection> {
        flow::collection(self.text, spans.value.start).filter(|found| found.close + 1 == spans.value.end)
    }

    /// The byte behind the `:` of a key; `None` for a key after `?`.
    pub(super) fn behind_colon(&self, key: Span) -> Option<usize> {
        let colon = skip_blanks(self.text, key.end);
        self.text[colon..].starts_with(':').then_some(colon + 1)
    }

    /// Where a value ends: a mapping whose last value is missing ends with that key's colon.
    pub(super) fn end_of_value(&self, value: Span) -> usize {
        self.behind_colon(value).unwrap_or(value.end)
    }

    /// Writes another value. Its style is that of the old one as far as it can be: quoted text stays
    /// quoted. A value that spans lines with a comment between stays as it is.
    pub(super) fn set(&self, path: &SpecPath, new: &str) -> Option<Vec<Replacement>> {
        path.parent()?;
        let spans = self.written_alone(path)?;
        let (value, in_flow) = (spans.value, self.in_flow(path)?);
        match spans.key {
            Some(key) if key == value => return self.fill(key, new, in_flow),
            Some(key) => {
                let colon = self.behind_colon(key)?;
                if !in_flow && self.text.get(colon..value.start)?.contains('\n') {
                    return self.set_below(colon, value, new);
                }
            }
            None if !in_flow => {
                let before = self.text[..value.start].trim_end();
                if !before.ends_with('-') {
                    return None;
                }
                if value.start == value.end {
                    let blank = if before.len() == value.start { " " } else { "" };
                    let rest = &self.text[value.start..end_of(self.text, value.start)];
                    let same_line = back_over_blanks(self.text, value.start) == before.len();
                    return (is_rest(rest) && same_line)
                        .then(|| vec![replace(value.start, value.start, format!("{blank}{new}"))]);
                }
            }
            None => {}
        }
        let end = if in_flow { value.end } else { self.end_of_value(value) };
        let old = &self.text[value.start..end];
        let keeps = !old.contains('\n') || !may_comment(old);
        keeps.then(|| vec![replace(value.start, end, quoted_as(old, new))])
    }

    /// Gives a key without a value one.
    pub(super) fn fill(&self, key: Span, new: &str, in_flow: bool) -> Option<Vec<Replacement>> {
        let Some(colon) = self.behind_colon(key) else {
            let next = self.text[skip_blanks(self.text, key.end)..].chars().next();
            let is_alone = in_flow && matches!(next, Some(',' | '}'));
            return is_alone.then(|| vec![replace(key.end, key.end, format!(": {new}"))]);
        };
        let next = skip_blanks(self.text, colon);
        match self.text[next..].chars().next() {
            Some(',') if in_flow => Some(vec![replace(colon, next, format!(" {new}"))]),
            Some('}') if in_flow => Some(vec![replace(colon, colon, format!(" {new}"))]),
            _ if is_rest(&self.text[colon..end_of(self.text, colon)]) => {
                Some(vec![replace(colon, colon, format!(" {new}"))])
            }
            _ => None,
        }
    }

    /// Writes a value beside its key in place of one that stands on the lines below it. What is said
    /// of the key on its line stays.
    fn set_below(&self, colon: usize, value: Span, new: &str) -> Option<Vec<Replacement>> {
        let line_end = end_of(self.text, colon);
        let header = skip_blanks(self.text, colon);
        if self.text[header..].starts_with(['|', '>']) {
            let head = &self.text[header..line_end];
            let length = head.find([' ', '\t']).unwrap_or(head.len());
            let end = self.text[..value.end].trim_end().len();
            return (line_end <= end && is_rest(&head[length..]))
                .then(|| vec![replace(header, header + length, new), replace(line_end, end, "")]);
        }
        let end = self.end_of_value(value);
        let alone = is_rest(&self.text[colon..line_end]) && !may_comment(&self.text[line_end..end]);
        alone.then(|| vec![replace(colon, colon, format!(" {new}")), replace(line_end, end, "")])
    }

    /// Writes another key, in the quotes of the old one.
    pub(super) fn rename(&self, path: &SpecPath, new: &str) -> Option<Vec<Replacement>> {
        let key = self.here(path)?.key.filter(|key| !self.is_repeated(*key))?;
        if self.spans.get(&path.parent()?.key(new)).is_some() {
            return None;
        }
        let new = if is_text(new) { new.to_owned() } else { format!("{new:?}") };
        Some(vec![replace(key.start, key.end, quoted_as(&self.text[key.start..key.end], &new))])
    }
}

/// Whether a word is text without quotes, to every reader of YAML, and has nothing to escape.
pub(super) fn is_text(word: &str) -> bool {
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/'));
    let begins = word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let number = word.parse::<f64>().is_ok()
        || word.starts_with("0x")
        || word.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-'));
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    plain && begins && !number && !reserved.contains(&word.to_ascii_lowercase().as_str())
}

/// The new text in the quotes of the old one, where it is text.
fn quoted_as(old: &str, new: &str) -> String {
    match old.chars().next() {
        Some(quote @ ('"' | '\'')) if is_text(new) => format!("{quote}{new}{quote}"),
        _ => new.to_owned(),
    }
}
