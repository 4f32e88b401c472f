//! Findings at the levels of a policy.

use super::{Allow, Allows, Levels, Setting};
use crate::diag::{Allowed, AllowedBy, At, Diagnostic, Severity, Sources, registry};

/// What is found between specs, after each is judged by itself.
const ACROSS: &str = "spec::name_twice";

/// By what findings are judged, and what of the spec is known.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// Levels: those of the command line, then those of the file.
    pub levels: [&'a Levels; 2],
    /// What the spec's comments allow.
    pub allows: &'a Allows,
    /// The texts that labels point into.
    pub sources: Sources<'a>,
    /// The rules that ran: what is allowed of others says nothing.
    pub ran: &'a [&'static str],
    /// Whether the text was read without a mistake. Else an allow may be about what was not reached.
    pub is_whole: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// What counts, in the order in which it was found, with what is wrong with the allows.
    pub diagnostics: Vec<Diagnostic>,
    /// What does not.
    pub allowed: Vec<Allowed>,
}

/// Judges findings. The order of the rest stays.
#[must_use]
pub fn judge(found: Vec<Diagnostic>, by: &Judge<'_>) -> Judged {
    let mut judged = Judged::default();
    let mut used = vec![false; by.allows.list.len()];
    let mut refused = vec![None; by.allows.list.len()];
    for mut diagnostic in found {
        let line = by.line(&diagnostic);
        let matching =
            by.allows.list.iter().position(|a| Some(a.line) == line && a.name.covers(diagnostic.rule));
        match matching {
            Some(at) if is_beyond(&diagnostic) => {
                used[at] = true;
                refused[at] = Some(diagnostic.rule);
                by.level(&mut diagnostic);
                judged.diagnostics.push(diagnostic);
            }
            Some(at) => {
                used[at] = true;
                let reason = by.allows.list[at].reason.clone();
                judged.allowed.push(Allowed { diagnostic, by: AllowedBy::Comment, reason });
            }
            None if by.level(&mut diagnostic) => judged.diagnostics.push(diagnostic),
            None => {
                judged.allowed.push(Allowed { diagnostic, by: AllowedBy::Policy, reason: String::new() });
            }
        }
    }
    let mut extra = by.allows.diagnostics.clone();
    for ((allow, used), refused) in by.allows.list.iter().zip(used).zip(refused) {
        if let Some(rule) = refused {
            extra.push(cannot_be_allowed(allow, rule));
        } else if !used && by.would_know(allow) {
            extra.push(without_effect(allow));
        }
    }
    for mut diagnostic in extra {
        if by.level(&mut diagnostic) {
            by.insert(&mut judged.diagnostics, diagnostic);
        }
    }
    judged
}

/// Whether a finding says that the machine cannot be, which no policy changes.
fn is_beyond(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error && !registry::is_overrulable(diagnostic.rule)
}

impl Judge<'_> {
    /// Gives the finding the level of the policy; false if that allows it.
    fn level(&self, diagnostic: &mut Diagnostic) -> bool {
        let setting = self.levels.iter().find_map(|levels| levels.of(diagnostic.rule));
        match setting {
            None => {}
            Some(Setting::Deny) => diagnostic.severity = Severity::Error,
            Some(_) if is_beyond(diagnostic) => {
                diagnostic
                    .notes
                    .push("no policy lowers this error: no guest can have such a machine".to_owned());
            }
            Some(Setting::Warn) => diagnostic.severity = Severity::Warning,
            Some(Setting::Allow) => return false,
        }
        true
    }

    /// The line of the spec on which a finding stands, from 0.
    fn line(&self, diagnostic: &Diagnostic) -> Option<usize> {
        let at = &diagnostic.labels.first()?.at;
        let spec = self.sources.spec?.file;
        let place = self.sources.resolve(at).place.filter(|place| std::ptr::eq(place.file, spec))?;
        Some(spec.line_starts().partition_point(|start| *start <= place.span.start).saturating_sub(1))
    }

    /// Whether what a comment allows would have been found.
    fn would_know(&self, allow: &Allow) -> bool {
        let mut rules = registry::all().map(|rule| rule.name).filter(|rule| allow.name.covers(rule));
        self.is_whole && !allow.name.covers(ACROSS) && rules.all(|rule| self.ran.contains(&rule))
    }

    /// Adds a finding of a comment before the first that stands behind it in the text.
    fn insert(&self, diagnostics: &mut Vec<Diagnostic>, diagnostic: Diagnostic) {
        let start = |diagnostic: &Diagnostic| {
            let place = self.sources.resolve(&diagnostic.labels.first()?.at).place?;
            self.sources.spec.filter(|spec| std::ptr::eq(spec.file, place.file)).map(|_| place.span.start)
        };
        let start = |diagnostic: &Diagnostic| start(diagnostic).unwrap_or(usize::MAX);
        let own = start(&diagnostic);
        let at = diagnostics.iter().position(|other| start(other) > own).unwrap_or(diagnostics.len());
        diagnostics.insert(at, diagnostic);
    }
}

fn without_effect(allow: &Allow) -> Diagnostic {
    let name = allow.name;
    let message = format!("nothing is found here that `allow({name})` is about");
    Diagnostic::new("spec::allow_without_effect", Severity::Warning, message)
        .label(At::Text(allow.span), "allows nothing")
        .help("remove it, or move it to the line of the finding or the line above")
}

fn cannot_be_allowed(allow: &Allow, rule: &str) -> Diagnostic {
    let message = format!("`{rule}` cannot be allowed: no guest can have such a machine");
    Diagnostic::new("spec::allow_refused", Severity::Warning, message)
        .label(At::Text(allow.span), "has no effect")
        .help("remove it, and mend what the error says")
}
