//! Values to YAML as people write specs: flow style where it is short, block style around it, comments above keys.
//!
//! serde_yaml writes block style alone and no comments, which makes a list of nodes four times as long.

use serde::Serialize;
use serde_yaml::{Mapping, Value};

/// The widest line that flow style makes, in characters.
const WIDTH: usize = 100;

/// Writes a value whose outermost form is a mapping: each key after a blank line, but for scalars that follow
/// scalars. `notes` has comments by key, each line below the other; the keys of `first` come first in any mapping.
///
/// The text reads back as the value: `null` stands for itself, and what YAML would take for something else is quoted.
#[must_use]
pub fn layout(value: &impl Serialize, notes: &[(&str, String)], first: &[&str]) -> String {
    // Plain data with text for keys: serialising cannot fail.
    let value = lead(serde_yaml::to_value(value).unwrap_or(Value::Null), first);
    let Value::Mapping(entries) = &value else { return format!("{}\n", flow(&value)) };
    let mut out = String::new();
    let mut last_is_scalar = true;
    for (key, value) in entries {
        let note = notes.iter().find(|(about, _)| key.as_str() == Some(about));
        let is_scalar = !matches!(value, Value::Mapping(_) | Value::Sequence(_));
        let follows = is_scalar && last_is_scalar && note.is_none();
        if !out.is_empty() && !follows {
            out.push('\n');
        }
        last_is_scalar = is_scalar;
        for line in note.iter().flat_map(|(_, note)| note.lines()) {
            out.push_str(&comment(line));
        }
        entry(key, value, 0, &mut out);
    }
    out
}

/// The value with these keys first in each mapping.
fn lead(value: Value, first: &[&str]) -> Value {
    match value {
        Value::Mapping(entries) => {
            let is_first = |(key, _): &(Value, Value)| key.as_str().is_some_and(|key| first.contains(&key));
            let inside = entries.into_iter().map(|(key, value)| (key, lead(value, first)));
            let (leading, rest): (Vec<_>, Vec<_>) = inside.partition(is_first);
            Value::Mapping(leading.into_iter().chain(rest).collect())
        }
        Value::Sequence(items) => Value::Sequence(items.into_iter().map(|item| lead(item, first)).collect()),
        other => other,
    }
}

/// A line of comment.
#[must_use]
pub fn comment(line: &str) -> String {
    format!("# {}", crate::source::printable(line)).trim_end().to_owned() + "\n"
}

/// `key: value` and its line's end.
fn entry(key: &Value, value: &Value, depth: usize, out: &mut String) {
    let key = flow(key);
    out.push_str(&key);
    out.push(':');
    let flow = flow(value);
    let fits = 2 * depth + key.len() + 2 + flow.chars().count() <= WIDTH;
    match value {
        Value::Mapping(entries) if !entries.is_empty() && (!fits || !is_short(entries, depth)) => {
            out.push('\n');
            block(entries, depth + 1, true, out);
        }
        Value::Sequence(items) if items.iter().any(is_nested) || !fits => {
            out.push('\n');
            for item in items {
                out.push_str(&"  ".repeat(depth + 1));
                out.push_str("- ");
                self::item(item, depth + 2, out);
            }
        }
        _ => {
            out.push(' ');
            out.push_str(&flow);
            out.push('\n');
        }
    }
}

/// One item of a list, behind its dash.
fn item(value: &Value, depth: usize, out: &mut String) {
    let flow = flow(value);
    match value {
        Value::Mapping(entries)
            if !entries.is_empty() && (!is_flat(entries) || 2 * depth + flow.len() > WIDTH) =>
        {
            block(entries, depth, false, out);
        }
        _ => {
            out.push_str(&flow);
            out.push('\n');
        }
    }
}

fn block(entries: &Mapping, depth: usize, indent_first: bool, out: &mut String) {
    for (at, (key, value)) in entries.iter().enumerate() {
        if at > 0 || indent_first {
            out.push_str(&"  ".repeat(depth));
        }
        entry(key, value, depth, out);
    }
}

/// Whether a mapping behind a key is as good on one line: two scalars at the top, and below it all that is flat.
fn is_short(entries: &Mapping, depth: usize) -> bool {
    is_flat(entries) && (depth > 0 || (entries.len() <= 2 && !entries.values().any(is_nested)))
}

