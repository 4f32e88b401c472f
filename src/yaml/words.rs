//! The words of messages: what was expected, what was found, what was likely meant.

use serde::de::Expected;

use super::scalar::{Foreign, Scalar, foreign};
use super::tree::{Kind, Node, ScalarNode};
use crate::source::{SpecPath, printable, quoted};

pub(super) const WHOLE_NUMBER: &str = "a whole number";
pub(super) const TRUTH: &str = "`true` or `false`";
pub(super) const TEXT: &str = "text";
pub(super) const LIST: &str = "a list";
pub(super) const MAPPING: &str = "a mapping";

/// What a visitor expects, as a user would say it.
pub(super) fn expected(expected: &dyn Expected) -> String {
    let words = expected.to_string();
    let whole = |least: i64, most: u64| format!("{WHOLE_NUMBER} from {least} to {most}");
    match words.as_str() {
        "u8" => whole(0, u8::MAX.into()),
        "u16" => whole(0, u16::MAX.into()),
        "u32" => whole(0, u32::MAX.into()),
        "u64" | "usize" => whole(0, u64::MAX),
        "i32" => whole(i32::MIN.into(), 0x7fff_ffff),
        "i64" => whole(i64::MIN, 0x7fff_ffff_ffff_ffff),
        "f64" | "f32" => "a number".to_owned(),
        "a boolean" => TRUTH.to_owned(),
        "a string" => TEXT.to_owned(),
        "a sequence" => LIST.to_owned(),
        "a map" => MAPPING.to_owned(),
        other if other.starts_with("struct ") => MAPPING.to_owned(),
        _ => words,
    }
}

/// The words of a choice: `` `a`, `b` or `c` ``.
pub(super) fn one_of(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [only] => format!("`{only}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}

/// What a node is, as a user would say it.
pub(super) fn found(node: &Node<'_>) -> String {
    match &node.kind {
        Kind::Scalar(scalar) if scalar.value == Scalar::Text => format!("the text {}", quoted(&scalar.text)),
        Kind::Scalar(scalar) => quoted(&scalar.text),
        Kind::List(_) => LIST.to_owned(),
        Kind::Map(_) => MAPPING.to_owned(),
        Kind::Alias(_) => "an alias".to_owned(),
    }
}

/// How messages name the value at a path.
pub(super) fn name(path: &SpecPath, what: &str) -> String {
    if path.as_str().is_empty() { format!("the {what}") } else { format!("`{}`", printable(path.as_str())) }
}

/// The candidate that a word is closest to, if it is close enough to have been meant.
#[must_use]
pub fn nearest<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    // Longer words are no misspellings; comparing takes their length squared.
    if word.len() > 40 {
        return None;
    }
    let word = word.to_lowercase().replace(['-', ' '], "_");
    let distance = |candidate: &&str| strsim::osa_distance(&word, candidate);
    let near = |candidate: &&str| distance(candidate) <= candidate.len().max(word.len()).div_ceil(4).min(3);
    candidates.iter().copied().filter(near).min_by_key(distance)
}

/// As [`nearest`], where no other candidate is as close.
pub(super) fn only_nearest<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let near = nearest(word, candidates)?;
    let others: Vec<&str> = candidates.iter().copied().filter(|candidate| *candidate != near).collect();
    let word = word.to_lowercase().replace(['-', ' '], "_");
    let distance = |candidate| strsim::osa_distance(&word, candidate);
    others.into_iter().all(|other| distance(other) > distance(near)).then_some(near)
}

/// What to do about a value, and the value as YAML in flow style where one thing can have been meant.
pub(super) struct Mend {
    pub(super) help: String,
    pub(super) instead: Option<String>,
}

/// What to write instead of a value that is not what was expected.
pub(super) fn fix(node: &Node<'_>, expected: &str) -> Option<Mend> {
    let write = |value: String| Mend { help: format!("write `{value}`"), instead: Some(value) };
    let Kind::Scalar(ScalarNode { text, plain, value }) = &node.kind else { return None };
    if *value == Scalar::Null {
        return Some(Mend { help: "give it one, or leave the key out".to_owned(), instead: None });
    }
    if expected.starts_with(WHOLE_NUMBER) {
        return match (value, foreign(text)) {
            (Scalar::Text, Some(Foreign::Number(number))) => Some(match u64::from_str_radix(text, 8) {
                Ok(octal) if octal.to_string() != number => {
                    Mend { help: format!("write `{number}`, or `{octal}` if it is octal"), instead: None }
                }
                _ => write(number),
            }),
            (Scalar::Text, _) if !plain => text.parse::<u64>().ok().map(|number| Mend {
                help: format!("write `{number}` without quotes"),
                instead: Some(number.to_string()),
            }),
            (Scalar::Float(float), _) if float.fract() == 0.0 && (0.0..1e15).contains(float) => {
                Some(write(float.to_string()))
            }
            _ => None,
        };
    }
    match expected {
        TRUTH => match (value, foreign(text), text.as_ref()) {
            (_, Some(Foreign::Truth(true)), _) | (_, _, "1" | "true") => Some(write("true".to_owned())),
            (_, Some(Foreign::Truth(false)), _) | (_, _, "0" | "false") => Some(write("false".to_owned())),
            _ => None,
        },
        _ if expected.split(' ').next() == Some(TEXT) => Some(shown(format!("\"{text}\""), true)),
        // In brackets, more ends a plain text than outside of them.
        LIST => {
            Some(shown(format!("[{text}]"), *plain && !text.contains(['[', ']', '{', '}', ',', ':', '#'])))
        }
        _ => None,
    }
}

/// A value that is made of the user's text, which may be written where it holds nothing to escape.
fn shown(value: String, fits: bool) -> Mend {
    let inner = value.get(1..value.len() - 1).unwrap_or_default();
    let plain = fits && inner.chars().all(|c| !c.is_control() && !matches!(c, '"' | '\\'));
    Mend { help: format!("write {}", quoted(&value)), instead: plain.then_some(value) }
}

/// What to say of a key such as `8-11` without a value: the rest of a CPU list that braces split.
pub(super) fn comma_in_braces(key: &str, value: &Node<'_>) -> Option<String> {
    let is_empty = value.span.start == value.span.end;
    let is_range = key.starts_with(|c: char| c.is_ascii_digit())
        && key.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b':' | b'/'));
    (is_empty && is_range).then(|| {
        format!("a comma inside braces starts a new key: quote the list it belongs to, as in `\"0-3,{key}\"`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_the_one_meant() {
        let keys = ["sockets", "die_groups", "dies", "complexes", "cores", "threads"];
        for (word, meant) in [
            ("coers", Some("cores")),
            ("core", Some("cores")),
            ("Die-Groups", Some("die_groups")),
            ("socket", Some("sockets")),
            ("die", Some("dies")),
            ("thread", Some("threads")),
            ("complex", Some("complexes")),
            ("memory", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, &keys), meant, "{word}");
        }
    }
}
