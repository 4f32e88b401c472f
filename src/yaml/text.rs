//! Bytes into text that both parsers read alike.

use std::borrow::Cow;

use super::dialect::Dialect;
use super::report::Report;
use crate::diag::{Diagnostic, Edit, Fix, Severity};
use crate::source::Span;

/// How many forbidden characters are reported.
const MOST: usize = 20;

/// A text without byte-order mark and forbidden characters.
pub(super) struct Text<'b> {
    /// The text. Each forbidden character is replaced by a harmless one of as many bytes.
    pub(super) text: Cow<'b, str>,
    /// Where it starts in the file: 3 after a byte-order mark.
    pub(super) offset: usize,
}

impl Text<'_> {
    /// The bytes in the file of one character of this text; at the end, those of the last visible one,
    /// since nothing can be underlined there.
    pub(super) fn point(&self, at: usize) -> Span {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        if self.text[at..].trim_start_matches(['\r', '\n']).is_empty() {
            let visible = self.text[..at].trim_end();
            at = visible.char_indices().next_back().map_or(0, |(last, _)| last);
        }
        let length = self.text[at..].chars().next().map_or(0, char::len_utf8);
        Span::new(self.offset + at, self.offset + at + length)
    }
}

/// The text, if it is one: UTF-8 within the limit. Forbidden characters are reported and replaced.
pub(super) fn check<'b>(bytes: &'b [u8], dialect: &Dialect, report: &mut Report) -> Option<Text<'b>> {
    let what = dialect.what;
    let limit = dialect.limits.bytes;
    if bytes.len() > limit {
        let (mib, bytes) = (limit >> 20, bytes.len());
        whole(
            report,
            "yaml::too_large",
            format!("the {what} has {bytes} bytes; at most {limit} ({mib} MiB) are read"),
        );
        return None;
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        whole(report, "yaml::not_utf8", format!("the {what} is UTF-16; save it as UTF-8"));
        return None;
    }
    if let Some(nul) = bytes.iter().position(|byte| *byte == 0) {
        whole(
            report,
            "yaml::not_text",
            format!("byte {nul} is zero: the {what} is a binary file, not YAML or JSON text"),
        );
        return None;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or_default();
            let message = format!("byte {at} (0x{byte:02x}) is not UTF-8");
            report.error(
                "yaml::not_utf8",
                Span::new(at, at),
                message,
                "here",
                Some("save the file as UTF-8".to_owned()),
            );
            return None;
        }
    };
    let (text, offset) = bare(text);
    Some(Text { text: replace(text, offset, report), offset })
}

/// A text without its byte-order mark, and how many bytes that had.
pub(super) fn bare(text: &str) -> (&str, usize) {
    text.strip_prefix('\u{feff}').map_or((text, 0), |rest| (rest, 3))
}

/// Reports what has no place in the text.
fn whole(report: &mut Report, rule: &'static str, message: String) {
    report.add(Span::new(0, 0), Diagnostic::new(rule, Severity::Error, message));
}

/// Why a character may not stand in the text, if it may not.
///
/// The parsers differ on line separators and the inner byte-order mark; the others hide what is written.
const fn forbidden(c: char) -> Option<&'static str> {
    match c {
        '\t' | '\n' | '\r' => None,
        '\0'..='\x1f' | '\x7f'..='\u{84}' | '\u{86}'..='\u{9f}' => Some("a control character"),
        '\u{85}' | '\u{2028}' | '\u{2029}' => Some("a line separator that not every reader knows"),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("a bidirectional control: it changes the order in which the text is shown")
        }
        '\u{feff}' => Some("a byte-order mark inside the text"),
        '\u{fffe}' | '\u{ffff}' => Some("no character"),
        _ => None,
    }
}

/// The text with each forbidden character reported and replaced.
fn replace<'b>(text: &'b str, offset: usize, report: &mut Report) -> Cow<'b, str> {
    let mut clean = String::new();
    let (mut kept, mut count) = (0, 0);
    for (at, c) in text.char_indices() {
        let Some(why) = forbidden(c) else { continue };
        count += 1;
        let end = at + c.len_utf8();
        if count <= MOST {
            let message = format!("U+{:04X} is {why}", u32::from(c));
            let help = format!("remove it, or write `\\u{:04x}` inside double quotes", u32::from(c));
            let place = Span::new(offset + at, offset + end);
            let mut diagnostic = Diagnostic::new("yaml::control_character", Severity::Error, message)
                .label(report.at(place), "here")
                .help(help);
            if report.is_of_spec() {
                diagnostic = diagnostic.fix(Fix::suggested_by(vec![Edit::Text(place, String::new())]));
            }
            report.add(place, diagnostic);
        }
        clean.push_str(&text[kept..at]);
        clean.push(match c.len_utf8() {
            1 => '?',
            2 => '\u{bf}',
            _ => '\u{fffd}',
        });
        kept = end;
    }
    if count == 0 {
        return Cow::Borrowed(text);
    }
    if count > MOST {
        let message = format!("{} more such characters", count - MOST);
        whole(report, "yaml::control_character", message);
    }
    clean.push_str(&text[kept..]);
    Cow::Owned(clean)
}
