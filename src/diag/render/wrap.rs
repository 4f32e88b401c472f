//! Folding prose to the terminal's width.

/// `text` under `head`, continued under an indent of `head`'s width. Lines that the text has stay
/// lines; longer ones fold at spaces, but never inside of `code` between backquotes, which must
/// survive being copied.
#[must_use]
pub fn hang(head: &str, text: &str, width: usize) -> String {
    let indent = head.chars().count();
    let room = width.saturating_sub(indent).max(20);
    let mut out = String::from(head);
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
        }
        let mut used = 0;
        for (j, piece) in pieces(line).into_iter().enumerate() {
            let length = piece.chars().count();
            if j > 0 && used + 1 + length > room {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', indent));
                used = 0;
            } else if j > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(piece);
            used += length;
        }
    }
    out.push('\n');
    out
}

/// A line cut at the spaces that may become line breaks.
fn pieces(line: &str) -> Vec<&str> {
    // A line that is indented is a quotation: it stays whole.
    if line.starts_with(' ') {
        return vec![line];
    }
    let mut in_code = false;
    line.split(move |c| {
        if c == '`' {
            in_code = !in_code;
        }
        c == ' ' && !in_code
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_never_folded() {
        let text = "write `{ sockets: [0], memory: 64GiB }` in place of this one";
        assert_eq!(
            hang("  help: ", text, 40),
            "  help: write\n        `{ sockets: [0], memory: 64GiB }`\n        in place of this one\n"
        );
    }

    #[test]
    fn lines_and_their_indents_stay() {
        let text = "write\n  numa:\n    per: die";
        assert_eq!(hang("  help: ", text, 80), "  help: write\n          numa:\n            per: die\n");
    }
}
