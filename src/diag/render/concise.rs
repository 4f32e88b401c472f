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
                format!("{}:{}:{}: ", printable(place.file.name()), at.line, at.column)
            }
            Some((None, Some(file))) => format!("{}: ", printable(file)),
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
