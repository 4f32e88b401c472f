//! Fields that read a value which does not fit as absent, once it is reported.
//!
//! For `#[serde(deserialize_with = …)]`. Only this module's reader is lenient, and only after it has
//! recorded the error; any other deserializer (`serde_json`, `serde_yaml`) refuses the value.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Unexpected, Visitor};

/// The newtype name by which a field asks the reader for leniency.
pub(super) const LENIENT: &str = "topoc::yaml::lenient";

/// The newtype name by which a type says that it reads a list or a mapping. The reader calls `visit_some` with a
/// mapping, whose keys are then known; other deserializers call `visit_newtype_struct` with either.
pub const LIST_OR_MAPPING: &str = "topoc::yaml::list_or_mapping";

/// A value, or nothing where the reader has recorded why it does not fit.
struct Lenient<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrNone<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrNone<T> {
            type Value = Lenient<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            /// The reader: a list of one, or of none after an error.
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Lenient<T>, A::Error> {
                seq.next_element().map(Lenient)
            }

            /// Everyone else.
            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Lenient<T>, D::Error> {
                T::deserialize(deserializer).map(|value| Lenient(Some(value)))
            }
        }

        deserializer.deserialize_newtype_struct(LENIENT, OneOrNone(PhantomData))
    }
}

/// Reads an optional value.
///
/// # Errors
/// The deserializer's. This module's reader records them and gives `None`.
pub fn value<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Lenient::deserialize(deserializer).map(|value| value.0)
}

/// Reads an optional list. An item that does not fit makes the list absent, after all items are read.
///
/// # Errors
/// As [`value`].
pub fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let items: Option<Vec<Lenient<T>>> = value(deserializer)?;
    Ok(items.and_then(|items| items.into_iter().map(|item| item.0).collect()))
}

/// Reads an optional count. A 0 is read: the rules judge it, and can say more of it than its type.
///
/// # Errors
/// As [`value`].
pub fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    struct Count(u32);

    impl<'de> Deserialize<'de> for Count {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Number;

            impl Visitor<'_> for Number {
                type Value = Count;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a whole number from 1 to 4294967295")
                }

                fn visit_u64<E: Error>(self, number: u64) -> Result<Count, E> {
                    let count = u32::try_from(number).ok();
                    count.map(Count).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
                }

                fn visit_i64<E: Error>(self, number: i64) -> Result<Count, E> {
                    Err(E::invalid_value(Unexpected::Signed(number), &self))
                }
            }

            deserializer.deserialize_u32(Number)
        }
    }

    let count: Option<Count> = value(deserializer)?;
    Ok(count.map(|count| count.0))
}
