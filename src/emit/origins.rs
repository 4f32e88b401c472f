//! Why each field of a compiled machine has its value: `origins.json`, beside the manifest.
//!
//! It is for people who ask; a VMM needs nothing of it. Fields that have the same reason share an entry, and
//! what is said holds for all vCPUs, so that its size does not grow with their number.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::Manifest;
use crate::source::brief;
use crate::yaml;

/// The version of the form.
pub const ORIGINS_VERSION: u32 = 1;

/// The origins of a compiled machine's fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Origins {
    /// The version of this form: 1.
    pub topoc_origins: u32,
    /// What was compiled: the digests of the manifest that these origins belong to.
    pub of: Compiled,
    /// The last component of the spec's path. Absent for a spec that a program built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<String>,
    /// The last component of the profile's path. Absent for a host that was captured on the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Where the values of the spec stand that origins name, by path.
    pub places: BTreeMap<String, SourceLine>,
    /// The origins: each with its fields.
    pub origins: Vec<Origin>,
}

/// The digests that the manifest has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compiled {
    /// The version of topoc.
    pub topoc: String,
    /// SHA-256 of the spec's source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec_source_sha256: Option<String>,
    /// SHA-256 of the resolved spec.
    pub spec_sha256: String,
    /// SHA-256 of the host profile.
    pub profile_sha256: String,
    /// SHA-256 of the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_sha256: Option<String>,
}

impl From<&Manifest> for Compiled {
    fn from(manifest: &Manifest) -> Self {
        Self {
            topoc: manifest.topoc.clone(),
            spec_source_sha256: manifest.spec_source_sha256.clone(),
            spec_sha256: manifest.spec_sha256.clone(),
            profile_sha256: manifest.profile_sha256.clone(),
            baseline_sha256: manifest.baseline_sha256.clone(),
        }
    }
}

/// Where a value stands in the spec's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceLine {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The line without the white space around it; a long one is cut.
    pub text: String,
}

/// Why some fields have their values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The fields, as `CPUID.(EAX=04H,ECX=3):EAX[25:14]`.
    pub fields: Vec<String>,
    /// The reason in one sentence, with its numbers.
    pub because: String,
    /// What the reason rests on.
    pub rests_on: Vec<Ground>,
}

/// One thing that a reason rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// A value that the spec has, by its path.
    Spec(String),
    /// A value that the spec leaves out.
    Default(DefaultValue),
    /// What the host's profile tells: its CPUID, or what its kernel offers.
    Host(String),
    /// It is so on every host and for every spec.
    Always(String),
}

/// A member for each kind, of which one is there: by derivation, the members would go without a description.
impl JsonSchema for Ground {
    fn schema_name() -> Cow<'static, str> {
        "Ground".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let default = generator.subschema_for::<DefaultValue>();
        json_schema!({
            "description": "One thing that a reason rests on.",
            "type": "object",
            "properties": {
                "spec": { "type": "string", "description": "A value that the spec has, by its path." },
                "default": { "description": "A value that the spec leaves out.", "allOf": [default] },
                "host": {
                    "type": "string",
                    "description": "What the host's profile tells: its CPUID, or what its kernel offers.",
                },
                "always": { "type": "string", "description": "It is so on every host and for every spec." },
            },
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}

/// A value that the spec leaves out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DefaultValue {
    /// The path that it would have.
    pub path: String,
    /// What stands in.
    pub is: String,
    /// Why that does.
    pub reason: String,
}

/// Why bytes are no origins of this version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginsError(String);

impl fmt::Display for OriginsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OriginsError {}

impl Origins {
    /// The origins as they stand in a file.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Plain data with string keys: serialising cannot fail.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads origins of this version. Nothing in them is trusted: what they say is for showing alone.
    ///
    /// # Errors
    /// It is no JSON, no origins, or of another version.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, OriginsError> {
        let origins: Self =
            serde_json::from_slice(bytes).map_err(|error| OriginsError(brief(&error.to_string())))?;
        if origins.topoc_origins == ORIGINS_VERSION {
            return Ok(origins);
        }
        Err(OriginsError(format!("origins of another version; this topoc reads version {ORIGINS_VERSION}")))
    }

    /// Whether they are those of a manifest.
    #[must_use]
    pub fn are_of(&self, manifest: &Manifest) -> bool {
        self.of == Compiled::from(manifest)
    }

    /// The origin of a field, by its coordinate as [`Origin::fields`] has it.
    #[must_use]
    pub fn find(&self, field: &str) -> Option<&Origin> {
        self.origins.iter().find(|origin| origin.fields.iter().any(|known| known == field))
    }
}

/// The JSON Schema (draft-07) of the origins, as checked in under `schema/`.
#[must_use]
pub fn origins_schema() -> String {
    let schema = yaml::schema::<Origins>("urn:topoc:schema:origins:v1", "topoc origins, version 1");
    format!("{:#}\n", schema.to_value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back_and_other_text_is_not() {
        let origins = Origins {
            topoc_origins: ORIGINS_VERSION,
            of: Compiled::default(),
            spec: Some("db.topoc.yaml".to_owned()),
            profile: None,
            places: BTreeMap::from([(
                "topology.cores".to_owned(),
                SourceLine { line: 2, column: 3, text: "cores: 8".to_owned() },
            )]),
            origins: vec![Origin {
                fields: vec!["CPUID.(EAX=0BH,ECX=0):EAX[4:0]".to_owned()],
                because: "one thread".to_owned(),
                rests_on: vec![Ground::Spec("topology.cores".to_owned()), Ground::Always("so".to_owned())],
            }],
        };
        assert_eq!(Origins::from_slice(origins.to_json().as_bytes()), Ok(origins.clone()));
        assert!(origins.find("CPUID.(EAX=0BH,ECX=0):EAX[4:0]").is_some());
        assert!(origins.find("CPUID.(EAX=0BH,ECX=1):EAX[4:0]").is_none());
        for text in ["", "{}", "[]", "{\"topoc_manifest\": 1}"] {
            assert!(Origins::from_slice(text.as_bytes()).is_err(), "{text}");
        }
        let other = Origins { topoc_origins: 2, ..origins };
        let error = Origins::from_slice(other.to_json().as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("origins of another version"), "{error}");
    }
}
