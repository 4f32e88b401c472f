//! Taking an entry of a mapping or an item of a list out.
//!
//! In block style its lines go, with the comment on its last line and those below it that are indented
//! deeper than it; comments above it stay. In flow style one comma goes along. What has no other entry
//! becomes `{}` or `[]`, but the whole document is never emptied.

use super::Replacement;
use super::lines::{back_over_blanks, end_of, is_rest, may_comment, next, skip_blanks, start_of};
use super::page::{Page, replace};
use crate::source::{Spans, SpecPath};

impl Page<'_> {
    pub(super) fn remove(&self, path: &SpecPath) -> Option<Vec<Replacement>> {
        let spans = self.written_alone(path)?;
        let parent = path.parent()?;
        let around = self.written(&parent)?;
        if self.is_flow(&parent)? {
            return self.remove_in_flow(spans, around);
        }
        if self.in_flow(path)? {
            return None;
        }
        let value = spans.value;
        let (start, end, first) = match spans.key {
            Some(key) => {
                let colon = self.behind_colon(key)?;
                let end = if key == value { colon } else { self.end_of_value(value) };
                (key.start, end, key.start == around.value.start)
            }
            None => {
                let dash = self.text[..value.start].trim_end().strip_suffix('-')?.len();
                let first = (dash..=value.start).contains(&around.value.start);
                (dash, self.end_of_value(value), first)
            }
        };
        let last = value.end == around.value.end;
        if first && last {
            return self.set(&parent, if spans.key.is_some() { "{}" } else { "[]" });
        }
        let behind = self.behind_lines(end)?;
        let line = start_of(self.text, start);
        let before = &self.text[line..start];
        if before.bytes().all(|b| b == b' ') {
            return Some(vec![replace(line, self.behind_own_comments(behind, before.len()), "")]);
        }
        let beside_dash = before.bytes().all(|b| matches!(b, b' ' | b'-'));
        if !beside_dash || !first {
            return None;
        }
        // What comes next moves up to where this began.
        let mut at = behind;
        while at < self.text.len() && self.text[at..end_of(self.text, at)].trim().is_empty() {
            at = next(self.text, at);
        }
        let moved = skip_blanks(self.text, at);
        let fits = moved - at == before.len() && !self.text[moved..].starts_with('#');
        fits.then(|| vec![replace(start, moved, "")])
    }

    /// The first byte of the line after an entry that ends here, if nothing but a comment comes behind it.
    fn behind_lines(&self, end: usize) -> Option<usize> {
        if self.text[..end].ends_with('\n') {
            return Some(end);
        }
        is_rest(&self.text[end..end_of(self.text, end)]).then(|| next(self.text, end))
    }

    /// Behind the comment lines from here on that are indented deeper than a column.
    fn behind_own_comments(&self, from: usize, column: usize) -> usize {
        let (mut behind, mut at) = (from, from);
        while at < self.text.len() {
            let line = &self.text[at..end_of(self.text, at)];
            let bare = line.trim_start_matches(' ');
            let own = bare.starts_with('#') && line.len() - bare.len() > column;
            if !own && !bare.trim().is_empty() {
                break;
            }
            at = next(self.text, at);
            if own {
                behind = at;
            }
        }
        behind
    }

    fn remove_in_flow(&self, spans: Spans, around: Spans) -> Option<Vec<Replacement>> {
        let text = self.text;
        let collection = self.collection(around)?;
        let own = spans.key.unwrap_or(spans.value).start;
        let parts = &collection.parts;
        let n = parts.iter().position(|part| (part.span.start..part.span.end).contains(&own))?;
        let (part, before) = (parts[n], n.checked_sub(1).and_then(|n| parts[n].comma));
        let (start, end) = (part.span.start, part.span.end);
        let behind = part.comma.map_or(end, |comma| comma + 1);
        let open = around.value.start + 1;
        if parts.len() == 1 && !may_comment(&text[open..collection.close]) {
            return Some(vec![replace(open, collection.close, "")]);
        }
        let line = start_of(text, start);
        let begins_line = line > open && text[line..start].trim().is_empty();
        let ends_line = is_rest(&text[behind..end_of(text, behind)]);
        // The comma before a last part is one too many.
        let comma_before = before.filter(|_| part.comma.is_none()).map(|comma| replace(comma, comma + 1, ""));
        if begins_line && ends_line {
            let mut all = Vec::from_iter(comma_before);
            all.push(replace(line, next(text, behind), ""));
            return Some(all);
        }
        let from = if begins_line { start } else { back_over_blanks(text, start) };
        if part.comma.is_some() {
            return Some(vec![if ends_line {
                replace(from, behind, "")
            } else {
                replace(start, skip_blanks(text, behind), "")
            }]);
        }
        Some(match comma_before {
            Some(comma) if comma.span.end == from => vec![replace(comma.span.start, end, "")],
            Some(comma) => vec![comma, replace(from, end, "")],
            None => vec![replace(start, end, "")],
        })
    }
}
