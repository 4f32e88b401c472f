//! One line per diagnostic: `file:line:column: error[rule]: message`.

use std::fmt::Write as _;

use crate::diag::{Diagnostic, Sources};
use crate::source::printable;

/// One line per diagnostic, for editors and `grep`. The place is the first label's; what has no
/// place has no prefix.
#[must_use]
pub fn concise(diagnostics: &[Diagnostic], sources: &Sources<'_>) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let resolved = diagnostic.labels.first().map(|label| sources.resolve(&label.at));
        let prefix = match resolved.map(|r| (r.place, r.file)) {
            Some((Some(place), _)) => {
                let at = place.file.line_column(place.span.start);
                format!("{}:{}:{}: ", first(place.file.name()), at.line, at.column)
            }
            Some((None, Some(file))) => format!("{}: ", first(file)),
            _ => String::new(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{prefix}{}[{}]: {}",
            diagnostic.severity.word(),
            diagnostic.rule,
            printable(&diagnostic.message)
        );
    }
    out
}

/// A file's name as the first word of a line. A runner of GitHub takes a line that begins with `::` for a command, and
/// whoever makes a pull request names its files.
fn first(name: &str) -> String {
    let is_command = name.trim_start().starts_with("::");
    format!("{}{}", if is_command { "./" } else { "" }, printable(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_begins_with_a_command() {
        assert_eq!(first("::add-mask::x.yaml"), "./::add-mask::x.yaml");
        assert_eq!(first(" ::x"), "./ ::x");
        assert_eq!(first("a::b.yaml"), "a::b.yaml");
    }
}
