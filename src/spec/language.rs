//! What the reader of YAML has to know of the spec's language, version 1.

use crate::diag::At;
use crate::yaml::{Dialect, Limits, Rules};

/// The spec's language.
pub(super) const LANGUAGE: Dialect = Dialect {
    what: "spec",
    limits: Limits::SPEC,
    at: At::Text,
    rules: Rules {
        unknown_key: "spec::unknown_key",
        wrong_type: "spec::wrong_type",
        missing_key: "spec::missing_key",
        bad_value: "spec::bad_value",
        unknown_version: "spec::unknown_version",
    },
    version: 1,
    required: &["version", "topology"],
    extensions: true,
    smallest: "{version: 1, topology: {cores: 4}}",
};
