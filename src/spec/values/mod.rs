//! Values with a notation of their own: sizes, frequencies, CPU lists, places of dies, complexes and threads, kernel versions.
//!
//! Each is written and read as text, by `FromStr`, `Display`, serde and the JSON Schema alike.

mod cpu_list;
mod die_path;
mod feature_name;
mod frequency;
mod kernel;
mod place_path;
mod size;

use std::fmt;

pub use cpu_list::CpuList;
pub use die_path::{ComplexPath, DiePath};
pub use feature_name::FeatureName;
pub use frequency::Frequency;
pub use kernel::KernelVersion;
pub use place_path::PlacePath;
pub use size::Size;

/// Why a value's text is not of its notation, and what to write instead.
///
/// `{}` is one line; `{:#}` puts the help on a line of its own and the value to write on a third,
/// which is how they travel through serde's errors to a diagnostic's help and fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseValueError {
    /// What the text is and what would be valid.
    pub message: String,
    /// An edit that can be pasted, where one is known.
    pub help: Option<String>,
    /// The whole value as YAML in flow style, where one thing can have been meant.
    pub instead: Option<String>,
}

impl ParseValueError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, instead: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The value that was meant. Whoever says this has said a help.
    fn instead(mut self, value: impl Into<String>) -> Self {
        self.instead = Some(value.into());
        self
    }
}

impl fmt::Display for ParseValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match (&self.help, &self.instead) {
            (Some(help), Some(value)) if f.alternate() => write!(f, "\n{help}\n{value}"),
            (Some(help), _) if f.alternate() => write!(f, "\n{help}"),
            (Some(help), _) => write!(f, "; {help}"),
            (None, _) => Ok(()),
        }
    }
}

impl std::error::Error for ParseValueError {}

/// A decimal number as the notations have it: digits alone, no leading zero, below 2^32.
fn index(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// Serialises as `Display` writes it, reads back by `FromStr`.
macro_rules! as_text {
    ($type:ty, $expected:literal $(, $from_u64:expr)?) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct FromText;

                impl serde::de::Visitor<'_> for FromText {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse().map_err(E::custom)
                    }

                    $(fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<$type, E> {
                        $from_u64(number).map_err(E::custom)
                    })?
                }

                deserializer.deserialize_any(FromText)
            }
        }
    };
}
use as_text;
