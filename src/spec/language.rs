//! What the reader of YAML has to know of the spec's language, version 1.

use crate::diag::At;
use crate::yaml::{Dialect, Later, Limits, Rules};

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
        not_in_this_version: "spec::not_in_this_version",
    },
    version: 1,
    required: &["version", "topology"],
    extensions: true,
    later: LATER,
    smallest: "{version: 1, topology: {cores: 4}}",
};

const fn later(path: &'static str, instead: &'static str) -> Later {
    Later { path, instead }
}

/// What the language means to have and this version does not build: an error each, never ignored.
const LATER: &[Later] = &[later("host.fidelity=exact", FIDELITY), later("host.fidelity=sharing", FIDELITY)];

const FIDELITY: &str = "write `fidelity: counts`, or `none` to ask nothing of the host";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::parse;

    /// A spec that uses an entry of the table.
    fn using(path: &str) -> String {
        let (path, value) = path.split_once('=').unwrap_or((path, "1"));
        let inner =
            path.rsplit('.').fold(value.to_owned(), |inner, segment| match segment.strip_suffix("[]") {
                Some(list) => format!("{{{list}: [{inner}]}}"),
                None => format!("{{{}: {inner}}}", segment.replace('*', "l2")),
            });
        let topology = if path.starts_with("topology") { "" } else { "topology: {cores: 4}\n" };
        format!("version: 1\n{topology}{}\n", &inner[1..inner.len() - 1])
    }

    #[test]
    fn what_is_not_built_yet_says_so() {
        for later in LATER {
            let text = using(later.path);
            let failed = parse(text.as_bytes()).unwrap_err();
            let [only] = failed.diagnostics() else { panic!("{text}: {:#?}", failed.diagnostics()) };
            assert_eq!(only.rule, "spec::not_in_this_version", "{text}");
            assert!(only.message.ends_with(" is not in this version of topoc"), "{}", only.message);
            assert_eq!(only.help.as_deref(), Some(later.instead));
        }
    }

    #[test]
    fn a_word_of_the_table_is_not_meant_elsewhere() {
        let failed = parse(b"version: 1\ntopology: {cores: 4}\nvmm: {parts: 1}\n").unwrap_err();
        assert_eq!(failed.diagnostics()[0].rule, "spec::unknown_key");
    }
}
