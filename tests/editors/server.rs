//! What yaml-language-server makes of the schema.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};
use topoc::diag::{At, Diagnostic};
use topoc::spec;

use crate::common::root;
use crate::document::{empty_mapping, empty_value, key};
use crate::language::{Language, join};
use crate::lsp::Server;
use crate::need;
use crate::validator::{is_refused_by_a_rule, specs};

/// A server with these settings; `None` where there is no such program.
pub fn start(settings: Value) -> Option<Server> {
    match Server::start("yaml-language-server", &format!("file://{}", root().display()), settings) {
        Ok(server) => Some(server),
        Err(why) => {
            need::skip("yaml-language-server", &format!("yaml-language-server does not start: {why}"));
            None
        }
    }
}

/// A server to which every `*.topoc.yaml` has the schema, and nothing else does.
fn server() -> Option<Server> {
    let schema = format!("file://{}/schema/spec.v1.schema.json", root().display());
    let yaml = json!({
        "validate": true, "hover": true, "completion": true,
        "schemaStore": {"enable": false}, "schemas": {schema: ["*.topoc.yaml"]},
    });
    let mut server = start(json!({"yaml": yaml}))?;
    server.wait_for_a_mistake("file:///asked/first.topoc.yaml", "version: one\n");
    Some(server)
}

/// A document of its own for each question: `file:///asked/1.topoc.yaml`.
fn uri(number: usize) -> String {
    format!("file:///asked/{number}.topoc.yaml")
}

/// Markdown's text as it was before it became markdown.
fn plain(text: &str) -> String {
    text.replace('\\', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_key_is_proposed_where_it_may_stand() {
    let Some(mut server) = server() else { return };
    let language = Language::of_the_spec();
    let mut missing = Vec::new();
    for (number, (path, keys)) in language.mappings().enumerate() {
        let asked = empty_mapping(path);
        server.open(&uri(number), &asked.text);
        let proposed = server.completion(&uri(number), asked.at);
        for key in keys {
            let description = &language.node(&join(path, key)).descriptions[0];
            if !proposed.iter().any(|(label, text)| label == key && plain(text).contains(&plain(description)))
            {
                missing.push(format!("{path}: {key} of {proposed:?}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_word_is_proposed_as_a_value() {
    let Some(mut server) = server() else { return };
    let language = Language::of_the_spec();
    assert!(language.words().any(|(path, _)| path == "caches.l1d.shared_by"));
    for (number, (path, words)) in language.words().enumerate() {
        let asked = empty_value(path);
        server.open(&uri(number), &asked.text);
        let proposed = server.completion(&uri(number), asked.at);
        for (word, description) in words {
            let found = proposed
                .iter()
                .any(|(label, text)| label == word && plain(text).contains(&plain(description)));
            assert!(found, "{path}: {word} of {proposed:?}");
        }
    }
}

#[test]
fn every_key_tells_what_it_is() {
    let Some(mut server) = server() else { return };
    let language = Language::of_the_spec();
    let mut silent = Vec::new();
    let keys = language.mappings().flat_map(|(path, keys)| keys.iter().map(move |key| (path, key)));
    for (number, (path, name)) in keys.enumerate() {
        let asked = key(&language, path, name);
        server.open(&uri(number), &asked.text);
        let told = server.hover(&uri(number), asked.at);
        let description = &language.node(&join(path, name)).descriptions[0];
        if !plain(&told).contains(&plain(description)) {
            silent.push(format!("{path}.{name}: {description:?}, told {told:?}"));
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

/// Files of whose form the server says something else than topoc, and why. No other may be one.
const DIFFERENT: &[(&str, &str)] = &[
    ("tests/ui/spec/bad_value/fail-unordered.topoc.yaml", "a pattern cannot say that a list of CPUs ascends"),
    ("tests/ui/yaml/documents/fail.topoc.yaml", "the server takes each document for a spec"),
    ("tests/ui/yaml/empty/fail.topoc.yaml", "the server holds no schema against an empty text"),
    ("tests/ui/yaml/merge/fail.topoc.yaml", "the server leaves out what cannot be merged"),
    (
        "tests/ui/yaml/syntax/fail.topoc.yaml",
        "the server names the end of the text, topoc the bracket that is open",
    ),
    ("tests/ui/yaml/tag/fail.topoc.yaml", "a schema knows nothing of tags"),
];

/// The server follows an alias inside of its own anchor as far as it pleases: it is underlined in one run, and not in
/// the next.
const NOT_ASKED: &str = "tests/ui/yaml/recursive_alias/";

/// The lines, from 0, on which topoc finds the mistakes of form of a text.
fn lines_of_mistakes(text: &str) -> BTreeSet<u64> {
    let diagnostics = match spec::parse(text.as_bytes()) {
        Ok(parsed) => parsed.warnings().to_vec(),
        Err(failed) => failed.into_diagnostics(),
    };
    let line = |found: &Diagnostic| match found.labels.first().map(|label| &label.at) {
        Some(At::Text(span)) => text[..span.start].matches('\n').count() as u64,
        _ => 0,
    };
    diagnostics.iter().map(line).collect()
}

/// Every example, and every fixture: the editor underlines the lines of the mistakes of form, and no others but in
/// files that a rule refuses.
#[test]
fn mistakes_of_form_are_underlined() {
    let Some(mut server) = server() else { return };
    let mut different = BTreeMap::new();
    let uri = |path: &str| format!("file://{}/{path}", root().display());
    let documents: Vec<_> = specs()
        .into_iter()
        .filter(|path| !path.starts_with(NOT_ASKED))
        .map(|path| (fs::read_to_string(root().join(&path)).unwrap(), path))
        .collect();
    // All at once: the server waits a while after each before it looks.
    documents.iter().for_each(|(text, path)| server.open(&uri(path), text));
    for (text, path) in documents {
        let found = server.diagnostics(&uri(&path));
        let lines: BTreeSet<u64> =
            found.iter().map(|found| found["range"]["start"]["line"].as_u64().unwrap()).collect();
        let meant = lines_of_mistakes(&text);
        if lines != meant && !(meant.is_empty() && is_refused_by_a_rule(&path)) {
            different.insert(path, format!("topoc {meant:?}, the server {found:?}"));
        }
    }
    let listed: BTreeSet<_> = DIFFERENT.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(different.keys().cloned().collect::<BTreeSet<_>>(), listed, "{different:#?}");
}
