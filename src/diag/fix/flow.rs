//! Flow style: what stands between the brackets of `{…}` and `[…]`.

use crate::source::Span;

/// An entry of a mapping or an item of a list, and the comma behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// From its first byte to its last, comments around it left out.
    pub(super) span: Span,
    /// Where its comma stands.
    pub(super) comma: Option<usize>,
}

/// What a flow collection holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Collection {
    /// Its entries or items, in order.
    pub(super) parts: Vec<Part>,
    /// Where its closing bracket stands.
    pub(super) close: usize,
}

/// The collection whose opening bracket stands at a byte of a text that is YAML. `None` where there
/// is none, or none that ends.
pub(super) fn collection(text: &str, open: usize) -> Option<Collection> {
    let bytes = text.as_bytes();
    if !matches!(bytes.get(open)?, b'{' | b'[') {
        return None;
    }
    let mut parts = Vec::new();
    // The first and the last byte of the part so far.
    let mut part: Option<Span> = None;
    let mut depth = 1_usize;
    // Whether the token before is quoted or a collection: a `:` right behind it ends a key.
    let mut behind_json = false;
    let mut at = open + 1;
    loop {
        let (end, json) = match *bytes.get(at)? {
            b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            b'#' => {
                at += text[at..].find('\n')?;
                continue;
            }
            b',' => {
                if depth == 1 {
                    parts.push(Part { span: part.take()?, comma: Some(at) });
                }
                behind_json = false;
                at += 1;
                continue;
            }
            b'{' | b'[' => {
                depth += 1;
                (at + 1, false)
            }
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    parts.extend(part.map(|span| Part { span, comma: None }));
                    return Some(Collection { parts, close: at });
                }
                (at + 1, true)
            }
            b'"' => (double_quoted(bytes, at)?, true),
            b'\'' => (single_quoted(bytes, at)?, true),
            b'&' | b'*' | b'!' => (at + name(&text[at..]), false),
            b':' if behind_json => (at + 1, false),
            _ => (at + plain(&text[at..]), false),
        };
        let start = part.map_or(at, |part| part.start);
        part = Some(Span::new(start, end));
        behind_json = json;
        at = end;
    }
}

fn double_quoted(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match *bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

fn single_quoted(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match (*bytes.get(at)?, bytes.get(at + 1)) {
            (b'\'', Some(b'\'')) => at += 2,
            (b'\'', _) => return Some(at + 1),
            _ => at += 1,
        }
    }
}

fn ends_token(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}')
}

/// The length of an anchor, an alias or a tag.
fn name(text: &str) -> usize {
    text.find(ends_token).unwrap_or(text.len()).max(1)
}

/// The length of a plain scalar without blanks at its end, or of what ends a key.
fn plain(text: &str) -> usize {
    let mut end = 0;
    let mut before = 'x';
    for (at, c) in text.char_indices() {
        let next = text[at + c.len_utf8()..].chars().next();
        match c {
            ',' | '[' | ']' | '{' | '}' => break,
            '#' if before.is_whitespace() => break,
            ':' if next.is_none_or(ends_token) => return at + 1,
            _ if !c.is_whitespace() => end = at + c.len_utf8(),
            _ => {}
        }
        before = c;
    }
    end.max(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        let collection = collection(text, 0).unwrap();
        assert_eq!(collection.close, text.len() - 1, "{text}");
        collection.parts.iter().map(|part| &text[part.span.start..part.span.end]).collect()
    }

    #[test]
    fn parts_end_where_their_comma_stands() {
        for (text, expected) in [
            ("{}", vec![]),
            ("[ ]", vec![]),
            ("[a, b]", vec!["a", "b"]),
            ("[a, b,]", vec!["a", "b"]),
            ("{a: 1, b: [2, 3], c: {d: 4}}", vec!["a: 1", "b: [2, 3]", "c: {d: 4}"]),
            (r#"{"a,b": "c\"},", 'd''}': 'e'}"#, vec![r#""a,b": "c\"},""#, "'d''}': 'e'"]),
            (r#"{"a":"b,c","d":1}"#, vec![r#""a":"b,c""#, r#""d":1"#]),
            ("{a b 'c, d: e}", vec!["a b 'c", "d: e"]),
            ("{a: it's, b: 2}", vec!["a: it's", "b: 2"]),
            ("[a # x, y]\n, b]", vec!["a", "b"]),
            ("[a,\n # b, c\n d # e]\n]", vec!["a", "d"]),
            ("[&x 'a,b', *x, c#d]", vec!["&x 'a,b'", "*x", "c#d"]),
            ("[0-3:2, http://x, ä ö]", vec!["0-3:2", "http://x", "ä ö"]),
            ("{a, b: , c:}", vec!["a", "b:", "c:"]),
            ("[a: 1, {b: 2}: 3]", vec!["a: 1", "{b: 2}: 3"]),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_collection_is_none() {
        for text in ["", "a", "[a", "{a: 'b}", "[\"\\", "[a # ]", "[,]"] {
            assert_eq!(collection(text, 0), None, "{text}");
        }
    }
}
