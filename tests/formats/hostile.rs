//! Whatever a text holds, no format lets it steer a terminal, a browser or a reader.

use proptest::prelude::*;
use serde_json::Value;
use topoc::diag::render::{
    Style, concise, github, gitlab, human, json_lines, json_run, junit, narrated, sarif,
};
use topoc::diag::{
    Allowed, AllowedBy, At, Checked, Diagnostic, Document, Edit, Fix, NotRun, Run, Severity, Skipped, Sources,
};
use topoc::source::{SourceFile, Span, SpanIndex, Spans, SpecPath, is_unprintable, printable};

use crate::annotations;
use crate::hand_built::{HOSTILE, with_run};
use crate::schemas::{accepts, sarif_schema, validator};

const PLAIN: Style = Style { colour: false, width: 100 };

/// Every format of a run, by name.
fn all(run: &Run<'_>) -> Vec<(&'static str, String)> {
    let by_file = |render: &dyn Fn(&Checked<'_>) -> String| run.files.iter().map(render).collect();
    vec![
        ("json", json_run(run)),
        ("json-lines", json_lines(run)),
        ("sarif", sarif(run)),
        ("github", github(run)),
        ("gitlab", gitlab(run)),
        ("junit", junit(run)),
        ("human", by_file(&|file| human(file.diagnostics, &file.sources, PLAIN))),
        ("narrated", by_file(&|file| narrated(file.diagnostics, &file.sources, PLAIN))),
        ("concise", by_file(&|file| concise(file.diagnostics, &file.sources))),
    ]
}

fn is_harmless(format: &str, text: &str) {
    let hidden = text.chars().find(|c| *c != '\n' && is_unprintable(*c));
    assert!(hidden.is_none(), "{format}: {hidden:?} in {text:?}");
}

#[test]
fn no_control_character_comes_through_in_any_format() {
    with_run(|run| {
        for (format, text) in all(run) {
            is_harmless(format, &text);
        }
    });
}

/// A run with one text in every place that a text can have.
fn everywhere<T>(text: &str, at: usize, look: impl FnOnce(&Run<'_>, &Diagnostic) -> T) -> T {
    let file = SourceFile::new(format!("f{text}"), text);
    let mut spans = SpanIndex::default();
    let span = Span::new(at.min(text.len()), text.len());
    let path = SpecPath::from(text);
    spans.insert(path.clone(), Spans { key: None, value: span, definition: Some(span) });
    let document = Document { file: &file, spans: Some(&spans) };
    let others = [document];
    let sources =
        Sources { spec: Some(document), profile: Some(document), baseline: Some(document), others: &others };
    let found = [Diagnostic::new("yaml::test", Severity::Error, text)
        .label(At::Text(span), text)
        .label(At::Value(path.clone()), text)
        .label(At::Profile(path.clone()), text)
        .label(At::Baseline(path.clone()), text)
        .label(At::Other(file.name().to_owned(), path.clone()), text)
        .label(At::Other(text.to_owned(), path), text)
        .help(text)
        .note(text)
        .fix(Fix::safe(text, vec![Edit::Text(span, text.to_owned())]))];
    let allowed = [Allowed { diagnostic: found[0].clone(), by: AllowedBy::Comment, reason: text.to_owned() }];
    let files = [Checked { name: file.name(), sources, diagnostics: &found, allowed: &allowed }];
    let skipped = [Skipped { name: text.to_owned(), why: text.to_owned() }];
    let not_run = [NotRun { rule: "yaml::test", why: text.to_owned(), specs: 1 }];
    look(&Run { files: &files, skipped: &skipped, not_run: &not_run }, &found[0])
}

/// What every reader makes of a run with this text.
fn is_read_back(text: &str, at: usize, sarif_schema: &jsonschema::Validator) {
    everywhere(text, at, |run, diagnostic| {
        for (format, out) in all(run) {
            is_harmless(format, &out);
        }
        let shown = printable(text);

        let read: Value = serde_json::from_str(&json_run(run)).unwrap();
        assert_eq!(read["findings"][0]["message"], text);
        assert_eq!(read["findings"][0]["help"], text);
        assert_eq!(read["findings"][0]["file"], format!("f{text}"));
        assert_eq!(read["findings"][0]["fix"]["title"], text);
        assert_eq!(read["allowed"][0]["reason"], text);
        assert_eq!(read["skipped"][0]["why"], text);
        let lines = json_lines(run);
        assert_eq!(lines.lines().count(), 3);
        for line in lines.lines() {
            serde_json::from_str::<Value>(line).unwrap();
        }

        let log: Value = serde_json::from_str(&sarif(run)).unwrap();
        accepts(sarif_schema, &log);
        let message = log["runs"][0]["results"][0]["message"]["text"].as_str().unwrap();
        assert!(message.starts_with(&shown.replace("](", "] (")), "{message:?}");

        let issues: Value = serde_json::from_str(&gitlab(run)).unwrap();
        assert!(issues[0]["description"].as_str().unwrap().starts_with(&shown));

        let commands = github(run);
        assert_eq!(commands.lines().count(), 1);
        let annotation = annotations::read(commands.trim_end_matches('\n'));
        assert_eq!(annotation.command, "error");
        assert_eq!(annotation.message.split('\n').next().unwrap(), shown);
        assert_eq!(annotation.properties["title"], diagnostic.rule);
        assert_eq!(annotation.properties.len(), 6, "{commands}");
        let parts = |path: &str| -> Vec<String> {
            path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").map(printable).collect()
        };
        assert_eq!(annotation.properties["file"], parts(&format!("f{text}")).join("/"));

        let xml = junit(run);
        let document = roxmltree::Document::parse(&xml).unwrap();
        let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
        let visible = shown.replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}");
        assert_eq!(failure.attribute("message").unwrap(), visible);
        assert!(failure.text().unwrap().lines().next().unwrap().ends_with(&visible));

        let sources = &run.files[0].sources;
        assert_eq!(concise(run.files[0].diagnostics, sources).lines().count(), 1);
        let told = narrated(run.files[0].diagnostics, sources, PLAIN);
        assert!(told.starts_with(&format!("Error: {shown}")), "{told:?}");
    });
}

#[test]
fn a_text_that_is_meant_to_break_out_does_not() {
    let schema = validator(&sarif_schema());
    for text in [
        HOSTILE,
        "",
        "%",
        "%25%0A",
        "::error file=x::y",
        "a\n::add-mask::b",
        "]]>",
        "<![CDATA[",
        "-->",
        "&#0;",
        "\"/><x y=\"",
        "{0} [a](1)",
        "\\u{1b}",
        "C:\\x\\..\\y",
        "//server/share",
        "\u{d7ff}\u{e000}\u{fffe}\u{ffff}\u{10ffff}",
    ] {
        is_read_back(text, 1, &schema);
    }
}

/// A text with more of what formats are made of than chance would put there.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,4}",
        any::<char>().prop_map(String::from),
        prop::sample::select(vec![
            "::",
            "%",
            "\n",
            "\r",
            ",",
            "=",
            "]]>",
            "\"",
            "<",
            "&",
            "](",
            "{",
            "\\",
            "/",
            "\u{202e}",
            "\u{1b}[0m",
            "大",
            "`",
            "\t",
            " ",
            ".",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn any_text_is_read_back(text in text(), at in 0_usize..20) {
        thread_local!(static SCHEMA: jsonschema::Validator = validator(&sarif_schema()));
        SCHEMA.with(|schema| is_read_back(&text, at, schema));
    }
}
