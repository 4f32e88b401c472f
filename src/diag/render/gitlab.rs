//! GitLab's code quality report.

use serde::Serialize;

use super::fingerprint::Fingerprints;
use super::json::pretty;
use super::spot::{Spot, slashed};
use super::words;
use crate::diag::{Run, Severity};
use crate::source::printable;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// The findings as GitLab's code quality report, which is a list in JSON: `[{description, check_name,
/// fingerprint, severity, location: {path, lines: {begin}}}]`, and a line break at its end.
///
/// An error is `critical`, a warning `major`, a note `info`. A finding without a place stands in line 1,
/// since GitLab takes none without a line. The fingerprint is the same in every run, wherever in its file
/// the finding stands, and no two of a report are alike.
#[must_use]
pub fn gitlab(run: &Run<'_>) -> String {
    let mut fingerprints = Fingerprints::default();
    let mut issues = Vec::new();
    for checked in run.files {
        for diagnostic in checked.diagnostics {
            let spot = Spot::of(diagnostic, checked);
            let mut lines = vec![printable(&diagnostic.message)];
            lines.extend(words::advice(diagnostic));
            issues.push(Issue {
                description: lines.join("\n"),
                check_name: diagnostic.rule,
                fingerprint: fingerprints.next(diagnostic, checked),
                severity: match diagnostic.severity {
                    Severity::Error => "critical",
                    Severity::Warning => "major",
                    Severity::Note => "info",
                },
                location: Location {
                    path: printable(&slashed(spot.file)),
                    lines: Lines { begin: spot.range.map_or(1, |(start, _)| start.line) },
                },
            });
        }
    }
    pretty(&issues)
}
