//! The parts of lists and mappings, one after the other, as serde asks for them.

use serde::Deserializer;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::de::{Fault, Value};
use super::tree::{Entry, Id};
use crate::source::quoted;

/// The items of a list.
pub(super) struct Items<'v, 'r> {
    pub(super) list: &'v Value<'r>,
    pub(super) items: std::iter::Enumerate<std::slice::Iter<'r, Id>>,
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
pub(super) struct OneOrNone<'r>(pub(super) Option<Value<'r>>);

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
pub(super) struct Entries<'v, 'r> {
    map: &'v Value<'r>,
    entries: std::vec::IntoIter<Entry<'r>>,
    /// The entry whose value comes next.
    next: Option<Entry<'r>>,
}

impl<'v, 'r> Entries<'v, 'r> {
    pub(super) fn new(map: &'v Value<'r>, entries: Vec<Entry<'r>>) -> Self {
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
