//! The file `topoc.yaml`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FailOn, Levels, Name, Setting};
use crate::diag::{At, Diagnostic, Severity};
use crate::source::{SpanIndex, SpecPath};
use crate::yaml::{self, Dialect, Limits, Rules};

/// The version of the policy's form.
pub const POLICY_VERSION: u64 = 1;

/// How the specs below a folder are judged: `topoc.yaml`, found upwards from each spec.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// The version of this form: 1.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "yaml::value")]
    pub version: Option<u64>,
    /// The host profile that specs are checked against where no `--host` is given: a path relative to this file,
    /// within its repository. Left out: none.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "yaml::value")]
    pub host: Option<String>,
    /// Which files of a folder are specs, as globs relative to this file, such as `vms/**/*.yaml`. Left out:
    /// `*.topoc.yaml` in any folder.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "yaml::list")]
    pub include: Option<Vec<String>>,
    /// Which of them are passed by when a folder is checked, as globs relative to this file. Left out: none.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "yaml::list")]
    pub exclude: Option<Vec<String>>,
    /// The level from which findings make a run fail: `error`, `warning`, `note` or `never`. Left out: `error`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "yaml::value")]
    pub fail_on: Option<FailOn>,
    /// Levels by rule or family: `allow`, `warn` or `deny`. A rule's goes before its family's.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "yaml::value")]
    pub rules: Option<BTreeMap<String, Setting>>,
    /// Whether comments in specs may allow findings. Left out: `true`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "yaml::value")]
    pub comments: Option<bool>,
}

/// What reading a policy gave.
#[derive(Clone, Debug)]
pub struct ReadFile {
    /// The policy without what is wrong in it; `None` where nothing could be read.
    pub file: Option<File>,
    /// Its levels.
    pub levels: Levels,
    /// Where its values stand.
    pub spans: SpanIndex,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

const DIALECT: Dialect = Dialect {
    what: "policy",
    limits: Limits { bytes: 1 << 20, values: 1 << 14, ..Limits::SPEC },
    at: At::Text,
    rules: Rules {
        unknown_key: "spec::unknown_key",
        wrong_type: "spec::wrong_type",
        missing_key: "spec::missing_key",
        bad_value: "spec::bad_value",
        unknown_version: "spec::unknown_version",
    },
    version: POLICY_VERSION,
    required: &["version"],
    extensions: true,
    smallest: "{version: 1}",
};

/// Reads a policy: one YAML document in UTF-8 of at most 1 MiB. Every mistake of it is found in one run.
#[must_use]
pub fn read(bytes: &[u8]) -> ReadFile {
    let reading = yaml::read::<File>(bytes, &DIALECT);
    let mut diagnostics = reading.diagnostics;
    let mut levels = Levels::default();
    for (written, setting) in reading.value.iter().filter_map(|file| file.rules.as_ref()).flatten() {
        let at = SpecPath::from("rules").key(written);
        match Name::find(written) {
            Ok(name) => {
                levels.set(name, *setting);
            }
            Err(unknown) => {
                let mut found = Diagnostic::new("spec::unknown_rule", Severity::Error, unknown.message)
                    .label(At::Key(at), "no rule or family");
                found.help = unknown.help;
                diagnostics.push(found);
            }
        }
    }
    ReadFile { file: reading.value, levels, spans: reading.spans, diagnostics }
}

/// The JSON Schema (draft-07) of a policy, as text with a final line feed.
#[must_use]
pub fn schema() -> String {
    yaml::document_schema::<File>("urn:topoc:schema:policy:v1", "topoc policy, version 1", &DIALECT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_of_a_policy_is_found() {
        let text = "version: 1\nrules:\n  numa: deny\n  id::broadcast: allow\n  cache::lcc_spans_nodes: warn\n\
                    fail_on: warnings\nhots: a.json\n";
        let read = read(text.as_bytes());
        let names: Vec<_> = read.diagnostics.iter().map(|found| found.rule).collect();
        assert_eq!(
            names,
            ["spec::bad_value", "spec::unknown_key", "spec::unknown_rule", "spec::unknown_rule"]
        );
        assert_eq!(read.levels.of("numa::cuts_core"), Some(Setting::Deny));
    }

    #[test]
    fn a_policy_reads_as_it_was_written() {
        let text = "version: 1\nhost: hosts/a.json\nexclude: [drafts/**]\nfail_on: warning\ncomments: false\n\
                    rules: { numa: deny, 'numa::no_memory': allow }\n";
        let read = read(text.as_bytes());
        assert_eq!(read.diagnostics, []);
        let file = read.file.unwrap();
        assert_eq!((file.host.as_deref(), file.fail_on), (Some("hosts/a.json"), Some(FailOn::Warning)));
        assert_eq!(file.exclude, Some(vec!["drafts/**".to_owned()]));
        assert_eq!(file.comments, Some(false));
        assert_eq!(read.levels.of("numa::no_memory"), Some(Setting::Allow));
    }
}
