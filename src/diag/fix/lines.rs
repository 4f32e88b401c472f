//! The lines of a text, as far as edits of YAML need them.

/// Where the line of this byte begins, behind a byte-order mark.
pub(super) fn start_of(text: &str, at: usize) -> usize {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    if text[start..].starts_with('\u{feff}') { start + '\u{feff}'.len_utf8() } else { start }
}

/// Where the line of this byte ends, before its line break.
pub(super) fn end_of(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    if text[at..end].ends_with('\r') { end - 1 } else { end }
}

/// Where the line after that of this byte begins; the end of the text where there is none.
pub(super) fn next(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}

/// The line break that the text uses at this byte's line, or else at all.
pub(super) fn line_break(text: &str, at: usize) -> &'static str {
    let end = end_of(text, at);
    let here = &text[end..];
    let crlf = here.starts_with('\r') || (here.is_empty() && text.contains("\r\n"));
    if crlf { "\r\n" } else { "\n" }
}

/// Whether what is left of a line is no more than blanks and a comment.
pub(super) fn is_rest(rest: &str) -> bool {
    let bare = rest.trim_start_matches([' ', '\t']);
    bare.is_empty() || (bare.starts_with('#') && (bare.len() < rest.len()))
}

/// Whether a part of a text may hold a comment. Quoted text that looks like one counts as one.
pub(super) fn may_comment(part: &str) -> bool {
    part.match_indices('#').any(|(at, _)| part[..at].chars().next_back().is_none_or(char::is_whitespace))
}

/// The byte behind the blanks from here on.
pub(super) fn skip_blanks(text: &str, at: usize) -> usize {
    at + text[at..].len() - text[at..].trim_start_matches([' ', '\t']).len()
}

/// The byte behind the last that is no blank before here.
pub(super) fn back_over_blanks(text: &str, at: usize) -> usize {
    text[..at].trim_end_matches([' ', '\t']).len()
}
