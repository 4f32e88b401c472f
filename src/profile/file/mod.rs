//! The profile as a file: JSON, one CPUID entry a line, so that two profiles diff well. YAML is
//! read as well.

mod form;
mod json;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;

use schemars::generate::SchemaSettings;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::HostProfile;
use crate::profile::spans::PROFILE;
use crate::source::{LineColumn, SourceFile, Span, SpecPath, brief};
use crate::yaml::check_bounds;

/// The version of the form that is written, and the only one that is read.
pub const VERSION: u64 = 1;

/// The most bytes that are read as a profile. One of 384 CPUs has about 300 KiB.
pub const MAX_BYTES: usize = 16 << 20;

/// One mistake of a profile file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The guilty value; the root where the file as a whole is meant.
    pub path: SpecPath,
    /// What is wrong, in one line without control characters.
    pub message: String,
    /// Line and column, where they are known.
    pub place: Option<LineColumn>,
}

impl Mistake {
    fn at(path: SpecPath, message: impl fmt::Display) -> Self {
        Self { path, message: brief(&message.to_string()), place: None }
    }
}

/// Written `3:14: cpus.cpuid: what is wrong`.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(LineColumn { line, column }) = self.place {
            write!(f, "{line}:{column}: ")?;
        }
        if self.path != SpecPath::root() {
            write!(f, "{}: ", brief(self.path.as_str()))?;
        }
        f.write_str(&self.message)
    }
}

/// A file that is no host profile of this version: every mistake found, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError {
    /// The mistakes, in the order of the file's parts.
    pub mistakes: Vec<Mistake>,
}

impl ProfileError {
    fn whole(message: impl fmt::Display, place: Option<LineColumn>) -> Self {
        Self { mistakes: vec![Mistake { place, ..Mistake::at(SpecPath::root(), message) }] }
    }
}

/// One mistake a line.
impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mistake) in self.mistakes.iter().enumerate() {
            write!(f, "{}{mistake}", if at == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ProfileError {}

impl HostProfile {
    /// Reads a profile file: JSON where the first character is `{`, else YAML.
    ///
    /// # Errors
    /// Every mistake that was found: the syntax, another version or format, a word that is no
    /// register, CPUs and nodes that contradict each other, a vendor without rules. A mistake of
    /// syntax or type ends the reading at once.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, ProfileError> {
        if bytes.len() > MAX_BYTES {
            return Err(ProfileError::whole(
                format_args!("{} bytes: a host profile has at most {MAX_BYTES}", bytes.len()),
                None,
            ));
        }
        if bytes.contains(&0) {
            return Err(ProfileError::whole("a binary file, and no host profile", None));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let place = SourceFile::new("", valid).line_column(error.valid_up_to());
            ProfileError::whole("the text is not UTF-8", Some(place))
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            return Err(ProfileError::whole("the file is empty", None));
        }
        read::profile(if text.trim_start().starts_with('{') { json(text)? } else { yaml(text)? })
    }

    /// The profile as a file. Reading it back gives the same profile.
    #[must_use]
    pub fn to_json(&self) -> String {
        write::profile(self).pretty()
    }

    /// SHA-256 of the canonical compact form, in hexadecimal: independent of the file's layout,
    /// key order and comments.
    #[must_use]
    pub fn digest(&self) -> String {
        let digest = Sha256::digest(write::profile(self).compact());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The JSON Schema (draft-07) of the file, as checked in under `schema/`.
#[must_use]
pub fn schema() -> String {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<form::Form>();
    schema.insert("$id".to_owned(), "urn:topoc:schema:host-profile:v1".into());
    format!("{:#}\n", schema.to_value())
}

/// What is looked for in a file that is not of the form.
#[derive(Deserialize)]
struct Probe {
    topoc_host_profile: Option<serde_json::Value>,
}

fn json(text: &str) -> Result<form::Form, ProfileError> {
    serde_json::from_str(text).map_err(|error| {
        if let Ok(probe) = serde_json::from_str(text)
            && let Some(other) = other_format(&probe)
        {
            return other;
        }
        let place = LineColumn { line: error.line(), column: error.column() };
        let message = error.to_string();
        let end = format!(" at line {} column {}", place.line, place.column);
        let message = message.strip_suffix(&end).unwrap_or(&message);
        if error.is_eof() {
            return ProfileError::whole(
                "the file ends before the profile does: is it cut short?",
                Some(place),
            );
        }
        ProfileError::whole(message, (place.line > 0).then_some(place))
    })
}

fn yaml(text: &str) -> Result<form::Form, ProfileError> {
    // serde_yaml bounds neither memory nor time.
    check_bounds(text.as_bytes(), &PROFILE).map_err(|(span, message)| {
        let place = (span != Span::new(0, 0)).then(|| SourceFile::new("", text).line_column(span.start));
        ProfileError::whole(message, place)
    })?;
    serde_yaml::from_str(text).map_err(|error| {
        if let Ok(probe) = serde_yaml::from_str(text)
            && let Some(other) = other_format(&probe)
        {
            return other;
        }
        let place = error.location().map(|at| LineColumn { line: at.line(), column: at.column() });
        let message = error.to_string();
        let end = place.map(|at| format!(" at line {} column {}", at.line, at.column)).unwrap_or_default();
        ProfileError::whole(message.strip_suffix(&end).unwrap_or(&message), place)
    })
}

/// Whether the file is of another format or version altogether, which is worth more than the first
/// member that is not known.
fn other_format(probe: &Probe) -> Option<ProfileError> {
    match &probe.topoc_host_profile {
        None => Some(ProfileError::whole(
            format_args!("not a topoc host profile: `topoc_host_profile: {VERSION}` is missing"),
            None,
        )),
        Some(version) if version.as_u64() == Some(VERSION) => None,
        Some(version) => Some(ProfileError {
            mistakes: vec![Mistake::at("topoc_host_profile".into(), other_version(version))],
        }),
    }
}

fn other_version(version: &dyn fmt::Display) -> String {
    format!("host profile of form {version}: this topoc reads form {VERSION}")
}
