//! A tree into any serde type, with every misfit reported.

use std::cell::RefCell;
use std::fmt;

use serde::Deserializer;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use super::dialect::{Dialect, Later};
use super::index::place;
use super::lenient::LENIENT;
use super::report::Report;
use super::scalar::{Foreign, Scalar, foreign};
use super::tree::{Entry, Id, Kind, Node, ScalarNode, Tree};
use super::words;
use crate::diag::{Diagnostic, Severity};
use crate::source::{Span, Spans, SpecPath, quoted};

/// The document as a value of `T`, without what is reported to be wrong in it.
pub(super) fn read<T: DeserializeOwned>(
    tree: &Tree<'_>,
    dialect: &Dialect,
    report: &mut Report,
) -> Option<T> {
    let (id, place) = place(tree, None, tree.root, None);
    let reader = Reader { tree, dialect, report: RefCell::new(report) };
    let root = Value { reader: &reader, path: SpecPath::root(), id, place };
    if matches!(root.node().kind, Kind::Map(_)) {
        root.check_version()?;
    }
    let value = T::deserialize(root.clone()).map_err(|fault| root.record(fault)).ok();
    root.check_required();
    value
}

/// Why a value could not be made.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is reported.
    Recorded,
    /// It is of another kind than this.
    Type(String),
    /// It is of the right kind, and not this.
    Value(String),
    /// Its type says why; the help stands on a second line.
    Custom(String),
    /// A key that its type needs is not there.
    Missing(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Custom(format!("{message:#}"))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Type(words::expected(expected))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Value(words::expected(expected))
    }

    fn missing_field(name: &'static str) -> Self {
        Self::Missing(name)
    }
}

struct Reader<'r> {
    tree: &'r Tree<'r>,
    dialect: &'r Dialect,
    report: RefCell<&'r mut Report>,
}

/// A value of the tree, and how it was reached.
#[derive(Clone)]
struct Value<'r> {
    reader: &'r Reader<'r>,
    path: SpecPath,
    /// The node, aliases followed.
    id: Id,
    place: Spans,
}

impl<'r> Value<'r> {
    fn node(&self) -> &'r Node<'r> {
        &self.reader.tree.nodes[self.id]
    }

    /// A value inside of this one.
    fn child(&self, path: SpecPath, key: Option<Span>, value: Id, through: Option<Span>) -> Self {
        let through = self.place.definition.map(|_| self.place.value).or(through);
        let (id, place) = place(self.reader.tree, key, value, through);
        Self { reader: self.reader, path, id, place }
    }

    fn entry(&self, entry: Entry<'_>) -> Self {
        self.child(self.path.key(entry.name), Some(entry.key), entry.value, entry.through)
    }

    fn name(&self) -> String {
        words::name(&self.path, self.reader.dialect.what)
    }

    /// Adds a finding at this value; one through an alias is blamed at the alias.
    fn report(&self, diagnostic: Diagnostic, label: &str) {
        let mut report = self.reader.report.borrow_mut();
        let mut diagnostic = diagnostic.label(report.at(self.place.value), label);
        if let Some(definition) = self.place.definition {
            diagnostic = diagnostic.label(report.at(definition), "written here");
        }
        report.add(self.place.definition.unwrap_or(self.place.value), diagnostic);
    }

    fn error(&self, rule: &'static str, message: String, help: Option<String>) {
        let mut diagnostic = Diagnostic::new(rule, Severity::Error, message);
        diagnostic.help = help;
        self.report(diagnostic, "");
    }

