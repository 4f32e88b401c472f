//! Places of threads.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{ParseValueError, as_text, index};
use crate::source::quoted;

/// One thread of the machine: its socket, its index within its parent at each further level, its core and
/// itself, written `0/1/0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlacePath(pub Vec<u32>);

impl PlacePath {
    /// The fewest and the most indices of a place: socket, core and thread; all eight levels.
    const LENGTHS: std::ops::RangeInclusive<usize> = 3..=8;
}

impl fmt::Display for PlacePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, index) in self.0.iter().enumerate() {
            write!(f, "{}{index}", if i == 0 { "" } else { "/" })?;
        }
        Ok(())
    }
}

impl FromStr for PlacePath {
    type Err = ParseValueError;

    fn from_str(text: &str) -> Result<Self, ParseValueError> {
        let indices: Option<Vec<u32>> = text.split('/').map(index).collect();
        indices.filter(|indices| Self::LENGTHS.contains(&indices.len())).map(Self).ok_or_else(|| {
            let what = quoted(text);
            ParseValueError::new(format!("{what} is not a thread's place: socket/core/thread, all from 0"))
                .help("write `0/1/0` for the first thread of the second core")
        })
    }
}

as_text!(PlacePath, "a thread's place such as `0/1/0`");

impl JsonSchema for PlacePath {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PlacePath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "One thread: `socket/core/thread`, with every level between of which a parent holds several; all from 0.",
            "pattern": "^(0|[1-9][0-9]{0,9})(/(0|[1-9][0-9]{0,9})){2,7}$",
            "examples": ["0/1/0"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_back() {
        for text in ["0/1/0", "1/0/3/1", "0/0/0/0/0/0/0/4294967295"] {
            assert_eq!(text.parse::<PlacePath>().unwrap().to_string(), text);
        }
        for text in ["", "0", "0/1", "0/1/", "0/01/0", "0/0/0/0/0/0/0/0/0", "0/-1/0", "0/4294967296/0"] {
            assert!(text.parse::<PlacePath>().is_err(), "{text}");
        }
    }
}
