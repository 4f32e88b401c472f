//! Places of dies and complexes.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{ParseValueError, as_text, index};
use crate::source::quoted;

/// One die of one socket, written `socket/die`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiePath {
    /// The socket's index.
    pub socket: u32,
    /// The die's index in its socket.
    pub die: u32,
}

impl fmt::Display for DiePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.socket, self.die)
    }
}

impl FromStr for DiePath {
    type Err = ParseValueError;

    fn from_str(text: &str) -> Result<Self, ParseValueError> {
        let parts = text.split_once('/').and_then(|(socket, die)| Some((index(socket)?, index(die)?)));
        parts.map(|(socket, die)| Self { socket, die }).ok_or_else(|| {
            ParseValueError::new(format!("{} is not a die's place: socket/die, both from 0", quoted(text)))
                .help("write `0/1` for the second die of the first socket")
        })
    }
}

/// A number alone names no die: its socket is missing.
fn bare(number: u64) -> Result<DiePath, ParseValueError> {
    Err(ParseValueError::new(format!("`{number}` names a die without its socket"))
        .help(format!("write `0/{number}` for die {number} of the first socket")))
}

as_text!(DiePath, "a die's place such as `0/1`", bare);

/// One complex of one die, written `socket/die/complex`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComplexPath {
    /// The die.
    pub die: DiePath,
    /// The complex's index in its die.
    pub complex: u32,
}

impl fmt::Display for ComplexPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.die, self.complex)
    }
}

impl FromStr for ComplexPath {
    type Err = ParseValueError;

    fn from_str(text: &str) -> Result<Self, ParseValueError> {
        let parts =
            text.rsplit_once('/').and_then(|(die, complex)| Some((die.parse().ok()?, index(complex)?)));
        parts.map(|(die, complex)| Self { die, complex }).ok_or_else(|| {
            let message =
                format!("{} is not a complex's place: socket/die/complex, all from 0", quoted(text));
            let error = ParseValueError::new(message);
            match text.parse::<DiePath>() {
                Ok(die) => error
                    .help(format!("write `{die}/0` for the first complex of that die, or `dies: [{die}]`")),
                Err(_) => error.help("write `0/0/1` for the second complex of the first die"),
            }
        })
    }
}

/// A number alone names no complex: its socket and die are missing.
fn bare_complex(number: u64) -> Result<ComplexPath, ParseValueError> {
    Err(ParseValueError::new(format!("`{number}` names a complex without its socket and die"))
        .help(format!("write `0/0/{number}` for complex {number} of the first die")))
}

as_text!(ComplexPath, "a complex's place such as `0/0/1`", bare_complex);

impl JsonSchema for ComplexPath {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ComplexPath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "One complex of one die, `socket/die/complex`, all from 0.",
            "pattern": "^(0|[1-9][0-9]{0,9})/(0|[1-9][0-9]{0,9})/(0|[1-9][0-9]{0,9})$",
            "examples": ["0/0/1"]
        })
    }
}

impl JsonSchema for DiePath {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DiePath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "One die of one socket, `socket/die`, both from 0.",
            "pattern": "^(0|[1-9][0-9]{0,9})/(0|[1-9][0-9]{0,9})$",
            "examples": ["0/1"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn die_paths_read_back() {
        for (text, socket, die) in [("0/1", 0, 1), ("12/0", 12, 0), ("4294967295/7", u32::MAX, 7)] {
            let path = DiePath { socket, die };
            assert_eq!(text.parse(), Ok(path));
            assert_eq!(path.to_string(), text);
        }
        for text in ["", "/", "0/", "/1", "0/1/2", "00/1", "0/01", "-1/0", "+1/0", "0 / 1", "4294967296/0"] {
            assert!(text.parse::<DiePath>().is_err(), "{text}");
        }
    }

    #[test]
    fn complex_paths_read_back() {
        let path = ComplexPath { die: DiePath { socket: 1, die: 0 }, complex: 12 };
        assert_eq!("1/0/12".parse(), Ok(path));
        assert_eq!(path.to_string(), "1/0/12");
        for text in ["", "1", "1/0", "1/0/", "/0/1", "1//0", "0/0/0/0", "1/0/-1", "1/0/01", "1/0/4294967296"]
        {
            assert!(text.parse::<ComplexPath>().is_err(), "{text}");
        }
        let help = "1/0".parse::<ComplexPath>().unwrap_err().help.unwrap();
        assert_eq!(help, "write `1/0/0` for the first complex of that die, or `dies: [1/0]`");
    }
}
