//! Names of CPU features.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::as_text;
use crate::cpuid::feature;

/// The name of a CPU feature as it is written. Any text is one: a rule says which are known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureName(pub String);

impl fmt::Display for FeatureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for FeatureName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl From<&str> for FeatureName {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

as_text!(FeatureName, "the name of a CPU feature such as `avx2`");

impl JsonSchema for FeatureName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FeatureName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = feature::all().map(|feature| feature.name).collect();
        json_schema!({
            "description": "The Linux kernel's name of a CPU feature, such as `avx2`. QEMU's and the manuals' names are taken as well.",
            "anyOf": [{ "type": "string", "enum": names }, { "type": "string" }]
        })
    }
}
