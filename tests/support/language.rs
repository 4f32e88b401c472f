//! The keys of a language as its JSON Schema has them, each by its path: `numa.nodes[].memory`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What may stand at a path.
#[derive(Default)]
pub struct Node {
    /// What the schema says of it, from the key inwards: the key's own description first.
    pub descriptions: Vec<String>,
    /// The keys of a mapping here.
    pub keys: BTreeSet<String>,
    /// The words that a scalar here may be, each with its description.
    pub words: BTreeMap<String, String>,
    /// The names of JSON Schema's types.
    pub types: BTreeSet<String>,
    /// A pattern that text here must match comes with examples of it; a constant is its own.
    pub examples: Vec<Value>,
    /// The definition that says what stands here, where there is one.
    pub definition: Option<String>,
    /// The path with the same language, where a definition contains itself.
    pub again: Option<String>,
}

/// A language: the node at each path. The root's path is empty.
pub struct Language {
    nodes: BTreeMap<String, Node>,
}

impl Language {
    /// The language of a spec.
    pub fn of_the_spec() -> Self {
        Self::new(&serde_json::from_str(&topoc::spec::schema()).unwrap())
    }

    /// The language of a draft-07 schema.
    pub fn new(schema: &Value) -> Self {
        let mut nodes = BTreeMap::new();
        walk(schema, schema, "", &mut Vec::new(), &mut nodes);
        Self { nodes }
    }

    /// The node at a path that stands in the language.
    pub fn node(&self, path: &str) -> &Node {
        &self.nodes[path]
    }

    /// Whether anything may stand at a path.
    pub fn has(&self, path: &str) -> bool {
        self.nodes.contains_key(path)
    }

    /// The paths at which a mapping may stand, the root among them, and its keys.
    pub fn mappings(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.nodes
            .iter()
            .filter(|(_, node)| !node.keys.is_empty())
            .map(|(path, node)| (path.as_str(), &node.keys))
    }

    /// The paths at which words may stand for a value.
    pub fn words(&self) -> impl Iterator<Item = (&str, &BTreeMap<String, String>)> {
        self.nodes
            .iter()
            .filter(|(_, node)| !node.words.is_empty())
            .map(|(path, node)| (path.as_str(), &node.words))
    }

    /// Every key and every word, each once however many places there are for it: `Cache.size`, `CacheLevel=die`.
    /// Not the words of lists, such as features.
    pub fn all(&self) -> BTreeSet<String> {
        let keys =
            self.mappings().flat_map(|(path, keys)| keys.iter().map(move |key| join(self.name(path), key)));
        let words = self
            .words()
            .filter(|(path, _)| !path.ends_with("[]"))
            .flat_map(|(path, words)| words.keys().map(move |word| format!("{}={word}", self.name(path))));
        keys.chain(words).collect()
    }

    /// The definition of what stands at a path, else the path.
    fn name<'a>(&'a self, path: &'a str) -> &'a str {
        self.nodes[path].definition.as_deref().unwrap_or(path)
    }

    /// What of [`Self::all`] a document uses.
    pub fn used_by(&self, document: &Value) -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        self.visit(document, "", &mut used);
        used
    }

    fn visit(&self, value: &Value, path: &str, used: &mut BTreeSet<String>) {
        let path = self.nodes.get(path).and_then(|node| node.again.as_deref()).unwrap_or(path);
        let Some(node) = self.nodes.get(path) else { return };
        match value {
            Value::Object(map) => {
                for (key, value) in map.iter().filter(|(key, _)| node.keys.contains(*key)) {
                    self.visit(value, &join(path, key), used);
                    used.insert(join(self.name(path), key));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.visit(item, &format!("{path}[]"), used)),
            Value::String(word) if node.words.contains_key(word) => {
                used.insert(format!("{}={word}", self.name(path)));
            }
            _ => {}
        }
    }
}

/// The path of a key of the mapping at `path`.
pub fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Enters what `schema` says into the node at `path`, and into those below.
fn walk(
    root: &Value,
    schema: &Value,
    path: &str,
    within: &mut Vec<(String, String)>,
    nodes: &mut BTreeMap<String, Node>,
) {
    let node = nodes.entry(path.to_owned()).or_default();
    let text = |key: &str| schema.get(key).and_then(Value::as_str).map(str::to_owned);
    node.descriptions.extend(text("description"));
    let list = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
    let words = list("enum").map(|word| word.as_str().unwrap().to_owned());
    node.words.extend(words.zip(list("enumDescriptions").map(|text| text.as_str().unwrap().to_owned())));
    node.examples.extend(list("examples").chain(schema.get("const")).cloned());
    match schema.get("type") {
        Some(Value::Array(types)) => {
            node.types.extend(types.iter().map(|name| name.as_str().unwrap().to_owned()));
        }
        Some(name) => drop(node.types.insert(name.as_str().unwrap().to_owned())),
        None => {}
    }
    if let Some(reference) = text("$ref") {
        if let Some((_, first)) = within.iter().find(|(name, _)| *name == reference) {
            node.again = Some(first.clone());
            return;
        }
        let target = root.pointer(reference.strip_prefix('#').unwrap()).unwrap();
        let name = reference.rsplit('/').next().unwrap().to_owned();
        nodes.get_mut(path).unwrap().definition.get_or_insert(name);
        within.push((reference, path.to_owned()));
        walk(root, target, path, within, nodes);
        within.pop();
    }
    for choice in ["allOf", "anyOf", "oneOf"] {
        for part in list(choice) {
            walk(root, part, path, within, nodes);
        }
    }
    for (key, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        nodes.get_mut(path).unwrap().keys.insert(key.clone());
        walk(root, property, &join(path, key), within, nodes);
    }
    if let Some(items) = schema.get("items") {
        walk(root, items, &format!("{path}[]"), within, nodes);
    }
}