    /// Reports a fault of this value, unless it is reported already.
    fn record(&self, fault: Fault) -> Fault {
        if matches!(fault, Fault::Recorded) || self.reader.report.borrow_mut().is_full() {
            return Fault::Recorded;
        }
        let (rules, node, name) = (&self.reader.dialect.rules, self.node(), self.name());
        match fault {
            Fault::Recorded => {}
            Fault::Type(_) if matches!(node.kind, Kind::Map(_)) && self.refuse_later("={}") => {}
            Fault::Type(expected) if is_null(node) => {
                let help = words::fix(node, &expected);
                self.error(rules.wrong_type, format!("{name} has no value; it must be {expected}"), help);
            }
            Fault::Type(expected) => {
                let message = format!("{name} must be {expected}, not {}", words::found(node));
                self.error(rules.wrong_type, message, words::fix(node, &expected));
            }
            Fault::Value(expected) => {
                let message = format!("{name} must be {expected}, not {}", words::found(node));
                self.error(rules.bad_value, message, None);
            }
            Fault::Custom(text) => {
                let (message, help) =
                    text.split_once('\n').map_or((&*text, None), |(message, help)| (message, Some(help)));
                self.error(rules.bad_value, format!("{name}: {message}"), help.map(str::to_owned));
            }
            Fault::Missing(key) => {
                self.error(rules.missing_key, format!("{name} has no `{key}`"), None);
            }
        }
        Fault::Recorded
    }

    /// Refuses a document of another version. No other finding would be of use to its author.
    fn check_version(&self) -> Option<()> {
        let entries = self.reader.tree.entries(self.id);
        let Some(entry) = entries.into_iter().find(|entry| entry.name == "version") else { return Some(()) };
        let value = self.entry(entry);
        let read = self.reader.dialect.version;
        match &value.node().kind {
            Kind::Scalar(scalar) if matches!(scalar.value, Scalar::Unsigned(_) | Scalar::Negative(_)) => {
                if scalar.value == Scalar::Unsigned(read) {
                    return Some(());
                }
                let what = self.reader.dialect.what;
                let message = format!(
                    "this {what} has version {}; this topoc reads version {read}",
                    quoted(&scalar.text)
                );
                value.error(self.reader.dialect.rules.unknown_version, message, None);
                None
            }
            _ => Some(()),
        }
    }

    /// Reports the required keys that are not there, after all else: what is misspelt was reported as such.
    fn check_required(&self) {
        let (dialect, entries) = (self.reader.dialect, self.reader.tree.entries(self.id));
        let is_misspelt =
            |entry: &Entry<'_>| self.reader.report.borrow().has(dialect.rules.unknown_key, entry.key);
        let is_there = |key: &str| {
            let like = |entry: &Entry<'_>| {
                entry.name == key || (words::nearest(entry.name, &[key]).is_some() && is_misspelt(entry))
            };
            entries.iter().any(like)
        };
        let missing: Vec<String> =
            dialect.required.iter().filter(|key| !is_there(key)).map(|key| format!("no `{key}`")).collect();
        if missing.is_empty() || !matches!(self.node().kind, Kind::Map(_)) {
            return;
        }
        let what = dialect.what;
        let message = format!("the {what} has {}", missing.join(" and "));
        let help = format!("a smallest one is `{}`", dialect.smallest);
        // The first key: the whole document would be underlined otherwise.
        let place = entries.iter().map(|entry| entry.key).min().unwrap_or(self.place.value);
        self.reader.report.borrow_mut().error(dialect.rules.missing_key, place, message, "", Some(help));
    }

    /// Reports what a later version may have here, if it does: the key of this value, or with `=…` its value.
    fn refuse_later(&self, value: &str) -> bool {
        let Some(later) = self.reader.dialect.later.iter().find(|later| is_at(later, &self.path, value))
        else {
            return false;
        };
        let what = match value {
            "" => self.name(),
            "={}" => format!("a mapping for {}", self.name()),
            word => format!("`{}: {}`", self.path, &word[1..]),
        };
        let diagnostic = Diagnostic::new(
            self.reader.dialect.rules.not_in_this_version,
            Severity::Error,
            format!("{what} is not in this version of topoc"),
        );
        self.report(diagnostic.help(later.instead), "");
        true
    }

    /// Reports a key that its mapping does not have.
    fn unknown(&self, entry: Entry<'_>, known: &[&'static str]) {
        if self.reader.report.borrow_mut().is_full() {
            return;
        }
        let mut child = self.entry(entry);
        // The key is guilty, not its value; an alias in the value's place is no way in.
        let through = self.place.definition.map(|_| self.place.value).or(entry.through);
        child.place = Spans {
            key: Some(entry.key),
            value: through.unwrap_or(entry.key),
            definition: through.map(|_| entry.key),
        };
        if child.refuse_later("") {
            return;
        }
        let value = &self.reader.tree.nodes[entry.value];
        let help = words::comma_in_braces(entry.name, value)
            .or_else(|| words::nearest(entry.name, known).map(|near| format!("write `{near}`")))
            .unwrap_or_else(|| {
                format!("the keys here are {}", words::one_of(known).replace(" or ", " and "))
            });
        let message = format!("{} has no key {}", self.name(), quoted(entry.name));
        child.error(self.reader.dialect.rules.unknown_key, message, Some(help));
    }

    /// Warns of a plain scalar that other readers take for something else.
    fn warn_of_others(&self, scalar: &ScalarNode<'_>) {
        let Some(foreign) = scalar.plain.then(|| foreign(&scalar.text)).flatten() else { return };
        let text = quoted(&scalar.text);
        let quote = || format!("write {}", quoted(&format!("\"{}\"", scalar.text)));
        let (message, help) = match foreign {
            Foreign::Truth(truth) => {
                (format!("{text} is text here, and {truth} to readers of YAML 1.1"), quote())
            }
            Foreign::Number(_) | Foreign::Sexagesimal => {
                (format!("{text} is text here, and a number to other YAML readers"), quote())
            }
            Foreign::Text(number) => (
                format!("{text} is {number} here, and text to other YAML readers"),
                format!("write `{number}`"),
            ),
        };
        self.report(Diagnostic::new("yaml::ambiguous", Severity::Warning, message).help(help), "");
    }
}

