//! SARIF 2.1.0, the form that code scanning reads.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::fingerprint::Fingerprints;
use super::json::pretty;
use super::spot::{Spot, file_of, uri};
use super::words;
use crate::diag::sources::path_of;
use crate::diag::{
    Allowed, AllowedBy, Checked, Diagnostic, Label, Place, READING, Run, Severity, Sources, registry,
};
use crate::source::{SpecPath, printable};

/// A file that could not be read: the run is not whole.
const NOT_READABLE: &str = "spec::not_readable";
/// Where the standard keeps the schema.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Where topoc is at home; empty until its manifest says so.
const HOME: &str = env!("CARGO_PKG_REPOSITORY");

/// A run as a SARIF 2.1.0 log with one run of the tool, and a line break at its end.
///
/// Every rule that occurs is described, with the text of its page. Columns count characters
/// (`unicodeCodePoints`). What is allowed is there with a suppression: `inSource` for a comment, `external`
/// for the policy. `partialFingerprints` hold `topocFinding/v1`, which does not change with lines above
/// (`primaryLocationLineHash` is left to GitHub's upload action, which computes it from the file).
/// Files that were not read or passed by, and rules that did not run, are notifications of the run.
#[must_use]
pub fn sarif(run: &Run<'_>) -> String {
    let rules = rules(run);
    let mut fingerprints = Fingerprints::default();
    let mut results = Vec::new();
    for checked in run.files {
        for diagnostic in checked.diagnostics {
            results.push(result(diagnostic, None, checked, &rules, &mut fingerprints));
        }
        for allowed in checked.allowed {
            results.push(result(&allowed.diagnostic, Some(allowed), checked, &rules, &mut fingerprints));
        }
    }
    let mut driver = json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
    });
    if !HOME.is_empty() {
        driver["informationUri"] = json!(HOME);
    }
    pretty(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": unread(run).next().is_none(),
                "toolExecutionNotifications": notifications(run, &rules),
            }],
            "results": results,
        }],
    }))
}

/// The names of the rules that occur, in order.
fn rules(run: &Run<'_>) -> Vec<&'static str> {
    let found = run.files.iter().flat_map(|checked| {
        let allowed = checked.allowed.iter().map(|allowed| &allowed.diagnostic);
        checked.diagnostics.iter().chain(allowed)
    });
    found.map(|diagnostic| diagnostic.rule).collect::<BTreeSet<_>>().into_iter().collect()
}

/// What is known of a rule. A mistake of form has one line and no page.
fn descriptor(name: &str) -> Value {
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(name));
    if let Some(rule) = registry::find(name) {
        out.insert("shortDescription".to_owned(), json!({ "text": rule.summary }));
        out.insert("fullDescription".to_owned(), json!({ "text": rule.earned_by }));
        out.insert("help".to_owned(), json!({ "text": rule.text(), "markdown": rule.text() }));
        out.insert("defaultConfiguration".to_owned(), json!({ "level": rule.level.worst().word() }));
        out.insert("properties".to_owned(), json!({ "tags": [rule.family()] }));
        if !HOME.is_empty() {
            out.insert("helpUri".to_owned(), json!(format!("{HOME}/blob/HEAD/{}", rule.page())));
        }
    } else if let Some((_, text)) = READING.iter().find(|(reading, _)| *reading == name) {
        out.insert("shortDescription".to_owned(), json!({ "text": text }));
    }
    Value::Object(out)
}

fn result(
    diagnostic: &Diagnostic,
    allowed: Option<&Allowed>,
    checked: &Checked<'_>,
    rules: &[&str],
    fingerprints: &mut Fingerprints,
) -> Value {
    let mut lines = vec![printable(&diagnostic.message)];
    lines.extend(words::advice(diagnostic));
    let mut out = json!({
        "ruleId": diagnostic.rule,
        "level": diagnostic.severity.word(),
        "message": message(&lines.join("\n")),
        "locations": [primary(diagnostic, checked)],
        "partialFingerprints": { "topocFinding/v1": fingerprints.next(diagnostic, checked) },
    });
    if let Ok(index) = rules.binary_search(&diagnostic.rule) {
        out["ruleIndex"] = json!(index);
    }
    let related = related(diagnostic, &checked.sources);
    if !related.is_empty() {
        out["relatedLocations"] = Value::Array(related);
    }
    if let Some(fix) = fix(diagnostic, &checked.sources) {
        out["fixes"] = json!([fix]);
    }
    if let Some(allowed) = allowed {
        let kind = match allowed.by {
            AllowedBy::Comment => "inSource",
            AllowedBy::Policy => "external",
        };
        let mut suppression = json!({ "kind": kind, "status": "accepted" });
        if !allowed.reason.is_empty() {
            suppression["justification"] = json!(printable(&allowed.reason));
        }
        out["suppressions"] = json!([suppression]);
    }
    out
}