/// Whether nothing in it is worth a line of its own: no list of mappings or lists.
fn is_flat(entries: &Mapping) -> bool {
    entries.values().all(|value| match value {
        Value::Mapping(inner) => is_flat(inner),
        Value::Sequence(items) => !items.iter().any(is_nested),
        _ => true,
    })
}

fn is_nested(value: &Value) -> bool {
    matches!(value, Value::Mapping(_) | Value::Sequence(_))
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => scalar(text),
        Value::Sequence(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Mapping(entries) if entries.is_empty() => "{}".to_owned(),
        Value::Mapping(entries) => {
            let entry = |(key, value): (&Value, &Value)| format!("{}: {}", flow(key), flow(value));
            format!("{{ {} }}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Tagged(tagged) => flow(&tagged.value),
    }
}

/// A text, plain where it reads back as that text both in flow and in block style, else in quotes.
fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_.-+: ()@".contains(c);
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
    let ends = text.ends_with(|c: char| c.is_ascii_alphanumeric() || c == ')');
    // Numbers of YAML 1.1, which some readers still take: 1_000, 190:20:30.
    let is_number = text.chars().all(|c| c.is_ascii_digit() || "_:.".contains(c));
    let is_text = || matches!(serde_yaml::from_str(text), Ok(Value::String(read)) if read == text);
    let plain = starts && ends && !is_number && !text.contains(": ") && text.chars().all(is_plain);
    if plain && is_text() && !is_word_of_yaml_1_1(text) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match (c, u32::from(c)) {
            ('"' | '\\', _) => quoted.extend(['\\', c]),
            (' '..='~', _) => quoted.push(c),
            (_, code @ ..=0xff) => quoted.push_str(&format!("\\x{code:02x}")),
            (_, code @ ..=0xffff) => quoted.push_str(&format!("\\u{code:04x}")),
            (_, code) => quoted.push_str(&format!("\\U{code:08x}")),
        }
    }
    quoted + "\""
}

/// Words that YAML 1.1 takes for true and false.
fn is_word_of_yaml_1_1(text: &str) -> bool {
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
        .contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_where_they_would_read_as_something_else() {
        for (text, written) in [
            ("0-3", "0-3"),
            ("0-110:2", "0-110:2"),
            ("0,2", "\"0,2\""),
            ("5", "\"5\""),
            ("6.12", "\"6.12\""),
            ("1:30", "\"1:30\""),
            ("0x1f", "\"0x1f\""),
            ("64GiB", "64GiB"),
            ("0/1", "0/1"),
            ("no", "\"no\""),
            ("none", "none"),
            ("", "\"\""),
            ("a: b", "\"a: b\""),
            ("a #b", "\"a #b\""),
            ("two\nlines \u{85}\u{202e}\u{e0001}\"\\", "\"two\\x0alines \\x85\\u202e\\U000e0001\\\"\\\\\""),
        ] {
            assert_eq!(scalar(text), written);
            assert_eq!(serde_yaml::from_str::<Value>(written).unwrap(), Value::String(text.to_owned()));
        }
    }

    #[test]
    fn short_things_stay_on_a_line() {
        let value: Value = serde_yaml::from_str(
            "{version: 1, name: a, t: {a: 2, parts: [{b: 1, parts: [{c: 1}, {c: 2}]}, {b: 2}]}, \
             u: {nodes: [{m: 1, s: [0]}], d: [[10, 20], [20, 10]]}, h: {f: x, c: 0-3}, m: 4GiB, w: {a: 1, b: 2, c: 3}}",
        )
        .unwrap();
        let text = layout(&value, &[("h", "why\nand how".to_owned())], &["s"]);
        assert_eq!(serde_yaml::from_str::<Value>(&text).unwrap(), value);
        let expected = "version: 1
name: a

t:
  a: 2
  parts:
    - b: 1
      parts:
        - { c: 1 }
        - { c: 2 }
    - { b: 2 }

u:
  nodes:
    - { s: [0], m: 1 }
  d:
    - [10, 20]
    - [20, 10]

# why
# and how
h: { f: x, c: 0-3 }

m: 4GiB

w:
  a: 1
  b: 2
  c: 3
";
        assert_eq!(text, expected);
    }
}
