//! Applying the fixes of many findings to one text, until nothing is left to do.

use std::collections::{HashMap, HashSet};

use super::{Replacement, Safety};
use crate::diag::{Diagnostic, Document, READING, Severity};
use crate::source::{SourceFile, SpanIndex};

/// How often a text is judged at most. A pass takes one look, a fix that is refused about as many as
/// the logarithm of the number of fixes.
const MOST_LOOKS: usize = 100;

/// What a text came to.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// What was found in it.
    pub diagnostics: Vec<Diagnostic>,
    /// Where its values stand.
    pub spans: SpanIndex,
    /// Rules that did not run on it: what they find once they do is not new.
    pub not_run: Vec<&'static str>,
}

/// A text with its fixes applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The text.
    pub text: String,
    /// How many findings were fixed.
    pub applied: usize,
    /// How many findings are left that have such a fix: it cannot be made without doubt, or what came
    /// of it was worse.
    pub left: usize,
}

/// Applies every fix that is as safe as asked for to a text. `judge` finds what is wrong with a text.
///
/// Fixes that overlap wait for one another. One is undone unless its finding goes, and where it brings
/// an error that was not there: a rule that could look before finds more than it did, or the text is no
/// YAML any longer. What only came to light does not count: rules cannot judge what was not readable.
pub fn apply_fixes(text: &str, least: Safety, mut judge: impl FnMut(&str) -> Judged) -> Applied {
    let mut text = text.to_owned();
    let mut judged = judge(&text);
    let (mut applied, mut limit) = (0, usize::MAX);
    let (mut refused, mut seen) = (HashSet::new(), HashSet::from([text.clone()]));
    for _ in 0..MOST_LOOKS {
        let file = SourceFile::new("", text.as_str());
        let document = Document { file: &file, spans: Some(&judged.spans) };
        let wanted = judged.diagnostics.iter().filter(|found| !refused.contains(&name(found)));
        let (fixed, changes) = apart(wanted, document, least, limit);
        if fixed.is_empty() {
            break;
        }
        let new = splice(&text, &changes);
        let after = judge(&new);
        if is_better(&judged, &after, &fixed) && seen.insert(new.clone()) {
            applied += fixed.len();
            (text, judged, limit) = (new, after, usize::MAX);
        } else if let [only] = fixed.as_slice() {
            refused.insert(name(only));
            limit = usize::MAX;
        } else {
            limit = fixed.len() / 2;
        }
    }
    let left = judged.diagnostics.iter().filter(|found| has_fix(found, least)).count();
    Applied { text, applied, left }
}

/// How many findings have a fix that is as safe as asked for and can be made.
#[must_use]
pub fn fixable(diagnostics: &[Diagnostic], document: Document<'_>, least: Safety) -> usize {
    let is_one = |found: &&Diagnostic| {
        let fix = found.fix.as_ref().filter(|_| has_fix(found, least));
        fix.is_some_and(|fix| fix.replacements(document).is_some())
    };
    diagnostics.iter().filter(is_one).count()
}

fn has_fix(found: &Diagnostic, least: Safety) -> bool {
    found.fix.as_ref().is_some_and(|fix| fix.safety <= least)
}

/// What tells a finding from others, wherever it stands.
fn name(found: &Diagnostic) -> (&'static str, String, String) {
    let title = found.fix.as_ref().map(|fix| fix.title.clone()).unwrap_or_default();
    (found.rule, found.message.clone(), title)
}

/// The first findings whose fixes touch no place twice, and the changes in order of the text.
fn apart<'d>(
    wanted: impl Iterator<Item = &'d Diagnostic>,
    document: Document<'_>,
    least: Safety,
    limit: usize,
) -> (Vec<&'d Diagnostic>, Vec<Replacement>) {
    let (mut fixed, mut changes): (Vec<_>, Vec<Replacement>) = (Vec::new(), Vec::new());
    for found in wanted {
        let fix = found.fix.as_ref().filter(|_| has_fix(found, least));
        let Some(new) = fix.and_then(|fix| fix.replacements(document)) else { continue };
        let touches =
            |a: &Replacement| new.iter().any(|b| a.span.start <= b.span.end && b.span.start <= a.span.end);
        // Most fixes are few, and what they change too: their square is no matter.
        if changes.iter().any(touches) {
            continue;
        }
        changes.extend(new);
        fixed.push(found);
        if fixed.len() == limit {
            break;
        }
    }
    changes.sort_by_key(|change| change.span);
    (fixed, changes)
}

/// The text with changes that are in order and apart.
fn splice(text: &str, changes: &[Replacement]) -> String {
    let mut new = String::with_capacity(text.len());
    let mut at = 0;
    for Replacement { span, text: change } in changes {
        new.push_str(text.get(at..span.start).unwrap_or_default());
        new.push_str(change);
        at = span.end;
    }
    new.push_str(text.get(at..).unwrap_or_default());
    new
}

/// What comes to light when: a text that is no YAML hides mistakes of form, and those hide what rules find.
fn stage(rule: &str) -> u8 {
    match READING.iter().any(|(name, _)| *name == rule) {
        true if rule.starts_with("yaml::") => 0,
        true => 1,
        false => 2,
    }
}

fn count<K: std::hash::Hash + Eq>(keys: impl Iterator<Item = K>) -> HashMap<K, usize> {
    keys.fold(HashMap::new(), |mut counts, key| {
        *counts.entry(key).or_default() += 1;
        counts
    })
}

/// Whether the fixed findings are gone, and no other error came.
fn is_better(before: &Judged, after: &Judged, fixed: &[&Diagnostic]) -> bool {
    let messages =
        |judged: &Judged| count(judged.diagnostics.iter().map(|found| (found.rule, found.message.clone())));
    let (was, is) = (messages(before), messages(after));
    let gone = count(fixed.iter().map(|found| (found.rule, found.message.clone())));
    let of = |counts: &HashMap<_, usize>, key| counts.get(key).copied().unwrap_or_default();
    if gone.iter().any(|(key, number)| of(&is, key) + number > of(&was, key)) {
        return false;
    }
    let errors = |judged: &Judged| {
        count(
            judged
                .diagnostics
                .iter()
                .filter(|found| found.severity == Severity::Error)
                .map(|found| found.rule),
        )
    };
    let (was, is) = (errors(before), errors(after));
    let latest = fixed.iter().map(|found| stage(found.rule)).max().unwrap_or_default();
    is.iter().all(|(rule, number)| {
        let more = *number > was.get(rule).copied().unwrap_or_default();
        // Under a key that was not known, nothing was looked at.
        let renamed = *rule == "spec::unknown_key" && fixed.iter().any(|found| found.rule == *rule);
        let hidden = stage(rule) > latest && was.keys().any(|other| stage(other) < stage(rule));
        !more || hidden || before.not_run.contains(rule) || renamed
    })
}
