//! A tree into any serde type, with every misfit reported.

use std::cell::RefCell;
use std::fmt;

use serde::Deserializer;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::access::{Entries, Items, OneOrNone};
use super::dialect::Dialect;
use super::index::place;
use super::lenient::{LENIENT, LIST_OR_MAPPING};
use super::misfit::is_null;
use super::report::Report;
use super::scalar::Scalar;
use super::tree::{Entry, Id, Kind, Node, Tree};
use super::words;
use crate::diag::Fix;
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

/// What all values of a document share.
pub(super) struct Reader<'r> {
    pub(super) tree: &'r Tree<'r>,
    pub(super) dialect: &'r Dialect,
    pub(super) report: RefCell<&'r mut Report>,
}

/// A value of the tree, and how it was reached.
#[derive(Clone)]
pub(super) struct Value<'r> {
    pub(super) reader: &'r Reader<'r>,
    pub(super) path: SpecPath,
    /// The node, aliases followed.
    pub(super) id: Id,
    pub(super) place: Spans,
}

impl<'r> Value<'r> {
    pub(super) fn node(&self) -> &'r Node<'r> {
        &self.reader.tree.nodes[self.id]
    }

    /// A value inside of this one.
    pub(super) fn child(&self, path: SpecPath, key: Option<Span>, value: Id, through: Option<Span>) -> Self {
        let through = self.place.definition.map(|_| self.place.value).or(through);
        let (id, place) = place(self.reader.tree, key, value, through);
        Self { reader: self.reader, path, id, place }
    }

    pub(super) fn entry(&self, entry: Entry<'_>) -> Self {
        self.child(self.path.key(entry.name), Some(entry.key), entry.value, entry.through)
    }

    pub(super) fn name(&self) -> String {
        words::name(&self.path, self.reader.dialect.what)
    }
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
        match (name, &self.node().kind) {
            (LENIENT, _) => visitor.visit_seq(OneOrNone(Some(self))),
            (LIST_OR_MAPPING, Kind::Map(_)) => visitor.visit_some(self),
            (LIST_OR_MAPPING, _) => self.deserialize_any(visitor),
            _ => visitor.visit_newtype_struct(self),
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
        let message = format!("{} must be {}, not {}", self.name(), words::one_of(variants), quoted(text));
        let near = words::nearest(text, variants);
        let help = near.map(|near| format!("write `{near}`"));
        let fix = near.map(|near| match words::only_nearest(text, variants) {
            Some(_) => self.instead(near),
            None => Fix::suggested_by(self.instead(near).edits),
        });
        self.error(self.reader.dialect.rules.bad_value, message, help, fix);
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