/// A plain text. Readers make links of `[text](target)` in it, which a text of others must not be.
fn message(text: &str) -> Value {
    json!({ "text": text.replace("](", "] (") })
}

/// Where a finding stands: the place of its first label, or the file.
fn primary(diagnostic: &Diagnostic, checked: &Checked<'_>) -> Value {
    let first = diagnostic.labels.first();
    let mut out = first.and_then(|label| location(label, &checked.sources)).unwrap_or_else(|| json!({}));
    if out.get("physicalLocation").is_none() {
        out["physicalLocation"] = physical(checked.name, None);
    }
    out
}

/// The other labels, and where aliases are defined.
fn related(diagnostic: &Diagnostic, sources: &Sources<'_>) -> Vec<Value> {
    let mut out = Vec::new();
    for (i, label) in diagnostic.labels.iter().enumerate() {
        if i > 0 {
            out.extend(location(label, sources));
        }
        if let Some(place) = sources.resolve(&label.at).definition {
            out.push(json!({
                "physicalLocation": physical(place.file.name(), Some(place)),
                "message": message("defined here"),
            }));
        }
    }
    for (id, location) in out.iter_mut().enumerate() {
        location["id"] = json!(id + 1);
    }
    out
}

/// A label: its bytes, its path, its text. Nothing where neither file nor path is known.
fn location(label: &Label, sources: &Sources<'_>) -> Option<Value> {
    let mut out = json!({});
    if let Some(file) = file_of(label, sources) {
        out["physicalLocation"] = physical(file, sources.resolve(&label.at).place);
    }
    if let Some(path) = path_of(&label.at).map(SpecPath::as_str).filter(|path| !path.is_empty()) {
        out["logicalLocations"] = json!([{ "fullyQualifiedName": printable(path) }]);
    }
    if out.as_object().is_none_or(Map::is_empty) {
        return None;
    }
    if !label.text.is_empty() {
        out["message"] = message(&printable(&label.text));
    }
    Some(out)
}

fn physical(file: &str, place: Option<Place<'_>>) -> Value {
    let mut out = json!({ "artifactLocation": artifact(file) });
    if let Some(place) = place {
        out["region"] = region(place);
    }
    out
}

fn region(place: Place<'_>) -> Value {
    let start = place.file.line_column(place.span.start);
    let end = place.file.line_column(place.span.end);
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// What would mend a finding, where that is known and can be done without doubt. What is put in is as it
/// would stand in the file.
fn fix(diagnostic: &Diagnostic, sources: &Sources<'_>) -> Option<Value> {
    let fix = diagnostic.fix.as_deref()?;
    let spec = sources.spec?;
    let replacements = fix.replacements(spec)?.into_iter().map(|one| {
        json!({
            "deletedRegion": region(Place { file: spec.file, span: one.span }),
            "insertedContent": { "text": one.text },
        })
    });
    Some(json!({
        "description": message(&printable(&fix.title)),
        "artifactChanges": [{
            "artifactLocation": artifact(spec.file.name()),
            "replacements": replacements.collect::<Vec<_>>(),
        }],
    }))
}

/// A file: relative ones are relative to where topoc ran, which CI sets to the root of the sources.
fn artifact(file: &str) -> Value {
    let uri = uri(file);
    if uri.starts_with("file:") {
        json!({ "uri": uri })
    } else {
        json!({ "uri": uri, "uriBaseId": "%SRCROOT%" })
    }
}

/// The findings that a file could not be read, each with its file.
fn unread<'a>(run: &Run<'a>) -> impl Iterator<Item = (&'a Checked<'a>, &'a Diagnostic)> {
    run.files.iter().flat_map(|checked| {
        let unread = checked
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.rule == NOT_READABLE && diagnostic.severity == Severity::Error);
        unread.map(move |diagnostic| (checked, diagnostic))
    })
}

/// What was not done, and why.
fn notifications(run: &Run<'_>, rules: &[&str]) -> Vec<Value> {
    let mut out = Vec::new();
    for (checked, diagnostic) in unread(run) {
        let mut rule = json!({ "id": diagnostic.rule });
        if let Ok(index) = rules.binary_search(&diagnostic.rule) {
            rule["index"] = json!(index);
        }
        out.push(json!({
            "level": "error",
            "message": message(&printable(&diagnostic.message)),
            "locations": [{ "physicalLocation": physical(Spot::of(diagnostic, checked).file, None) }],
            "associatedRule": rule,
        }));
    }
    for file in run.skipped {
        out.push(json!({
            "level": "note",
            "message": message(&format!("passed by: {}", printable(&file.why))),
            "locations": [{ "physicalLocation": physical(&file.name, None) }],
        }));
    }
    for rule in run.not_run {
        let s = if rule.specs == 1 { "" } else { "s" };
        let text = format!("did not run on {} spec{s}: {}", rule.specs, printable(&rule.why));
        out.push(json!({
            "level": "note",
            "message": message(&text),
            "associatedRule": { "id": rule.rule },
        }));
    }
    out
}
