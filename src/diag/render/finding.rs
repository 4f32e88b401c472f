//! The form of one finding in JSON. Its schema is made from these types, their words from these
//! comments.

use schemars::JsonSchema;
use serde::Serialize;

use super::spot::file_of;
use crate::diag::sources::path_of;
use crate::diag::{
    Allowed, AllowedBy, Diagnostic, Fix, Label, Replacement, Rule, Safety, Severity, Sources, registry,
};
use crate::source::{SourceFile, SpecPath};

/// What a rule, or the reading of a text, found.
#[derive(Serialize, JsonSchema)]
pub(super) struct Finding<'a> {
    /// The rule's name, such as `cache::llc_spans_nodes`; a mistake of form has a name of the same kind.
    rule: &'a str,
    /// How bad it is.
    severity: Word,
    /// The conflict in one line.
    message: &'a str,
    /// The file: that of the first label, and without labels the one that was checked.
    file: Option<&'a str>,
    /// Where: the guilty value first, then the other parties.
    labels: Vec<Mark<'a>>,
    /// What to write instead; it may have several lines.
    help: Option<&'a str>,
    /// What else to know.
    notes: Vec<&'a str>,
    /// The rule's page, relative to topoc's repository; null for a mistake of form.
    page: Option<String>,
    /// What would mend it, where that is known.
    fix: Option<Mend<'a>>,
}

/// A place and what it has to do with the finding.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Label")]
struct Mark<'a> {
    /// The file that it stands in, where there is one.
    file: Option<&'a str>,
    /// The path of the value, such as `caches.l3.size`; null where a label points by bytes alone.
    path: Option<&'a str>,
    /// Where it begins; null where it has no place in a text.
    start: Option<Position>,
    /// Where it ends: the place behind its last character.
    end: Option<Position>,
    /// What to say there; may be empty.
    text: &'a str,
}

/// A place in a text.
#[derive(Serialize, JsonSchema)]
struct Position {
    /// The line, from 1.
    line: usize,
    /// The column in characters, from 1.
    column: usize,
    /// The byte, from 0.
    byte: usize,
}

/// What would mend a finding.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Fix")]
struct Mend<'a> {
    /// What it does, as an order.
    title: &'a str,
    /// Whether it may be applied unseen.
    safety: Applied,
    /// The changes of the spec's text, in its order, none overlapping another: all are made or none. Null
    /// where they cannot be made without doubt, such as through an alias.
    edits: Option<Vec<Change>>,
}

/// A change of a text.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Edit")]
struct Change {
    /// Where what goes begins.
    start: Position,
    /// Where it ends: the place behind its last character. That of `start` where something is put in.
    end: Position,
    /// What comes in its place; empty where something is taken out.
    text: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Severity")]
enum Word {
    /// It does not compile.
    Error,
    /// It compiles, and a mainstream guest may misbehave.
    Warning,
    /// Nothing is wrong, but the user should know.
    Note,
}

/// Whether a fix may be applied unseen.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Safety")]
enum Applied {
    /// By `--fix`.
    Safe,
    /// By `--fix --unsafe-fixes`: it is one of several ways out, or it changes the machine.
    Unsafe,
}

/// A finding that counts for nothing, by decision.
#[derive(Serialize, JsonSchema)]
pub(super) struct AllowedFinding<'a> {
    #[serde(flatten)]
    finding: Finding<'a>,
    /// Who decided.
    by: By,
    /// Why; empty where nobody said.
    reason: &'a str,
}

/// Who allows a finding.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AllowedBy")]
enum By {
    /// A comment in the spec.
    Comment,
    /// The policy file or an option.
    Policy,
}

/// A finding of the file `name`, which is the finding's where no label knows better.
pub(super) fn finding<'a>(
    diagnostic: &'a Diagnostic,
    sources: &Sources<'a>,
    name: Option<&'a str>,
) -> Finding<'a> {
    let labels: Vec<_> = diagnostic.labels.iter().map(|label| mark(label, sources)).collect();
    Finding {
        rule: diagnostic.rule,
        severity: match diagnostic.severity {
            Severity::Error => Word::Error,
            Severity::Warning => Word::Warning,
            Severity::Note => Word::Note,
        },
        message: &diagnostic.message,
        file: match labels.first() {
            Some(mark) => mark.file.or(name),
            None => name.or_else(|| sources.spec.map(|spec| spec.file.name())),
        },
        labels,
        help: diagnostic.help.as_deref(),
        notes: diagnostic.notes.iter().map(String::as_str).collect(),
        page: registry::find(diagnostic.rule).map(Rule::page),
        fix: diagnostic.fix.as_deref().map(|fix| mend(fix, sources)),
    }
}

/// An allowed finding of the file `name`.
pub(super) fn allowed<'a>(allowed: &'a Allowed, sources: &Sources<'a>, name: &'a str) -> AllowedFinding<'a> {
    AllowedFinding {
        finding: finding(&allowed.diagnostic, sources, Some(name)),
        by: match allowed.by {
            AllowedBy::Comment => By::Comment,
            AllowedBy::Policy => By::Policy,
        },
        reason: &allowed.reason,
    }
}

fn mark<'a>(label: &'a Label, sources: &Sources<'a>) -> Mark<'a> {
    let resolved = sources.resolve(&label.at);
    Mark {
        file: file_of(label, sources),
        path: path_of(&label.at).map(SpecPath::as_str),
        start: resolved.place.map(|place| position(place.file, place.span.start)),
        end: resolved.place.map(|place| position(place.file, place.span.end)),
        text: &label.text,
    }
}

fn position(file: &SourceFile, byte: usize) -> Position {
    let at = file.line_column(byte);
    Position { line: at.line, column: at.column, byte }
}

fn mend<'a>(fix: &'a Fix, sources: &Sources<'_>) -> Mend<'a> {
    let edits = sources.spec.and_then(|spec| {
        let change = |one: Replacement| Change {
            start: position(spec.file, one.span.start),
            end: position(spec.file, one.span.end),
            text: one.text,
        };
        Some(fix.replacements(spec)?.into_iter().map(change).collect())
    });
    Mend {
        title: &fix.title,
        safety: match fix.safety {
            Safety::Safe => Applied::Safe,
            Safety::Unsafe => Applied::Unsafe,
        },
        edits,
    }
}
