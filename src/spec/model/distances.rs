//! Distances of nodes: all of them, or what two of them have in common.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as Derived, Serialize};

use crate::yaml;

/// How far apart the nodes lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Distances {
    /// The SLIT: row i, column j is the distance from node i to node j.
    Matrix(Vec<Vec<u32>>),
    /// By whether two nodes lie in one socket.
    BySocket(DistancesBySocket),
}

/// How far apart two nodes lie, by whether it is in one socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Derived, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DistancesBySocket {
    /// Between two nodes whose CPUs all lie in one socket. Left out: 12.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub same_socket: Option<u32>,
    /// Between any other two nodes. Left out: 20.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub remote: Option<u32>,
}

/// One row; nothing where a number of it does not fit.
#[derive(Derived)]
struct Row(#[serde(deserialize_with = "yaml::list")] Option<Vec<u32>>);

/// Distances; nothing where a row of them does not fit.
struct Read(Option<Distances>);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Read;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("rows of numbers, or `same_socket` and `remote`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Read, A::Error> {
                let mut rows = Some(Vec::new());
                while let Some(Row(row)) = seq.next_element()? {
                    rows = rows.zip(row).map(|(mut rows, row)| {
                        rows.push(row);
                        rows
                    });
                }
                Ok(Read(rows.map(Distances::Matrix)))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Read, A::Error> {
                self.visit_some(MapAccessDeserializer::new(map))
            }

            fn visit_some<D: Deserializer<'de>>(self, mapping: D) -> Result<Read, D::Error> {
                Ok(Read(Some(Distances::BySocket(DistancesBySocket::deserialize(mapping)?))))
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, either: D) -> Result<Read, D::Error> {
                either.deserialize_any(self)
            }
        }

        deserializer.deserialize_newtype_struct(yaml::LIST_OR_MAPPING, Either)
    }
}

/// Reads optional distances.
pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Distances>, D::Error> {
    Ok(yaml::value::<D, Read>(deserializer)?.and_then(|read| read.0))
}

impl JsonSchema for Distances {
    fn schema_name() -> Cow<'static, str> {
        "Distances".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        // A description here would stand before the key's in editors.
        let matrix = <Vec<Vec<u32>>>::json_schema(generator);
        let by_socket = generator.subschema_for::<DistancesBySocket>();
        json_schema!({ "oneOf": [matrix, by_socket] })
    }
}
