//! A manifest's bytes back into a manifest. Nothing in them is trusted.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{MANIFEST_VERSION, Manifest};
use crate::source::{brief, quoted};

/// Why bytes are no manifest of this version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestError {
    /// No JSON: the parser's words.
    Syntax(String),
    /// JSON without `topoc_manifest`.
    Foreign,
    /// A manifest of another version.
    Version,
    /// A member is missing, unknown or of another kind: the parser's words.
    Form(String),
    /// A table's file is not a bare name in the manifest's directory.
    Path {
        /// Which of the vCPUs, from 0.
        vcpu: usize,
        /// The file's name as written.
        file: String,
    },
    /// Two vCPUs have one file.
    FileTwice {
        /// The second of them, from 0.
        vcpu: usize,
        /// The file's name.
        file: String,
    },
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(why) => write!(f, "not JSON: {}", brief(why)),
            Self::Foreign => f.write_str("not a manifest of topoc: it has no `topoc_manifest`"),
            Self::Version => {
                write!(f, "a manifest of another version; this topoc reads version {MANIFEST_VERSION}")
            }
            Self::Form(why) => f.write_str(&brief(why)),
            Self::Path { vcpu, file } => write!(f, "vCPU {vcpu}: {} is not a bare file name", quoted(file)),
            Self::FileTwice { vcpu, file } => {
                write!(f, "vCPU {vcpu}: {} is the file of another vCPU, too", quoted(file))
            }
        }
    }
}

impl std::error::Error for ManifestError {}

/// What tells a manifest from other JSON; the rest is skipped, not kept.
#[derive(Deserialize)]
struct Probe<T> {
    topoc_manifest: T,
}

impl Manifest {
    /// Reads a manifest of this version. Memory is bounded by a small multiple of the text's length.
    ///
    /// Every vCPU has a file of its own, which is a bare name: joined to the manifest's directory it
    /// lies in that directory.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, ManifestError> {
        let manifest = match serde_json::from_slice::<Self>(bytes) {
            Ok(manifest) if manifest.topoc_manifest == MANIFEST_VERSION => manifest,
            Ok(_) => return Err(ManifestError::Version),
            Err(error) => return Err(explain(bytes, &error)),
        };
        let mut files = HashSet::with_capacity(manifest.vcpus.len());
        for (vcpu, file) in manifest.vcpus.iter().map(|vcpu| vcpu.file.as_str()).enumerate() {
            if !is_bare(file) {
                return Err(ManifestError::Path { vcpu, file: file.to_owned() });
            }
            if !files.insert(file) {
                return Err(ManifestError::FileTwice { vcpu, file: file.to_owned() });
            }
        }
        Ok(manifest)
    }
}

/// That it is of another format or version is worth more than the first member that is not known.
fn explain(bytes: &[u8], error: &serde_json::Error) -> ManifestError {
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return ManifestError::Foreign;
    }
    match (serde_json::from_slice::<Probe<u32>>(bytes), serde_json::from_slice::<Probe<IgnoredAny>>(bytes)) {
        (Ok(Probe { topoc_manifest: MANIFEST_VERSION }), _) => ManifestError::Form(error.to_string()),
        (_, Ok(_)) => ManifestError::Version,
        (_, Err(error)) if error.is_data() => ManifestError::Foreign,
        (_, Err(error)) => ManifestError::Syntax(error.to_string()),
    }
}

fn is_bare(file: &str) -> bool {
    !file.is_empty() && !file.contains(['/', '\\', '\0']) && file != "." && file != ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> String {
        Manifest::from_slice(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_manifest_says_what_it_is() {
        assert!(why("{").starts_with("not JSON: EOF"));
        assert!(why("{} x").starts_with("not a manifest of topoc"));
        assert!(why("{\"topoc_manifest\": 1} x").starts_with("not JSON: trailing characters"));
        assert!(why("[1, 2]").starts_with("not a manifest of topoc"));
        assert!(why("{\"other\": 1}").starts_with("not a manifest of topoc"));
        for version in ["2", "-1", "1.5", "\"1\"", "[[1]]", "18446744073709551616"] {
            let text = format!("{{\"x\": 1, \"topoc_manifest\": {version}}}");
            assert!(why(&text).starts_with("a manifest of another version"), "{version}: {}", why(&text));
        }
        assert!(why("{\"topoc_manifest\": 1}").starts_with("missing field"));
        assert!(why("{\"topoc_manifest\": 1, \"x\": 2}").starts_with("unknown field `x`"));
    }

    /// The manifest of two vCPUs on one of the example hosts.
    fn manifest() -> Manifest {
        let host = include_bytes!("../../examples/hosts/two-socket-intel-xeon-gold-6140.json");
        let host = crate::profile::HostProfile::from_slice(host).unwrap();
        let spec = crate::spec::parse(b"version: 1\ntopology: { cores: 2 }\n").unwrap().into_parts().0;
        crate::compile::compile(&spec, &host).unwrap().manifest().clone()
    }

    fn read(manifest: &Manifest) -> Result<Manifest, ManifestError> {
        Manifest::from_slice(manifest.to_json().as_bytes())
    }

    #[test]
    fn what_was_written_is_read_back() {
        let written = manifest();
        assert_eq!(written.vcpus.len(), 2);
        assert_eq!(read(&written).as_ref(), Ok(&written));
        assert!(written.to_json().ends_with("}\n"));
        assert_eq!(
            read(&Manifest { topoc_manifest: MANIFEST_VERSION + 1, ..written }),
            Err(ManifestError::Version)
        );
    }

    #[test]
    fn a_file_is_a_bare_name_of_its_own() {
        let with = |file: &str| {
            let mut manifest = manifest();
            file.clone_into(&mut manifest.vcpus[1].file);
            read(&manifest)
        };
        for bare in ["a", ".a", "...", "a..b", "vcpu 1", "~"] {
            assert!(with(bare).is_ok(), "{bare:?}");
        }
        for other in ["", ".", "..", "/", "a/b", "../a", "a/", "/etc/passwd", "a\\b", "a\0"] {
            assert_eq!(with(other), Err(ManifestError::Path { vcpu: 1, file: other.to_owned() }));
        }
        let first = manifest().vcpus[0].file.clone();
        assert_eq!(with(&first), Err(ManifestError::FileTwice { vcpu: 1, file: first.clone() }));
    }

    #[test]
    fn a_message_is_short_whatever_the_file_holds() {
        let long = "k".repeat(1_000_000);
        let why = why(&format!("{{\"topoc_manifest\": 1, \"{long}\": 2}}"));
        assert!(why.len() < 500, "{} bytes", why.len());
    }
}
