//! The reader with a type that is not the spec: maps by number, its own limits, its own labels.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use serde::Deserialize;
use topoc::diag::At;
use topoc::source::SpecPath;
use topoc::yaml::{self, Dialect, Limits, Rules};

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    #[serde(deserialize_with = "yaml::value")]
    version: Option<u32>,
    #[serde(deserialize_with = "yaml::value")]
    leaves: Option<BTreeMap<u32, Leaf>>,
    #[serde(deserialize_with = "yaml::list")]
    names: Option<Vec<String>>,
    #[serde(deserialize_with = "yaml::list")]
    rows: Option<Vec<Row>>,
    note: Option<String>,
    #[serde(deserialize_with = "yaml::value")]
    even: Option<Even>,
}

/// A list in a list.
#[derive(Debug, PartialEq, Deserialize)]
struct Row(#[serde(deserialize_with = "yaml::list")] Option<Vec<u8>>);

/// A type that judges after serde has read.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "u32")]
struct Even(u32);

impl TryFrom<u32> for Even {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, String> {
        if number.is_multiple_of(2) { Ok(Self(number)) } else { Err(format!("{number} is odd")) }
    }
}

#[derive(Debug, PartialEq, Deserialize)]
struct Leaf {
    eax: u64,
    ebx: Option<i32>,
}

const FILE: Dialect = Dialect {
    what: "file",
    limits: Limits { bytes: 1000, ..Limits::PROFILE },
    at: At::ProfileText,
    rules: Rules {
        unknown_key: "file::unknown_key",
        wrong_type: "file::wrong_type",
        missing_key: "file::missing_key",
        bad_value: "file::bad_value",
        unknown_version: "file::unknown_version",
    },
    version: 3,
    required: &["version"],
    extensions: false,
    smallest: "{version: 3}",
};

#[test]
fn a_good_file_is_read() {
    let text = r#"{"version": 3, "leaves": {"4": {"eax": 1, "ebx": -2}, "0": {"eax": 18446744073709551615}},
        "names": ["a"], "rows": [[1, 255], []], "note": null}"#;
    let reading = yaml::read::<File>(text.as_bytes(), &FILE);
    assert!(reading.diagnostics.is_empty(), "{:?}", reading.diagnostics);
    assert_eq!(reading.value, serde_json::from_str(text).unwrap());
    let place = reading.spans.get(&SpecPath::from("leaves.4.ebx")).unwrap();
    assert_eq!(&text[place.value.start..place.value.end], "-2");
    assert_eq!(
        yaml::spans_of(text.as_bytes(), &FILE).unwrap().get(&SpecPath::from("leaves.4.ebx")),
        Some(place)
    );
}

#[test]
fn mistakes_are_named_as_the_dialect_names_them() {
    let text = "version: 3\nx-a: 1\nleaves: {\"4\": {ebx: 1}, \"x\": {}}\nnames: [1, a, 2]\nrows: [[256], [a]]\neven: 3\nnote: []\n";
    let reading = yaml::read::<File>(text.as_bytes(), &FILE);
    let found: Vec<_> = reading
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let At::ProfileText(span) = diagnostic.labels[0].at else { panic!("{diagnostic:?}") };
            (diagnostic.rule, &text[span.start..span.end], diagnostic.message.as_str())
        })
        .collect();
    let expected = [
        ("file::unknown_key", "x-a", "the file has no key `x-a`"),
        ("file::missing_key", "{ebx: 1}", "`leaves.4` has no `eax`"),
        ("file::wrong_type", "1", "`names[0]` must be text, not `1`"),
        ("file::wrong_type", "2", "`names[2]` must be text, not `2`"),
        ("file::bad_value", "256", "`rows[0][0]` must be a whole number from 0 to 255, not `256`"),
        ("file::wrong_type", "a", "`rows[1][0]` must be a whole number from 0 to 255, not the text `a`"),
        ("file::bad_value", "3", "`even`: 3 is odd"),
        ("file::wrong_type", "[]", "`note` must be text, not a list"),
    ];
    assert_eq!(found, expected);
    // A field without leniency takes its type with it.
    assert_eq!(reading.value, None);
}

#[test]
fn keys_that_are_no_numbers_and_other_versions_are_refused() {
    let rules = |text: &str| -> Vec<_> {
        yaml::read::<File>(text.as_bytes(), &FILE)
            .diagnostics
            .iter()
            .map(|diagnostic| diagnostic.rule)
            .collect()
    };
    assert_eq!(rules("{version: 3, leaves: {x: {eax: 1}}}"), ["file::bad_value"]);
    assert_eq!(rules("{version: 4, foo: 1}"), ["file::unknown_version"]);
    assert_eq!(rules("{names: []}"), ["file::missing_key"]);
    assert_eq!(rules(&"#".repeat(1001)), ["yaml::too_large"]);
    assert!(yaml::spans_of(b"[a, *b]", &FILE).is_err());
}

#[test]
fn places_past_the_budget_are_those_of_what_is_around() {
    let limits = Limits { index_bytes: 200, ..FILE.limits };
    let spans = yaml::spans_of(b"{a: {b: [1, 2, 3]}}", &Dialect { limits, ..FILE }).unwrap();
    assert_eq!(spans.get(&SpecPath::from("a.b[2]")), None);
    assert!(spans.nearest(&SpecPath::from("a.b[2]")).is_some());
}
