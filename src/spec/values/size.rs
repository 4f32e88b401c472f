//! Sizes in bytes.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{ParseValueError, as_text};
use crate::source::quoted;

/// The units, greatest first, and their bytes.
const UNITS: [(&str, u64); 6] =
    [("PiB", 1 << 50), ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// A size in bytes, written with a binary unit: `48KiB`, `2MiB`, `64GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(pub u64);

impl fmt::Display for Size {
    /// The greatest unit that divides the size.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = UNITS.iter().find(|(_, bytes)| self.0 != 0 && self.0.is_multiple_of(*bytes));
        let (unit, bytes) = exact.unwrap_or(&("B", 1));
        write!(f, "{}{unit}", self.0 / bytes)
    }
}

impl FromStr for Size {
    type Err = ParseValueError;

    fn from_str(text: &str) -> Result<Self, ParseValueError> {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let bytes = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, bytes)| *bytes);
        let canonical = number == "0" || !number.starts_with('0');
        match (number.parse::<u64>(), bytes) {
            (Ok(number), Some(bytes)) if canonical => number
                .checked_mul(bytes)
                .map(Self)
                .ok_or_else(|| ParseValueError::new(format!("{} is 16 EiB or more", quoted(text)))),
            (Err(_), Some(_)) if !number.is_empty() => {
                Err(ParseValueError::new(format!("{} is 16 EiB or more", quoted(text))))
            }
            _ => Err(meant(text)),
        }
    }
}

/// The error for a text that is no size, with the size that was likely meant.
fn meant(text: &str) -> ParseValueError {
    let message = format!("{} is not a size: a whole number and one of KiB, MiB, GiB, TiB", quoted(text));
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let Ok(number) = number.trim_start_matches('0').parse::<f64>() else {
        return ParseValueError::new(message).help("write it as in `64GiB`");
    };
    let prefix = unit.trim().to_ascii_uppercase();
    let Some((unit, bytes)) = UNITS.iter().find(|(name, _)| prefix.starts_with(&name[..1])) else {
        return ParseValueError::new(message).help(bare_help(text));
    };
    // Powers of two scale without rounding; what is no whole number of bytes is not offered.
    #[allow(clippy::cast_precision_loss)]
    let scaled = number * *bytes as f64;
    let meant = if number.fract() == 0.0 {
        Some(format!("{number}{unit}"))
    } else {
        format!("{scaled}").parse().ok().map(|exact| Size(exact).to_string())
    };
    match meant {
        Some(meant) => ParseValueError::new(message).help(format!("write `{meant}`")).instead(meant),
        None => ParseValueError::new(message).help("write a whole number, as in `64GiB`"),
    }
}

/// What to write instead of a number without a unit.
fn bare_help(number: &str) -> String {
    match number.parse::<u64>() {
        Ok(bytes) if bytes >= 1024 && bytes.is_multiple_of(1024) => {
            format!("write `{}` for that many bytes", Size(bytes))
        }
        Ok(number) => format!("give it a unit: `{number}KiB`, `{number}MiB` or `{number}GiB`"),
        Err(_) => "write it as in `64GiB`".to_owned(),
    }
}

/// A number is never a size: it has no unit.
fn bare(number: u64) -> Result<Size, ParseValueError> {
    let help = bare_help(&number.to_string());
    Err(ParseValueError::new(format!("`{number}` is a size without a unit")).help(help))
}

as_text!(Size, "a size such as `64GiB`", bare);

impl JsonSchema for Size {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A size with a binary unit: `48KiB`, `2MiB`, `64GiB`.",
            "pattern": "^(0|[1-9][0-9]*)(B|KiB|MiB|GiB|TiB|PiB)$",
            "examples": ["48KiB", "2MiB", "64GiB"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_exact_and_read_back() {
        for (text, bytes) in [
            ("0B", 0),
            ("1B", 1),
            ("48KiB", 49152),
            ("2MiB", 2 << 20),
            ("30MiB", 30 << 20),
            ("64GiB", 64 << 30),
            ("1TiB", 1 << 40),
            ("16383PiB", 16383 << 50),
            ("18446744073709551615B", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
            assert_eq!(Size(bytes).to_string(), text);
        }
        assert_eq!(Size(1 << 20).to_string(), "1MiB");
        assert_eq!("1024KiB".parse(), Ok(Size(1 << 20)));
    }

    #[test]
    fn what_is_no_size_says_what_was_meant() {
        for (text, help) in [
            ("64G", "write `64GiB`"),
            ("64GB", "write `64GiB`"),
            ("64g", "write `64GiB`"),
            ("48K", "write `48KiB`"),
            ("48kb", "write `48KiB`"),
            ("48 KiB", "write `48KiB`"),
            ("064GiB", "write `64GiB`"),
            ("1.5GiB", "write `1536MiB`"),
            ("1.3B", "write a whole number, as in `64GiB`"),
            ("64", "give it a unit: `64KiB`, `64MiB` or `64GiB`"),
            ("1048576", "write `1MiB` for that many bytes"),
            ("", "write it as in `64GiB`"),
            ("GiB", "write it as in `64GiB`"),
            ("-1GiB", "write it as in `64GiB`"),
            ("lots", "write it as in `64GiB`"),
        ] {
            let error = text.parse::<Size>().unwrap_err();
            assert_eq!(error.help.as_deref(), Some(help), "{text}");
        }
    }

    #[test]
    fn what_overflows_is_no_size() {
        for text in ["16384PiB", "18446744073709551616B", "99999999999999999999999999GiB"] {
            let error = text.parse::<Size>().unwrap_err();
            assert_eq!(error.message, format!("`{text}` is 16 EiB or more"));
        }
    }
}