fn is_null(node: &Node<'_>) -> bool {
    matches!(&node.kind, Kind::Scalar(scalar) if scalar.value == Scalar::Null)
}

/// Whether an entry of the table is about this path, with this `=…` at its end.
fn is_at(later: &Later, path: &SpecPath, value: &str) -> bool {
    let (pattern, its_value) = later.path.split_at(later.path.find('=').unwrap_or(later.path.len()));
    let mut segments = path.as_str().split('.');
    let like = |pattern: &str, segment: Option<&str>| {
        segment.is_some_and(|segment| match (pattern.strip_suffix("[]"), segment.split_once('[')) {
            (Some(pattern), Some((list, _))) => pattern == list,
            (None, None) => pattern == "*" || pattern == segment,
            _ => false,
        })
    };
    its_value == value
        && pattern.split('.').all(|pattern| like(pattern, segments.next()))
        && segments.next().is_none()
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let value = match &self.node().kind {
            Kind::Scalar(scalar) => {
                let value = match scalar.value {
                    Scalar::Null => visitor.visit_unit(),
                    Scalar::Bool(bool) => visitor.visit_bool(bool),
                    Scalar::Unsigned(number) => visitor.visit_u64(number),
                    Scalar::Negative(number) => visitor.visit_i64(number),
                    Scalar::Float(number) => visitor.visit_f64(number),
                    Scalar::Text => visitor.visit_str(&scalar.text),
                    Scalar::Unreadable => Err(Fault::Recorded),
                };
                if value.is_ok() {
                    self.warn_of_others(scalar);
                }
                value
            }
            Kind::List(items) => visitor.visit_seq(Items { list: &self, items: items.iter().enumerate() }),
            Kind::Map(_) => visitor.visit_map(Entries::new(&self, self.reader.tree.entries(self.id))),
            Kind::Alias(_) => Err(Fault::Recorded),
        };
        value.map_err(|fault| self.record(fault))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if is_null(self.node()) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if name == LENIENT {
            visitor.visit_seq(OneOrNone(Some(self)))
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.node().kind {
            Kind::Map(_) => {}
            // A derived type would take a list as its fields in order.
            Kind::List(_) => return Err(self.record(Fault::Type(words::MAPPING.to_owned()))),
            _ => return self.deserialize_any(visitor),
        }
        let extensions = self.path == SpecPath::root() && self.reader.dialect.extensions;
        let (known, unknown): (Vec<_>, Vec<_>) =
            self.reader.tree.entries(self.id).into_iter().partition(|entry| fields.contains(&entry.name));
        for entry in unknown {
            if !(extensions && entry.name.starts_with("x-")) {
                self.unknown(entry, fields);
            }
        }
        visitor.visit_map(Entries::new(&self, known)).map_err(|fault| self.record(fault))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let text = match &self.node().kind {
            Kind::Scalar(scalar) if scalar.value == Scalar::Text => scalar.text.as_ref(),
            Kind::Scalar(scalar) if scalar.value == Scalar::Unreadable => return Err(Fault::Recorded),
            _ => return Err(self.record(Fault::Type(words::one_of(variants)))),
        };
        if variants.contains(&text) {
            let variant: StrDeserializer<'_, Fault> = text.into_deserializer();
            return visitor.visit_enum(variant).map_err(|fault| self.record(fault));
        }
        if !self.refuse_later(&format!("={text}")) {
            let message =
                format!("{} must be {}, not {}", self.name(), words::one_of(variants), quoted(text));
            let help = words::nearest(text, variants).map(|near| format!("write `{near}`"));
            self.error(self.reader.dialect.rules.bad_value, message, help);
        }
        Err(Fault::Recorded)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier
    }
}

