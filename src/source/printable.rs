//! Text of others, made safe to print.

use std::fmt::Write;

/// How many characters of a text a message quotes.
const QUOTED: usize = 60;

/// Whether a character changes how the text around it is shown, or shows nothing: controls, line
/// separators, bidirectional controls, zero-width and tag characters, byte-order mark.
#[must_use]
pub const fn is_unprintable(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text with every unprintable character escaped as in Rust: `\n`, `\u{202e}`.
///
/// Whatever a user wrote goes through this on its way into a message. The length changes.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unprintable(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// The text as a message quotes it: in backquotes, printable, and cut short where it is long.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::from("`");
    match text.char_indices().nth(QUOTED) {
        Some((cut, _)) => {
            let rest = text.len() - cut;
            _ = write!(out, "{}`… ({rest} more bytes)", printable(&text[..cut]));
        }
        None => {
            out.push_str(&printable(text));
            out.push('`');
        }
    }
    out
}

/// The most bytes of what a parser says of a text: it may quote all of it.
const BRIEF: usize = 400;

/// What a parser says of a text of others: printable, on one line, and cut short where it is long.
#[must_use]
pub fn brief(message: &str) -> String {
    let mut cut = message.len().min(BRIEF);
    while !message.is_char_boundary(cut) {
        cut -= 1;
    }
    let mut out = printable(&message[..cut]);
    if cut < message.len() {
        _ = write!(out, "… ({} more bytes)", message.len() - cut);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_is_escaped() {
        assert_eq!(printable("a\x1b[2Jb"), r"a\u{1b}[2Jb");
        assert_eq!(printable("x\u{202e}y\u{85}\r\n"), r"x\u{202e}y\u{85}\r\n");
        assert_eq!(printable("Größe β 大"), "Größe β 大");
    }

    #[test]
    fn what_a_parser_says_takes_one_short_line() {
        assert_eq!(brief("a\nb"), r"a\nb");
        let long = format!("{}ü", "x".repeat(399));
        assert_eq!(brief(&long), format!("{}… (2 more bytes)", "x".repeat(399)));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(quoted("l3"), "`l3`");
        let long = "ü".repeat(70);
        assert_eq!(quoted(&long), format!("`{}`… (20 more bytes)", "ü".repeat(60)));
    }
}
