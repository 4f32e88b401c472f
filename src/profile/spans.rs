//! Where the values of a profile's text stand, for diagnostics that point into it.

use crate::diag::At;
use crate::source::SpanIndex;
use crate::yaml::{self, Dialect, Limits, Rules};

/// Only places and limits are asked of it: what it says of values is the file form's to say.
pub(super) const PROFILE: Dialect = Dialect {
    what: "host profile",
    limits: Limits::PROFILE,
    at: At::ProfileText,
    rules: Rules {
        unknown_key: "profile::syntax",
        wrong_type: "profile::syntax",
        missing_key: "profile::syntax",
        bad_value: "profile::syntax",
        unknown_version: "profile::syntax",
    },
    version: super::VERSION,
    required: &[],
    extensions: false,
    smallest: "",
};

/// Where each value stands, of a profile or of another file of a host's or a fleet's; `None` for a text that is not YAML.
#[must_use]
pub fn spans_of(text: &str) -> Option<SpanIndex> {
    yaml::spans_of(text.as_bytes(), &PROFILE).ok()
}
