//! A page in Markdown for a terminal: as much of Markdown as the rules' pages use.

use super::human::Style;
use super::wrap::hang;

const BOLD: &str = "\x1b[1m";
const CYAN: &str = "\x1b[36m";
const RESET: &str = "\x1b[0m";

/// Headings at the margin, prose folded under an indent of 2, code under one of 4. Without colour
/// only the marks of headings and fences go: what is left reads as text.
#[must_use]
pub fn page(markdown: &str, style: Style) -> String {
    let mut out = String::new();
    let mut prose = String::new();
    let mut in_code = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            flush(&mut prose, &mut out, style);
            in_code = !in_code;
        } else if in_code {
            out.push_str(&format!("    {line}\n"));
        } else if line.starts_with('#') {
            flush(&mut prose, &mut out, style);
            let heading = line.trim_start_matches('#').trim_start();
            out.push_str(&paint(heading, BOLD, style.colour));
            out.push('\n');
        } else if line.is_empty() {
            flush(&mut prose, &mut out, style);
            if !out.ends_with("\n\n") && !out.is_empty() {
                out.push('\n');
            }
        } else {
            if line.starts_with("- ") {
                flush(&mut prose, &mut out, style);
            }
            if !prose.is_empty() {
                prose.push(' ');
            }
            prose.push_str(line.trim_start());
        }
    }
    flush(&mut prose, &mut out, style);
    out
}

/// Writes the paragraph or the item of a list that was gathered.
fn flush(prose: &mut String, out: &mut String, style: Style) {
    if prose.is_empty() {
        return;
    }
    let (head, text) = prose.strip_prefix("- ").map_or(("  ", prose.as_str()), |text| ("  - ", text));
    out.push_str(&emphasised(&hang(head, text, style.width), style.colour));
    prose.clear();
}

/// Code between backquotes in a colour of its own, without the backquotes; without colour they stay.
fn emphasised(text: &str, colour: bool) -> String {
    if !colour {
        return text.to_owned();
    }
    let piece = |(i, piece): (usize, &str)| {
        if i % 2 == 1 { paint(piece, CYAN, true) } else { piece.to_owned() }
    };
    text.split('`').enumerate().map(piece).collect()
}

fn paint(text: &str, escape: &str, on: bool) -> String {
    if on { format!("{escape}{text}{RESET}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# a::b\n\nOne line\nand `code that` stays.\n\n## What\n\n- an item that is\n  folded\n- another\n\n```yaml\nversion: 1\n  a: b\n```\n\n## End\n\nText.\n";

    #[test]
    fn plain_text_keeps_the_words() {
        let plain = page(PAGE, Style { colour: false, width: 30 });
        assert_eq!(
            plain,
            "a::b\n\n  One line and `code that`\n  stays.\n\nWhat\n\n  - an item that is folded\n  - another\n\n    \
             version: 1\n      a: b\n\nEnd\n\n  Text.\n"
        );
    }

    #[test]
    fn a_terminal_gets_headings_and_code_in_colour() {
        let coloured = page(PAGE, Style { colour: true, width: 80 });
        assert!(coloured.starts_with("\x1b[1ma::b\x1b[0m\n"), "{coloured:?}");
        assert!(coloured.contains("and \x1b[36mcode that\x1b[0m stays."), "{coloured:?}");
        assert!(!coloured.contains(['`', '#']), "{coloured:?}");
    }
}