/// The items of a list.
struct Items<'v, 'r> {
    list: &'v Value<'r>,
    items: std::iter::Enumerate<std::slice::Iter<'r, Id>>,
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((n, item)) = self.items.next() else { return Ok(None) };
        let item = self.list.child(self.list.path.index(n), None, *item, None);
        seed.deserialize(item.clone()).map(Some).map_err(|fault| item.record(fault))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// A list of one value, or of none where it did not fit and that is reported.
struct OneOrNone<'r>(Option<Value<'r>>);

impl<'de> SeqAccess<'de> for OneOrNone<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(value) = self.0.take() else { return Ok(None) };
        match seed.deserialize(value.clone()) {
            Ok(value) => Ok(Some(value)),
            Err(fault) => {
                value.record(fault);
                Ok(None)
            }
        }
    }
}

/// The entries of a mapping.
struct Entries<'v, 'r> {
    map: &'v Value<'r>,
    entries: std::vec::IntoIter<Entry<'r>>,
    /// The entry whose value comes next.
    next: Option<Entry<'r>>,
}

impl<'v, 'r> Entries<'v, 'r> {
    fn new(map: &'v Value<'r>, entries: Vec<Entry<'r>>) -> Self {
        Self { map, entries: entries.into_iter(), next: None }
    }
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.next = self.entries.next();
        let Some(entry) = self.next else { return Ok(None) };
        seed.deserialize(Key(entry.name)).map(Some).map_err(|fault| {
            let (Fault::Type(why) | Fault::Value(why) | Fault::Custom(why)) = fault else { return fault };
            let message = format!("the key {} of {}: {why}", quoted(entry.name), self.map.name());
            let rule = self.map.reader.dialect.rules.bad_value;
            self.map.reader.report.borrow_mut().error(rule, entry.key, message, "", None);
            Fault::Recorded
        })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some(entry) = self.next.take() else { return Err(Fault::Recorded) };
        let value = self.map.entry(entry);
        seed.deserialize(value.clone()).map_err(|fault| value.record(fault))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// A key. It is text; where a number is asked for, the number that its text is, as JSON's readers do.
struct Key<'k>(&'k str);

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(self.0)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.parse() {
            Ok(number) => visitor.visit_u64(number),
            Err(_) => visitor.visit_str(self.0),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let key: StrDeserializer<'_, Fault> = self.0.into_deserializer();
        key.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
