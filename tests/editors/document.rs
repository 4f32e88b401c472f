//! Documents to ask an editor about: a path of the language, written out.

use serde_json::Value;

use crate::language::{Language, join};
use crate::lsp::Position;

/// A document and a position in it.
pub struct Asked {
    pub text: String,
    pub at: Position,
}

/// The lines that lead to an empty mapping at `path`, and the indentation of its keys: `numa.nodes[]` is `numa:`,
/// `nodes:` and `- `.
fn lead(path: &str) -> String {
    let (mut text, mut indent) = (String::new(), 0);
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let key = step.trim_end_matches("[]");
        text += &format!("{key}:\n");
        indent += 2;
        text += &" ".repeat(indent);
        for _ in 0..(step.len() - key.len()) / 2 {
            text += "- ";
            indent += 2;
        }
    }
    text
}

fn end(text: String) -> Asked {
    let line = text.lines().count().max(1) - 1;
    let column = text.len() - text.rfind('\n').map_or(0, |at| at + 1);
    Asked { text, at: (line, column) }
}

/// The place where a mapping's first key is to be typed.
pub fn empty_mapping(path: &str) -> Asked {
    end(lead(path))
}

/// The place where the value of a key or of a list is to be typed.
pub fn empty_value(path: &str) -> Asked {
    if path.ends_with("[]") {
        return end(lead(path));
    }
    let (mapping, key) = path.rsplit_once('.').unwrap_or(("", path));
    end(format!("{}{key}: ", lead(mapping)))
}

/// A key with a value, and the place of the key.
pub fn key(language: &Language, mapping: &str, key: &str) -> Asked {
    let lead = lead(mapping);
    let value = sample(language, &join(mapping, key));
    let at = end(lead.clone()).at;
    Asked { text: format!("{lead}{key}: {value}\n"), at }
}

/// Some value that may stand at a path.
fn sample(language: &Language, path: &str) -> String {
    let node = language.node(path);
    let is = |name: &str| node.types.contains(name);
    match (node.words.keys().next(), node.examples.first()) {
        (Some(word), _) => word.clone(),
        (_, Some(Value::String(example))) => example.clone(),
        _ if is("boolean") => "true".to_owned(),
        _ if is("array") => "[]".to_owned(),
        _ if is("object") => "{}".to_owned(),
        _ => "1".to_owned(),
    }
}
