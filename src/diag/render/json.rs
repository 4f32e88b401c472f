//! Diagnostics for programs: one document.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::finding::{AllowedFinding, Finding, allowed, finding};
use crate::diag::{Diagnostic, Run, Severity, Sources};
use crate::source::is_unprintable;

/// The version of the form of [`json_run`] and [`super::json_lines`]. Within a version keys may be added;
/// none goes or changes its meaning.
pub const FINDINGS_VERSION: u32 = 1;

/// What `topoc check --format json` writes: all that it has to say of the files that it was given.
#[derive(Serialize, JsonSchema)]
pub(super) struct Document<'a> {
    #[serde(flatten)]
    counts: Counts,
    /// What was found, file by file.
    findings: Vec<Finding<'a>>,
    /// What was found and is allowed. It is in none of the counts.
    allowed: Vec<AllowedFinding<'a>>,
    #[serde(flatten)]
    passed_by: PassedBy<'a>,
}

/// How many of what.
#[derive(Serialize, JsonSchema)]
pub(super) struct Counts {
    /// The version of this form: 1.
    #[schemars(extend("const" = FINDINGS_VERSION))]
    version: u32,
    /// How many files were checked.
    files: usize,
    /// How many findings are errors.
    errors: usize,
    /// How many are warnings.
    warnings: usize,
    /// How many are notes.
    notes: usize,
}

/// What was not looked at.
#[derive(Serialize, JsonSchema)]
pub(super) struct PassedBy<'a> {
    /// The files that were passed by.
    skipped: Vec<SkippedFile<'a>>,
    /// The rules that did not run on some of the specs.
    not_run: Vec<RuleNotRun<'a>>,
}

/// A file that was passed by.
#[derive(Serialize, JsonSchema)]
struct SkippedFile<'a> {
    /// Its path.
    file: &'a str,
    /// Why, in words.
    why: &'a str,
}

/// A rule that did not run.
#[derive(Serialize, JsonSchema)]
struct RuleNotRun<'a> {
    /// Its name.
    rule: &'a str,
    /// Why, in words.
    why: &'a str,
    /// On how many of the specs.
    specs: usize,
}

impl Counts {
    pub(super) fn of(run: &Run<'_>) -> Self {
        let found = || run.files.iter().flat_map(|checked| checked.diagnostics);
        let count = |severity| found().filter(|diagnostic| diagnostic.severity == severity).count();
        Self {
            version: FINDINGS_VERSION,
            files: run.files.len(),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        }
    }
}

impl<'a> PassedBy<'a> {
    pub(super) fn of(run: &Run<'a>) -> Self {
        let skipped = run.skipped.iter().map(|file| SkippedFile { file: &file.name, why: &file.why });
        let not_run = run.not_run.iter().map(|r| RuleNotRun { rule: r.rule, why: &r.why, specs: r.specs });
        Self { skipped: skipped.collect(), not_run: not_run.collect() }
    }
}

/// The findings of a run, file by file.
pub(super) fn findings<'a>(run: &Run<'a>) -> impl Iterator<Item = Finding<'a>> {
    run.files.iter().flat_map(|checked| {
        checked.diagnostics.iter().map(|diagnostic| finding(diagnostic, &checked.sources, Some(checked.name)))
    })
}

/// The allowed findings of a run, file by file.
pub(super) fn all_allowed<'a>(run: &Run<'a>) -> impl Iterator<Item = AllowedFinding<'a>> {
    run.files
        .iter()
        .flat_map(|checked| checked.allowed.iter().map(|one| allowed(one, &checked.sources, checked.name)))
}

/// A run as one JSON object, and a line break at its end: `{version, files, errors, warnings, notes,
/// findings: [...], allowed: [...], skipped: [{file, why}], not_run: [{rule, why, specs}]}`, as
/// [`super::findings_schema`] describes it. A finding is as in [`json`]; an allowed one has also `by` and
/// `reason`. Texts are as they were written: hidden characters are escaped as JSON has it, no more.
#[must_use]
pub fn json_run(run: &Run<'_>) -> String {
    let document = Document {
        counts: Counts::of(run),
        findings: findings(run).collect(),
        allowed: all_allowed(run).collect(),
        passed_by: PassedBy::of(run),
    };
    pretty(&document)
}

/// A JSON document for people to read as well. Plain data with string keys: serialising cannot fail.
pub(super) fn pretty(value: &impl Serialize) -> String {
    harmless_json(&serde_json::to_string_pretty(value).unwrap_or_default()) + "\n"
}

/// A JSON list with one object per diagnostic, and a line break at its end:
///
/// `{rule, severity, message, file, labels: [{file, path, start: {line, column, byte}, end, text}],
/// help, notes, page, fix: {title, safety, edits}}`. `file` is the first label's; `page` is that of the rule,
/// relative to topoc's repository, null for a mistake of form; `fix` is null where none is known. `start`
/// and `end` are null where a label has no place in a text. Whatever the input, the output is valid JSON
/// and holds no control character but line breaks between its tokens.
///
/// # Errors
/// None that this data can cause; serde's error type is passed on.
pub fn json(diagnostics: &[Diagnostic], sources: &Sources<'_>) -> Result<String, serde_json::Error> {
    let findings: Vec<_> = diagnostics.iter().map(|diagnostic| finding(diagnostic, sources, None)).collect();
    Ok(harmless_json(&serde_json::to_string_pretty(&findings)?) + "\n")
}

/// JSON with every hidden character escaped.
///
/// serde_json escapes C0 inside of strings; outside, only its own line breaks occur. The other
/// hidden characters stand in strings alone, where JSON allows their escapes.
#[must_use]
pub fn harmless_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if c != '\n' && is_unprintable(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}
