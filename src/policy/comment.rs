//! Comments in a spec that allow a finding: `# topoc: allow(RULE) reason`, on the line of the finding or above it.

use super::Name;
use crate::diag::{At, Diagnostic, Severity};
use crate::source::{Span, quoted};
use crate::yaml::{Comment, comments};

/// What marks a comment as one for topoc.
const MARK: &str = "topoc:";

/// A rule that a comment allows on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// The rule or family.
    pub name: Name,
    /// Why; empty where the comment does not say.
    pub reason: String,
    /// The name's bytes in the file.
    pub span: Span,
    /// The line that it is about, from 0; past the last one where nothing follows the comment.
    pub line: usize,
}

/// What the comments of a spec allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allows {
    /// One for each name, in order of the text.
    pub list: Vec<Allow>,
    /// What is wrong with the comments.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the comments of a spec's text.
#[must_use]
pub fn allows(text: &[u8]) -> Allows {
    let mut allows = Allows::default();
    // Most texts have none, and need no second reading.
    if !text.windows(MARK.len()).any(|bytes| bytes == MARK.as_bytes()) {
        return allows;
    }
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1))
        .collect();
    for comment in comments(text) {
        let Some(order) = comment.text.trim_start().strip_prefix(MARK) else { continue };
        let about = line_of(text, &starts, comment.span.start);
        one(&comment, order, about, &mut allows);
    }
    allows
}

/// The line that a comment at `at` is about: its own, or the next with something on it where it stands alone.
fn line_of(text: &[u8], starts: &[usize], at: usize) -> usize {
    let own = starts.partition_point(|start| *start <= at).saturating_sub(1);
    let words = |line: usize| {
        let end = starts.get(line + 1).copied().unwrap_or(text.len());
        let bytes = text.get(starts[line]..end).unwrap_or_default().trim_ascii_start();
        bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)
    };
    let is_bare = |line: usize| words(line).is_empty() || words(line).starts_with(b"#");
    (own..starts.len()).find(|line| !is_bare(*line)).unwrap_or(starts.len())
}

/// Reads what follows the mark.
fn one(comment: &Comment, order: &str, line: usize, allows: &mut Allows) {
    let inside = order.trim_start().strip_prefix("allow(").and_then(|rest| rest.split_once(')'));
    let Some((names, reason)) = inside.filter(|(names, _)| !names.trim().is_empty()) else {
        let found = format!("this comment is for topoc and says {}", quoted(order.trim()));
        allows.diagnostics.push(
            Diagnostic::new("spec::bad_comment", Severity::Warning, found)
                .label(At::Text(comment.span), "not understood")
                .help("write `# topoc: allow(RULE) reason`, with a rule of `topoc explain --list`"),
        );
        return;
    };
    let reason = reason.trim().trim_start_matches([':', '-', '–', '—']).trim();
    let first = comment.span.start + 1 + (comment.text.len() - order.len());
    for name in names.split(',') {
        let at = first + offset(order, name.trim());
        let span = Span::new(at, at + name.trim().len());
        match Name::find(name.trim()) {
            Ok(name) => allows.list.push(Allow { name, reason: reason.to_owned(), span, line }),
            Err(unknown) => {
                let mut found = Diagnostic::new("spec::unknown_rule", Severity::Error, unknown.message)
                    .label(At::Text(span), "no rule or family");
                found.help = unknown.help;
                allows.diagnostics.push(found);
            }
        }
    }
    if reason.is_empty() {
        allows.diagnostics.push(
            Diagnostic::new(
                "spec::allow_without_reason",
                Severity::Warning,
                "an allow that does not say why",
            )
            .label(At::Text(comment.span), "no reason")
            .help(format!("write `# topoc: allow({}) why it is right here`", names.trim())),
        );
    }
}

/// Where `part`, which is a slice of `whole`, begins in it.
fn offset(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String, usize, &str)> {
        let list = allows(text.as_bytes()).list;
        list.into_iter()
            .map(|a| (a.name.to_string(), a.reason, a.line, &text[a.span.start..a.span.end]))
            .collect()
    }

    fn mistakes(text: &str) -> Vec<(&'static str, String)> {
        let found = allows(text.as_bytes()).diagnostics;
        found.into_iter().map(|d| (d.rule, d.help.unwrap_or_default())).collect()
    }

    #[test]
    fn an_allow_is_about_its_line_or_the_next_with_something_on_it() {
        let text = "\u{feff}# topoc: allow(numa) ok\n\n  # more\r\na: 1 # topoc: allow(cache::not_nested, yaml): so\n# topoc:allow(apic) x";
        let name = |name: &'static str| name.to_owned();
        assert_eq!(
            read(text),
            [
                (name("numa"), name("ok"), 3, "numa"),
                (name("cache::not_nested"), name("so"), 3, "cache::not_nested"),
                (name("yaml"), name("so"), 3, "yaml"),
                (name("apic"), name("x"), 5, "apic"),
            ]
        );
        assert_eq!(read("a: 'x # topoc: allow(numa) y'\nb: |\n  # topoc: allow(numa) z\n"), []);
    }

    #[test]
    fn what_is_wrong_with_a_comment_is_told() {
        assert_eq!(
            mistakes("# topoc: allow(numa)\na: 1"),
            [("spec::allow_without_reason", "write `# topoc: allow(numa) why it is right here`".to_owned())]
        );
        let help = "write `# topoc: allow(RULE) reason`, with a rule of `topoc explain --list`".to_owned();
        for order in ["", "alow(numa) x", "allow()", "allow(numa", "allow numa"] {
            assert_eq!(mistakes(&format!("# topoc: {order}\na: 1")), [("spec::bad_comment", help.clone())]);
        }
        let text = "a: 1 # topoc: allow(numa::cut_core) x";
        let found = &allows(text.as_bytes()).diagnostics[0];
        assert_eq!((found.rule, found.severity), ("spec::unknown_rule", Severity::Error));
        let At::Text(span) = found.labels[0].at else { panic!() };
        assert_eq!(&text[span.start..span.end], "numa::cut_core");
        assert_eq!(allows(b"# topology: 2 sockets\na: 1"), Allows::default());
    }
}
