//! Random documents of a language, from its JSON Schema alone: a new key is tried by being in it.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::language::{Language, join};
use super::values::values;

/// Documents of a language. Each has the keys that are required, and those that are needed to be of any use.
/// One section has more written in it than the others.
pub fn documents(language: &Language, required: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let section = any::<prop::sample::Index>();
    (section, prop::collection::vec(any::<u8>(), 0..300)).prop_map(move |(section, bytes)| {
        let sections: Vec<&String> = language.node("").keys.iter().collect();
        let section = section.get(&sections).as_str();
        Writer { language, required, section, choices: bytes.into_iter() }.value("")
    })
}

/// Numbers at the edges of fields and of machines, small ones first: the simplest choice is the first.
const NUMBERS: [u32; 20] = [1, 2, 3, 4, 2, 3, 2, 0, 5, 6, 8, 10, 20, 25, 46, 64, 255, 256, 1025, u32::MAX];

/// Writes a document, and draws on bytes for each choice. When they are used up, nothing more is written than must be.
struct Writer<'a> {
    language: &'a Language,
    required: &'a [&'a str],
    section: &'a str,
    choices: std::vec::IntoIter<u8>,
}

impl Writer<'_> {
    fn choose(&mut self, choices: usize) -> usize {
        let byte = usize::from(self.choices.next().unwrap_or(0));
        let more = if choices > 256 { usize::from(self.choices.next().unwrap_or(0)) << 8 } else { 0 };
        (more | byte) % choices
    }

    /// Whether a key is written: three in sixteen times, in the section seven times, and the section itself always.
    fn writes(&mut self, path: &str) -> bool {
        let within = path.strip_prefix(self.section).is_some_and(|rest| rest.starts_with('.'));
        path == self.section || self.choose(16) > if within { 8 } else { 12 }
    }

    fn value(&mut self, path: &str) -> Value {
        let node = self.language.node(path);
        let path = node.again.as_deref().unwrap_or(path);
        let node = self.language.node(path);
        let items = format!("{path}[]");
        let is_list = self.language.has(&items);
        let is_mapping = !node.keys.is_empty();
        if is_mapping && (!is_list || self.choose(2) == 0) {
            let mut map = Map::new();
            for key in &node.keys {
                let path = join(path, key);
                if self.required.contains(&path.as_str()) || self.writes(&path) {
                    map.insert(key.clone(), self.value(&path));
                }
            }
            return map.into();
        }
        if is_list {
            let length = self.choose(4);
            return (0..length).map(|_| self.value(&items)).collect();
        }
        let values = values(path);
        if !values.is_empty() && self.choose(16) < 15 {
            return values[self.choose(values.len())].clone();
        }
        if !node.words.is_empty() {
            let at = self.choose(node.words.len());
            return node.words.keys().nth(at).unwrap().as_str().into();
        }
        if !node.examples.is_empty() {
            return node.examples[self.choose(node.examples.len())].clone();
        }
        let is = |name: &str| node.types.contains(name);
        if is("boolean") {
            return (self.choose(2) == 1).into();
        }
        if is("string") { "a".into() } else { json!(NUMBERS[self.choose(NUMBERS.len())]) }
    }
}
