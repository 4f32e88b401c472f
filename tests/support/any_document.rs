//! Random documents of a language, from its JSON Schema alone: a new key is tried by being in it.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::language::{Language, join};

/// Documents of a language. Each has the keys that are required, and those that are needed to be of any use.
pub fn documents(language: &Language, required: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::collection::vec(any::<u8>(), 0..300)
        .prop_map(move |bytes| Writer { language, required, choices: bytes.into_iter() }.value(""))
}

/// Numbers at the edges of fields and of machines, small ones first: the simplest choice is the first.
const NUMBERS: [u32; 20] = [1, 2, 3, 4, 2, 3, 2, 0, 5, 6, 8, 10, 20, 25, 46, 64, 255, 256, 1025, u32::MAX];

/// Writes a document, and draws on bytes for each choice. When they are used up, nothing more is written than must be.
struct Writer<'a> {
    language: &'a Language,
    required: &'a [&'a str],
    choices: std::vec::IntoIter<u8>,
}

impl Writer<'_> {
    fn choose(&mut self, choices: usize) -> usize {
        usize::from(self.choices.next().unwrap_or(0)) % choices
    }

    /// Three in sixteen times.
    fn writes(&mut self) -> bool {
        self.choose(16) > 12
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
                if self.required.contains(&path.as_str()) || self.writes() {
                    map.insert(key.clone(), self.value(&path));
                }
            }
            return map.into();
        }
        if is_list {
            let length = self.choose(4);
            return (0..length).map(|_| self.value(&items)).collect();
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
