//! Frequencies.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{ParseValueError, as_text};
use crate::source::quoted;

/// The units, greatest first, and their power of ten.
const UNITS: [(&str, u32); 4] = [("GHz", 9), ("MHz", 6), ("kHz", 3), ("Hz", 0)];

/// A frequency in Hz, written with its unit: `2500MHz`, `1GHz`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frequency(pub u64);

impl Frequency {
    /// The whole number of MHz that it is, if it is one.
    #[must_use]
    pub const fn mhz(self) -> Option<u64> {
        if self.0.is_multiple_of(1_000_000) { Some(self.0 / 1_000_000) } else { None }
    }
}

impl fmt::Display for Frequency {
    /// The greatest unit that divides it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = |(_, power): &&(&str, u32)| self.0 != 0 && self.0.is_multiple_of(10_u64.pow(*power));
        let (unit, power) = UNITS.iter().find(exact).unwrap_or(&("Hz", 0));
        write!(f, "{}{unit}", self.0 / 10_u64.pow(*power))
    }
}

impl FromStr for Frequency {
    type Err = ParseValueError;

    fn from_str(text: &str) -> Result<Self, ParseValueError> {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let power = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, power)| *power);
        let canonical = number == "0" || !number.starts_with('0');
        match (power, number.is_empty(), canonical) {
            (Some(power), false, true) => {
                let hz = number.parse::<u64>().ok().and_then(|number| number.checked_mul(10_u64.pow(power)));
                let too_large = || ParseValueError::new(format!("{} is 2^64 Hz or more", quoted(text)));
                hz.map(Self).ok_or_else(too_large)
            }
            _ => Err(meant(text)),
        }
    }
}

/// The error for a text that is no frequency, with the one that was likely meant.
fn meant(text: &str) -> ParseValueError {
    let error = ParseValueError::new(format!(
        "{} is not a frequency: a whole number and one of kHz, MHz, GHz",
        quoted(text)
    ));
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = unit.trim().to_ascii_lowercase();
    let like = |name: &str| !unit.is_empty() && name.to_ascii_lowercase().starts_with(&unit);
    let power = UNITS.iter().find(|(name, _)| like(name)).map(|(_, power)| *power);
    match power.and_then(|power| scaled(number, power)) {
        Some(hz) => error.help(format!("write `{}`", Frequency(hz))).instead(Frequency(hz).to_string()),
        None => error.help("write it as in `2500MHz`"),
    }
}

/// A decimal number times a power of ten, if that is whole.
fn scaled(number: &str, power: u32) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    let left = power.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    format!("{whole}{fraction}").parse::<u64>().ok()?.checked_mul(10_u64.pow(left))
}

/// A number is never a frequency: it has no unit.
fn bare(number: u64) -> Result<Frequency, ParseValueError> {
    let likely = if number >= 1_000_000 {
        format!("write `{}` for that many Hz", Frequency(number))
    } else {
        format!("give it a unit: `{number}MHz`")
    };
    Err(ParseValueError::new(format!("`{number}` is a frequency without a unit")).help(likely))
}

as_text!(Frequency, "a frequency such as `2500MHz`", bare);

impl JsonSchema for Frequency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Frequency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A frequency with its unit: `2500MHz`, `1GHz`.",
            "pattern": "^(0|[1-9][0-9]*)(Hz|kHz|MHz|GHz)$",
            "examples": ["2500MHz", "25MHz", "1GHz"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_are_exact_and_read_back() {
        for (text, hz) in
            [("0Hz", 0), ("1Hz", 1), ("2592MHz", 2_592_000_000), ("1GHz", 1_000_000_000), ("25kHz", 25_000)]
        {
            assert_eq!(text.parse(), Ok(Frequency(hz)));
            assert_eq!(Frequency(hz).to_string(), text);
        }
        assert_eq!("2500000kHz".parse(), Ok(Frequency(2_500_000_000)));
        assert_eq!((Frequency(2_500_000_000).mhz(), Frequency(1).mhz()), (Some(2500), None));
    }

    #[test]
    fn what_is_no_frequency_says_what_was_meant() {
        for (text, help) in [
            ("2.5GHz", "write `2500MHz`"),
            ("2.50 GHz", "write `2500MHz`"),
            ("2500mhz", "write `2500MHz`"),
            ("2500M", "write `2500MHz`"),
            ("0100MHz", "write `100MHz`"),
            ("1.3Hz", "write it as in `2500MHz`"),
            ("GHz", "write it as in `2500MHz`"),
            ("2500", "write it as in `2500MHz`"),
            ("fast", "write it as in `2500MHz`"),
            ("-1GHz", "write it as in `2500MHz`"),
            ("", "write it as in `2500MHz`"),
        ] {
            assert_eq!(text.parse::<Frequency>().unwrap_err().help.as_deref(), Some(help), "{text}");
        }
        assert_eq!(bare(2500).unwrap_err().help.as_deref(), Some("give it a unit: `2500MHz`"));
        assert_eq!(bare(25_000_000).unwrap_err().help.as_deref(), Some("write `25MHz` for that many Hz"));
    }

    #[test]
    fn what_overflows_is_no_frequency() {
        for text in ["18446744073709551616Hz", "99999999999999999999GHz", "18446744074GHz"] {
            let error = text.parse::<Frequency>().unwrap_err();
            assert_eq!(error.message, format!("`{text}` is 2^64 Hz or more"));
        }
    }
}
