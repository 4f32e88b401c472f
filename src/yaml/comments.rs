//! Where a text has comments.

use granit_parser::{Event, Parser};

use super::text::bare;
use crate::source::Span;

/// A comment, and where it stands: from its `#` to the end of its line, which is not part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its bytes in the file.
    pub span: Span,
    /// What follows the `#`.
    pub text: String,
}

/// The comments of a text in their order, up to the first place that is no YAML: a `#` inside of quotes or of a block
/// of text is none. Empty for what is not UTF-8.
#[must_use]
pub fn comments(bytes: &[u8]) -> Vec<Comment> {
    let Some((text, offset)) = std::str::from_utf8(bytes).ok().map(bare) else { return Vec::new() };
    let options = granit_parser::options! {
        block_scalar_eof_without_line_feed: true,
        emit_unresolved_aliases: true,
        emit_comments: true,
        // The text itself is bounded.
        max_buffered_comment_events: usize::MAX,
    };
    let events = Parser::new_from_str_with_options(text, options).map_while(Result::ok);
    let mut found: Vec<Comment> = events
        .filter_map(|(event, span)| {
            let Event::Comment(words, _) = event else { return None };
            let start = span.start.byte_offset()?;
            let end = start + 1 + words.len();
            let is_it = text.get(start..end).is_some_and(|written| written.strip_prefix('#') == Some(&words));
            is_it.then(|| Comment { span: Span::new(offset + start, offset + end), text: words.to_string() })
        })
        .collect();
    found.sort_by_key(|comment| comment.span);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, String)> {
        comments(text.as_bytes()).into_iter().map(|comment| (comment.span.start, comment.text)).collect()
    }

    #[test]
    fn comments_stand_where_they_are_written() {
        let text = "# top\r\na: 1 # one\r\nb: [2, # ü\n  3]\nc: 'x # no'\nd: |\n  # no\n  y\n# end";
        let found = found(text);
        let words: Vec<_> = found.iter().map(|(_, words)| words.as_str()).collect();
        assert_eq!(words, [" top", " one", " ü", " end"]);
        assert!(found.iter().all(|(start, words)| text[*start..].starts_with(&format!("#{words}"))));
    }

    #[test]
    fn a_byte_order_mark_counts_and_what_is_no_yaml_ends_it() {
        assert_eq!(found("\u{feff}# a\n"), [(3, " a".to_owned())]);
        assert_eq!(found("# a\nb: ]\n# c"), [(0, " a".to_owned())]);
        assert_eq!(comments(b"# \xff"), []);
        let many = "# x\n".repeat(5000) + "a: 1\n";
        assert_eq!(comments(many.as_bytes()).len(), 5000);
    }
}
