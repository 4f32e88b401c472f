//! One line that says what ran, what was found, and what did not run and why.

use std::collections::BTreeMap;

use super::Done;
use crate::diag::{NotRun, Run, Severity, registry};

/// The rules that did not run on some of the specs, by rule and reason.
pub fn not_run(done: &[Done]) -> Vec<NotRun> {
    let mut count: BTreeMap<(&'static str, &str), usize> = BTreeMap::new();
    for (_, outcome) in done.iter().filter_map(|done| done.read.as_ref().ok()) {
        for (rule, why) in &outcome.report.not_run {
            *count.entry((rule, why)).or_default() += 1;
        }
    }
    count.into_iter().map(|((rule, why), specs)| NotRun { rule, why: why.to_owned(), specs }).collect()
}

/// The line. `is_hostless`: whether some spec was checked without a profile. `fixes`: what could be fixed.
pub fn line(run: &Run<'_>, checked: usize, broken: usize, is_hostless: bool, fixes: &str) -> String {
    let mut line = format!("checked {}: {}", many(checked, "spec"), tally(run));
    let allowed: usize = run.files.iter().map(|file| file.allowed.len()).sum();
    if allowed > 0 {
        line += &format!(", {allowed} allowed");
    }
    if broken > 0 {
        line += &format!("; {} not read", many(broken, "file"));
    }
    line += fixes;
    line += &skipped(run);
    let mut rules: Vec<_> = run.not_run.iter().map(|not_run| not_run.rule).collect();
    rules.dedup();
    if !rules.is_empty() {
        let why = if is_hostless { "no profile given" } else { "facts missing (--format json lists them)" };
        line += &format!("; {why}: {} of {} rules did not run", rules.len(), registry::all().count());
    }
    line
}

/// Errors, warnings and notes in words.
fn tally(run: &Run<'_>) -> String {
    let all = || run.files.iter().flat_map(|file| file.diagnostics);
    let count = |severity| all().filter(|found| found.severity == severity).count();
    let (errors, warnings, notes) = (count(Severity::Error), count(Severity::Warning), count(Severity::Note));
    let mut words = format!("{}, {}", many(errors, "error"), many(warnings, "warning"));
    if notes > 0 {
        words += &format!(", {}", many(notes, "note"));
    }
    words
}

/// What was passed by: how much, and why.
fn skipped(run: &Run<'_>) -> String {
    if run.skipped.is_empty() {
        return String::new();
    }
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for skipped in run.skipped {
        *count.entry(skipped.why.split(',').next().unwrap_or_default()).or_default() += 1;
    }
    let why: Vec<_> = count.into_iter().map(|(why, count)| format!("{count} {why}")).collect();
    format!("; {} skipped ({})", run.skipped.len(), why.join(", "))
}

fn many(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
