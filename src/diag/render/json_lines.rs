//! Diagnostics for programs: a JSON object a line.

use schemars::JsonSchema;
use serde::Serialize;

use super::finding::{AllowedFinding, Finding};
use super::json::{Counts, PassedBy, all_allowed, findings, harmless_json};
use crate::diag::Run;

/// A line of what `topoc check --format json-lines` writes. The last line is the summary.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Line<'a> {
    /// What was found.
    Finding(Box<Finding<'a>>),
    /// What was found and is allowed. It is in none of the summary's counts but its own.
    Allowed(Box<AllowedFinding<'a>>),
    /// How many of what, and what was not looked at.
    Summary(Summary<'a>),
}

/// How many of what, and what was not looked at.
#[derive(Serialize, JsonSchema)]
pub(super) struct Summary<'a> {
    #[serde(flatten)]
    counts: Counts,
    /// How many findings are allowed.
    allowed: usize,
    #[serde(flatten)]
    passed_by: PassedBy<'a>,
}

/// A run as JSON objects, each on one line, as [`super::finding_line_schema`] describes them: the findings
/// with `kind: finding`, the allowed ones with `kind: allowed`, and at the end one `kind: summary` with
/// what [`super::json_run`] has beside them. An output without a summary was cut short.
#[must_use]
pub fn json_lines(run: &Run<'_>) -> String {
    let mut out = String::new();
    let mut push = |line: &Line<'_>| {
        // Plain data with string keys: serialising cannot fail.
        out.push_str(&harmless_json(&serde_json::to_string(line).unwrap_or_default()));
        out.push('\n');
    };
    for finding in findings(run) {
        push(&Line::Finding(Box::new(finding)));
    }
    let mut allowed = 0;
    for finding in all_allowed(run) {
        push(&Line::Allowed(Box::new(finding)));
        allowed += 1;
    }
    push(&Line::Summary(Summary { counts: Counts::of(run), allowed, passed_by: PassedBy::of(run) }));
    out
}
