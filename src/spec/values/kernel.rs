//! Versions of the Linux kernel.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{ParseValueError, as_text, index};
use crate::source::quoted;

/// A version of the Linux kernel, written `"6.12"`: as a number, 6.10 would be 6.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KernelVersion {
    /// The number before the dot.
    pub major: u32,
    /// The number behind it.
    pub minor: u32,
}

impl fmt::Display for KernelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for KernelVersion {
    type Err = ParseValueError;

    fn from_str(text: &str) -> Result<Self, ParseValueError> {
        let number = |part: Option<&str>| part.filter(|part| !part.is_empty()).and_then(index);
        let mut parts = text.split(['.', '-', '+']);
        let version = number(parts.next()).zip(number(parts.next()));
        let version = version.map(|(major, minor)| Self { major, minor });
        let error = || {
            ParseValueError::new(format!(
                "{} is not a kernel's version: two numbers and a dot between them",
                quoted(text)
            ))
        };
        match version {
            Some(version) if parts.next().is_none() => Ok(version),
            Some(version) => {
                let version = format!("\"{version}\"");
                Err(error().help(format!("write `{version}`")).instead(version))
            }
            None => Err(error().help("write it as in `\"6.12\"`")),
        }
    }
}

as_text!(KernelVersion, "text such as `\"6.12\"`");

impl JsonSchema for KernelVersion {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "KernelVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A version of the Linux kernel, in quotes: `\"6.12\"`.",
            "pattern": "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)$",
            "examples": ["6.12", "5.15"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::parse;

    #[test]
    fn versions_read_back_and_compare() {
        let of = |text: &str| text.parse::<KernelVersion>().unwrap();
        assert_eq!(of("6.12").to_string(), "6.12");
        assert!(of("6.9") < of("6.12") && of("5.15") < of("6.1"));
        for (text, help) in [
            ("6.12.3", "write `\"6.12\"`"),
            ("6.8.0-45-generic", "write `\"6.8\"`"),
            ("6", "write it as in `\"6.12\"`"),
            ("6.", "write it as in `\"6.12\"`"),
            ("v6.1", "write it as in `\"6.12\"`"),
            ("", "write it as in `\"6.12\"`"),
        ] {
            assert_eq!(text.parse::<KernelVersion>().unwrap_err().help.as_deref(), Some(help), "{text}");
        }
    }

    #[test]
    fn a_number_is_told_to_take_quotes() {
        let failed = parse(b"version: 1\ntopology: {cores: 1}\nguest: {kernel: 6.10}\n").unwrap_err();
        let [only] = failed.diagnostics() else { panic!("{:?}", failed.diagnostics()) };
        assert_eq!(only.help.as_deref(), Some("write `\"6.10\"`"));
    }
}
