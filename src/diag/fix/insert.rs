//! Adding an entry at the end of a mapping, in its style and with its indentation.

use super::lines::{end_of, is_rest, line_break, may_comment, start_of};
use super::page::{Page, is_text, replace};
use super::{Replacement, flow};
use crate::source::{Spans, SpecPath};

impl Page<'_> {
    pub(super) fn insert(&self, path: &SpecPath, key: &str, value: &str) -> Option<Vec<Replacement>> {
        let spans = self.written(path)?;
        if self.spans.get(&path.key(key)).is_some() {
            return None;
        }
        // The first thing that a reader looks for.
        let is_version = key == "version" && path.as_str().is_empty();
        let key = if is_text(key) { key.to_owned() } else { format!("{key:?}") };
        let entry = format!("{key}: {value}");
        if spans.key == Some(spans.value) {
            return self.fill(spans.value, &format!("{{ {entry} }}"), self.in_flow(path)?);
        }
        if self.is_flow(path)? {
            return self.insert_in_flow(spans, &entry);
        }
        if self.in_flow(path)? || !self.is_block_map(path, spans) {
            return None;
        }
        let (text, start, end) = (self.text, spans.value.start, spans.value.end);
        let before = &text[start_of(text, start)..start];
        let beside_dash = before.bytes().all(|b| matches!(b, b' ' | b'-')) && !before.starts_with("---");
        if !beside_dash {
            return None;
        }
        let (indent, newline) = (" ".repeat(before.len()), line_break(text, start));
        if is_version {
            return Some(vec![replace(start, start, format!("{entry}{newline}{indent}"))]);
        }
        if text[..end].ends_with('\n') {
            return Some(vec![replace(end, end, format!("{indent}{entry}{newline}"))]);
        }
        let end = self.end_of_value(spans.value);
        let at = end_of(text, end);
        is_rest(&text[end..at]).then(|| vec![replace(at, at, format!("{newline}{indent}{entry}"))])
    }

    /// Whether a value in block style is a mapping: its first key is one of the index.
    fn is_block_map(&self, path: &SpecPath, spans: Spans) -> bool {
        let text = &self.text[spans.value.start..spans.value.end.max(spans.value.start)];
        let name = match text.chars().next() {
            Some(quote @ ('"' | '\'')) => text[1..].split(quote).next().unwrap_or_default(),
            _ => text.split([':', '\n']).next().unwrap_or_default().trim_end(),
        };
        let start = spans.value.start;
        let is_first = |first: &Spans| first.key.is_some_and(|key| key.start == start);
        name == "<<" || self.spans.get(&path.key(name)).is_some_and(is_first)
    }

    fn insert_in_flow(&self, spans: Spans, entry: &str) -> Option<Vec<Replacement>> {
        let (text, open) = (self.text, spans.value.start);
        if !text[open..].starts_with('{') {
            return None;
        }
        let flow::Collection { parts, close } = self.collection(spans)?;
        let Some(last) = parts.last() else {
            let keeps = !may_comment(&text[open + 1..close]);
            return keeps.then(|| vec![replace(open + 1, close, format!(" {entry} "))]);
        };
        let end = last.comma.map_or(last.span.end, |comma| comma + 1);
        let before = &text[start_of(text, last.span.start)..last.span.start];
        let line_end = end_of(text, end);
        if before.trim().is_empty() && line_end < close {
            if !is_rest(&text[end..line_end]) {
                return None;
            }
            let newline = line_break(text, end);
            return Some(match last.comma {
                Some(_) => vec![replace(line_end, line_end, format!("{newline}{before}{entry},"))],
                None => vec![
                    replace(end, end, ","),
                    replace(line_end, line_end, format!("{newline}{before}{entry}")),
                ],
            });
        }
        let comma = if last.comma.is_some() { "" } else { "," };
        Some(vec![replace(end, end, format!("{comma} {entry}"))])
    }
}
