//! Text from outside, made safe for a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character acts on a terminal, or on the order or sight of the text around it, instead
/// of being seen: C0 and C1 controls, line and paragraph separators, zero-width and bidirectional
/// controls (Unicode general categories Cc, Zl, Zp and the parts of Cf that hide or reorder text).
#[must_use]
pub(super) const fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\0'..='\x1f'
            | '\x7f'..='\u{9f}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// The text with every hidden character written as its escape, such as `\u{1b}` or `\n`.
///
/// For whatever reaches a terminal: messages, labels, file names.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hidden(c) {
            // Writing to a String cannot fail.
            let _ = match c {
                '\n' | '\r' | '\t' => write!(out, "{}", c.escape_default()),
                _ => write!(out, "{}", c.escape_unicode()),
            };
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// A visible character of the same length in UTF-8, so that byte offsets stay true. Tabs stay.
#[must_use]
pub(super) const fn stand_in(c: char) -> char {
    if c == '\t' || !is_hidden(c) {
        return c;
    }
    match c.len_utf8() {
        1 => '?',
        2 => '¿',
        3 => char::REPLACEMENT_CHARACTER,
        _ => '🛇',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_comes_through() {
        for c in (0..=0x10_ffff_u32).filter_map(char::from_u32).filter(|c| is_hidden(*c)) {
            let text = format!("a{c}b");
            assert!(!printable(&text).contains(is_hidden), "{}", c.escape_unicode());
            assert_eq!(stand_in(c).len_utf8(), c.len_utf8(), "{}", c.escape_unicode());
            assert!(c == '\t' || !is_hidden(stand_in(c)), "{}", c.escape_unicode());
        }
        assert!(is_hidden('\x1b') && is_hidden('\u{9b}') && is_hidden('\u{202e}') && is_hidden('\u{2066}'));
    }

    #[test]
    fn what_is_seen_stays() {
        assert_eq!(printable("größe 大 \u{1b}[31m\n"), "größe 大 \\u{1b}[31m\\n");
        assert!(matches!(printable("größe"), Cow::Borrowed(_)));
    }
}
