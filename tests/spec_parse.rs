//! Reading specs: every mistake in one run, each at its place, and nothing hostile gets far.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::{Duration, Instant};

use topoc::diag::{At, Diagnostic, Severity};
use topoc::source::{Span, SpecPath};
use topoc::spec::{Failed, Parsed, Spec, parse};

fn good(text: &str) -> Parsed {
    parse(text.as_bytes()).unwrap_or_else(|failed| panic!("{:#?}", failed.diagnostics()))
}

fn bad(text: &str) -> Failed {
    parse(text.as_bytes()).err().unwrap_or_else(|| panic!("{text:?} is accepted"))
}

fn bytes(at: &At) -> Span {
    match at {
        At::Text(span) => *span,
        other => panic!("a label at {other:?}"),
    }
}

/// Rule and guilty text of each finding.
fn guilty<'t>(text: &'t str, diagnostics: &[Diagnostic]) -> Vec<(&'static str, &'t str)> {
    let place = |diagnostic: &Diagnostic| {
        diagnostic.labels.first().map_or("", |label| {
            let span = bytes(&label.at);
            &text[span.start..span.end]
        })
    };
    diagnostics.iter().map(|diagnostic| (diagnostic.rule, place(diagnostic))).collect()
}

/// The single finding of a text that is no spec.
fn only(text: &str) -> Diagnostic {
    match bad(text).into_diagnostics().as_slice() {
        [only] => only.clone(),
        several => panic!("{text:?}: {several:#?}"),
    }
}

#[test]
fn every_mistake_is_reported_in_one_run_at_its_place() {
    let text = "\
version: 1
name: 42
topology:
  sockets: two
  dies: -1
  coers: 4
  order: cores
caches:
  l3: { size: 64G, shared_by: dye, ways: 0 }
numa:
  nodes:
    - { sockets: [0, x], memory: 64GB }
    - { vcpus: 7-0, dies: [0] }
  distances: [[10, a], [b]]
host: { fidelity: exactly }
vmm: { x2apic_at_boot: yes, irqchip: }
vmm: {}
";
    let failed = bad(text);
    let expected = [
        ("spec::wrong_type", "42"),
        ("spec::wrong_type", "two"),
        ("spec::bad_value", "-1"),
        ("spec::unknown_key", "coers"),
        ("spec::bad_value", "cores"),
        ("spec::bad_value", "64G"),
        ("spec::bad_value", "dye"),
        ("spec::wrong_type", "x"),
        ("spec::bad_value", "64GB"),
        ("spec::bad_value", "7-0"),
        ("spec::bad_value", "0"),
        ("spec::wrong_type", "a"),
        ("spec::wrong_type", "b"),
        ("spec::bad_value", "exactly"),
        ("spec::wrong_type", "yes"),
        ("spec::wrong_type", "irqchip"),
        ("yaml::duplicate_key", "vmm"),
    ];
    assert_eq!(guilty(text, failed.diagnostics()), expected);
    // What is right is there for rules to look at.
    let spec = failed.partial().unwrap();
    assert_eq!((spec.version, &spec.name), (Some(1), &None));
    assert_eq!(spec.topology.as_ref().unwrap().sockets, None);
    assert_eq!(spec.numa.as_ref().unwrap().nodes.as_ref().unwrap().len(), 2);
    assert_eq!(spec.numa.as_ref().unwrap().distances, None);
}

#[test]
fn messages_say_what_would_be_valid() {
    let topology = |value: &str| only(&format!("version: 1\ntopology: {{cores: {value}}}\n"));
    for (value, rule, message, help) in [
        ("-1", "spec::bad_value", "not `-1`", None),
        ("1099511627776", "spec::bad_value", "not `1099511627776`", None),
        ("1.5", "spec::wrong_type", "not `1.5`", None),
        ("1e3", "spec::wrong_type", "not `1e3`", Some("write `1000`")),
        ("010", "spec::wrong_type", "not the text `010`", Some("write `10`, or `8` if it is octal")),
        ("1_000", "spec::wrong_type", "not the text `1_000`", Some("write `1000`")),
        ("\"4\"", "spec::wrong_type", "not the text `4`", Some("write `4` without quotes")),
        ("[4]", "spec::wrong_type", "not a list", None),
        ("true", "spec::wrong_type", "not `true`", None),
    ] {
        let diagnostic = topology(value);
        let whole = format!("`topology.cores` must be a whole number from 1 to 4294967295, {message}");
        assert_eq!((diagnostic.rule, &diagnostic.message), (rule, &whole));
        assert_eq!(diagnostic.help.as_deref(), help, "{value}");
    }
    for (line, message, help) in [
        ("name: 42", "`name` must be text, not `42`", Some("write `\"42\"`")),
        ("name: null", "`name` has no value; it must be text", Some("give it one, or leave the key out")),
        (
            "cpu: {vendor: Intle}",
            "`cpu.vendor` must be `intel`, `amd`, `hygon`, `zhaoxin` or `centaur`, not `Intle`",
            Some("write `intel`"),
        ),
        ("caches: 3", "`caches` must be a mapping, not `3`", None),
        ("caches: [3]", "`caches` must be a mapping, not a list", None),
        (
            "vmm: {x2apic_at_boot: off}",
            "`vmm.x2apic_at_boot` must be `true` or `false`, not the text `off`",
            Some("write `false`"),
        ),
        (
            "numa: {memory: 64}",
            "`numa.memory`: `64` is a size without a unit",
            Some("give it a unit: `64KiB`, `64MiB` or `64GiB`"),
        ),
        (
            "numa: {nodes: [{sockets: 0}]}",
            "`numa.nodes[0].sockets` must be a list, not `0`",
            Some("write `[0]`"),
        ),
        (
            "numa: {nodes: [{vcpus: 0-3,8-11}]}",
            "`numa.nodes[0]` has no key `8-11`",
            Some(
                "a comma inside braces starts a new key: quote the list it belongs to, as in `\"0-3,8-11\"`",
            ),
        ),
        (
            "socket: 2",
            "the spec has no key `socket`",
            Some(
                "the keys here are `version`, `name`, `topology`, `caches`, `numa`, `memory`, `cpu`, `host`, `vmm` and `guest`",
            ),
        ),
        ("\"a\\e[2J\": 1", "the spec has no key `a\\u{1b}[2J`", None),
    ] {
        let diagnostic = only(&format!("version: 1\ntopology: {{cores: 4}}\n{line}\n"));
        assert_eq!(diagnostic.message, message);
        assert!(help.is_none() || diagnostic.help.as_deref() == help, "{:?}", diagnostic.help);
    }
}

#[test]
fn the_required_keys_must_stand_there() {
    for (text, message) in [
        ("name: x", "the spec has no `version` and no `topology`"),
        ("version: 1", "the spec has no `topology`"),
        ("version: 1\nx-topology: {cores: 1}", "the spec has no `topology`"),
        ("{}", "the spec has no `version` and no `topology`"),
    ] {
        let diagnostic = only(text);
        assert_eq!((diagnostic.rule, diagnostic.message.as_str()), ("spec::missing_key", message));
    }
    // A misspelt key is one mistake, not two.
    let text = "versoin: 1\ntoplogy: {cores: 1}";
    let expected = [("spec::unknown_key", "versoin"), ("spec::unknown_key", "toplogy")];
    assert_eq!(guilty(text, bad(text).diagnostics()), expected);
}

#[test]
fn another_version_is_one_error() {
    let text = "version: 2\nfoo: 1\ntopology: {bar: 2}\n";
    assert_eq!(guilty(text, bad(text).diagnostics()), [("spec::unknown_version", "2")]);
    assert_eq!(bad(text).partial(), None);
    assert_eq!(only(text).message, "this spec has version `2`; this topoc reads version 1");
}

#[test]
fn yaml_mistakes_are_refused_at_their_place() {
    let head = "version: 1\ntopology: {cores: 4}\n";
    for (rest, rule, place) in [
        ("name: !!str x", "yaml::tag", "!!str"),
        ("x-a: !foo {a: 1}", "yaml::tag", "!foo"),
        ("name: a\nname: b", "yaml::duplicate_key", "name"),
        ("x-a: {b: 1, \"b\": 2}", "yaml::duplicate_key", "\"b\""),
        ("x-a: &a {<<: {b: 1}, <<: {c: 1}}", "yaml::duplicate_key", "<<"),
        ("1: x", "yaml::key", "1"),
        ("null: x", "yaml::key", "null"),
        ("x-a: {[a]: b}", "yaml::key", "[a]"),
        ("x-a: &a b\n*a : c", "yaml::key", "*a"),
        ("x-a: *b", "yaml::unknown_anchor", "*b"),
        ("x-a: &a [1, *a]", "yaml::recursive_alias", "*a"),
        ("x-a: &a:b c", "yaml::anchor", "&a:b"),
        ("x-a: {<<: 3}", "yaml::merge", "3"),
        ("x-a: {<<: [{a: 1}, 3]}", "yaml::merge", "[{a: 1}, 3]"),
        ("x-a: 18446744073709551616", "yaml::number", "18446744073709551616"),
        ("x-a: -9223372036854775809", "yaml::number", "-9223372036854775809"),
        ("---\nversion: 1", "yaml::documents", "---"),
        ("name: a\u{202e}b", "yaml::control_character", "\u{202e}"),
        ("name: a\u{85}b", "yaml::control_character", "\u{85}"),
        ("name: a\u{2028}b", "yaml::control_character", "\u{2028}"),
        ("name: a\u{feff}b", "yaml::control_character", "\u{feff}"),
        ("name: a\x1b[2Jb", "yaml::control_character", "\x1b"),
        ("x-a: {?foo: bar}", "yaml::disagree", "?foo"),
        ("x-a: [?x]", "yaml::disagree", "?x"),
        ("name: \"a", "yaml::syntax", "\""),
        ("x-a: {b: 1\nname: x", "yaml::syntax", ":"),
        ("name:\n\tx: 1", "yaml::syntax", "x"),
        ("%YAML 1.2", "yaml::syntax", "%"),
        ("x-a: b: c", "yaml::syntax", ":"),
    ] {
        let text = format!("{head}{rest}\n");
        assert_eq!(guilty(&text, bad(&text).diagnostics()), [(rule, place)], "{rest}");
    }
    // The other party of a duplicate is labelled, too, and so is an unclosed bracket.
    let text = "version: 1\ntopology: {cores: 4}\nversion: 1\n";
    assert_eq!(only(text).labels.iter().map(|label| bytes(&label.at).start).collect::<Vec<_>>(), [32, 0]);
    let text = "version: 1\ntopology: {cores: 4\nname: x\n";
    assert_eq!(only(text).labels.iter().map(|label| bytes(&label.at).start).collect::<Vec<_>>(), [35, 21]);
}

#[test]
fn what_is_no_text_says_so() {
    for (text, rule, message) in [
        (&b""[..], "yaml::empty", "the spec is empty"),
        (b"# nothing\n", "yaml::empty", "the spec is empty"),
        (b"---\n", "yaml::empty", "the spec is empty"),
        (b"\xef\xbb\xbf", "yaml::empty", "the spec is empty"),
        (
            b"\x7fELF\x02\x01\x01\0\0",
            "yaml::not_text",
            "byte 7 is zero: the spec is a binary file, not YAML or JSON text",
        ),
        (b"\xff\xfev\0e\0", "yaml::not_utf8", "the spec is UTF-16; save it as UTF-8"),
        (b"name: \xff", "yaml::not_utf8", "byte 6 (0xff) is not UTF-8"),
        (b"name: \xc3", "yaml::not_utf8", "byte 6 (0xc3) is not UTF-8"),
        (b"hello", "spec::wrong_type", "the spec must be a mapping, not the text `hello`"),
        (b"- 1", "spec::wrong_type", "the spec must be a mapping, not a list"),
    ] {
        let failed = parse(text).unwrap_err();
        let found: Vec<_> = failed.diagnostics().iter().map(|d| (d.rule, d.message.as_str())).collect();
        assert_eq!(found, [(rule, message)]);
    }
}

const PLACES: &str = "\u{feff}# \u{f8}
version: 1\r
name: \"\u{fc}\\u00fc\"   # \u{e9}
x-c: &c { size: 2MiB, ways: 16 }
x-d: &d { <<: *c }
topology:
  cores: 4
  threads: 2   # a comment
caches:
  l1d: { size: 48KiB , ways: 12 }
  l2: *c
  l1i: { <<: *d }
  l3:
    <<: *c
    ways: 8
numa:
  nodes:
    - vcpus: >-
        0-3
      memory: '1GiB'
    - { vcpus: \"4-7\" }
  distances: [[10, 20 ], [20,10]]
";

#[test]
fn spans_are_exactly_what_was_written() {
    let parsed = good(PLACES);
    let slice = |span: Span| &PLACES[span.start..span.end];
    let spans = |path: &str| *parsed.spans().get(&SpecPath::from(path)).unwrap_or_else(|| panic!("{path}"));
    for (path, key, value, definition) in [
        ("version", Some("version"), "1", None),
        ("name", Some("name"), "\"\u{fc}\\u00fc\"", None),
        ("topology", Some("topology"), "cores: 4\n  threads: 2", None),
        ("topology.threads", Some("threads"), "2", None),
        ("caches.l1d", Some("l1d"), "{ size: 48KiB , ways: 12 }", None),
        ("caches.l1d.size", Some("size"), "48KiB", None),
        ("caches.l2", Some("l2"), "*c", Some("{ size: 2MiB, ways: 16 }")),
        ("caches.l2.size", Some("size"), "*c", Some("2MiB")),
        ("caches.l3.size", Some("size"), "*c", Some("2MiB")),
        ("caches.l1i.size", Some("size"), "*d", Some("2MiB")),
        ("caches.l3.ways", Some("ways"), "8", None),
        ("numa.nodes[0].memory", Some("memory"), "'1GiB'", None),
        ("numa.nodes[1]", None, "{ vcpus: \"4-7\" }", None),
        ("numa.nodes[1].vcpus", Some("vcpus"), "\"4-7\"", None),
        ("numa.distances", Some("distances"), "[[10, 20 ], [20,10]]", None),
        ("numa.distances[0][1]", None, "20", None),
        ("numa.distances[1]", None, "[20,10]", None),
    ] {
        let spans = spans(path);
        assert_eq!(
            (spans.key.map(slice), slice(spans.value), spans.definition.map(slice)),
            (key, value, definition),
            "{path}"
        );
    }
    // A folded text's place starts at its text.
    assert_eq!(slice(spans("numa.nodes[0].vcpus").value).trim(), "0-3");
    let caches = parsed.spec().caches.as_ref().unwrap();
    assert_eq!(caches.l2.as_ref().unwrap().ways, Some(16));
    assert_eq!(caches.l3.as_ref().unwrap().ways, Some(8));
    assert_eq!(caches.l3.as_ref().unwrap().size, caches.l2.as_ref().unwrap().size);
}

#[test]
fn the_last_line_of_a_block_text_may_lack_its_line_feed() {
    for (text, name) in
        [("name: |\n  a\n  b", "a\nb"), ("name: |\n  a\n", "a\n"), ("name: >-\n  a\n  b\n", "a b")]
    {
        let text = format!("version: 1\ntopology: {{cores: 4}}\n{text}");
        assert_eq!(good(&text).spec().name.as_deref(), Some(name));
    }
}

#[test]
fn an_alias_is_blamed_at_the_alias_and_once() {
    let text = "\
version: 1
topology: {cores: 4}
x-a: &a {size: 64G, foo: 1}
x-b: &b {line: x}
caches: {l1d: *a, l1i: *a, l2: {<<: [*b, *a], ways: 8}}
";
    let failed = bad(text);
    let places: Vec<Vec<&str>> = failed
        .diagnostics()
        .iter()
        .map(|d| {
            d.labels.iter().map(|label| bytes(&label.at)).map(|span| &text[span.start..span.end]).collect()
        })
        .collect();
    assert_eq!(places, [vec!["*a", "foo"], vec!["*a", "64G"], vec!["*b", "x"]]);
    assert_eq!(failed.partial().unwrap().caches.as_ref().unwrap().l2.as_ref().unwrap().ways, Some(8));
}

#[test]
fn an_earlier_merge_wins_over_a_later_and_the_written_over_both() {
    let text = "\
version: 1
topology: {cores: 4}
x-a: &a {ways: 1, line: 1, size: 1KiB}
x-b: &b {ways: 2, line: 2}
x-c: &c {<<: *a, ways: 3}
caches: {l1d: {ways: 4, <<: [*b, *a]}, l1i: *c, l2: {<<: {ways: 5}}}
";
    let caches = good(text).spec().caches.clone().unwrap();
    let l1d = caches.l1d.unwrap();
    assert_eq!((l1d.ways, l1d.line, l1d.size.unwrap().0), (Some(4), Some(2), 1024));
    let l1i = caches.l1i.unwrap();
    assert_eq!((l1i.ways, l1i.line), (Some(3), Some(1)));
    assert_eq!(caches.l2.unwrap().ways, Some(5));
}

#[test]
fn what_other_readers_take_differently_is_a_warning() {
    for (line, place, help) in [
        ("name: yes", "yes", "write `\"yes\"`"),
        ("name: 010", "010", "write `\"010\"`"),
        ("name: 1:30", "1:30", "write `\"1:30\"`"),
        ("cpu: {hypervisor: {}}\ncaches: {l2: {ways: 0b101}}", "0b101", "write `5`"),
        ("caches: {l2: {ways: +0x10}}", "+0x10", "write `16`"),
    ] {
        let text = format!("version: 1\ntopology: {{cores: 4}}\n{line}\n");
        let parsed = good(&text);
        assert_eq!(guilty(&text, parsed.warnings()), [("yaml::ambiguous", place)]);
        assert_eq!(parsed.warnings()[0].severity, Severity::Warning);
        assert_eq!(parsed.warnings()[0].help.as_deref(), Some(help));
    }
    assert!(good("version: 1\ntopology: {cores: 0x10}\nname: \"yes\"\n").warnings().is_empty());
}

#[test]
fn json_is_accepted() {
    let json = "{\"version\":1,\"topology\":{\"cores\":4,\"threads\":2},\r\n\t\"name\": \"a\\/\\u00fc\",\"numa\":{\"per\":\"socket\",\"memory\":\"64GiB\"}}";
    let yaml =
        "version: 1\ntopology: {cores: 4, threads: 2}\nname: a/\u{fc}\nnuma: {per: socket, memory: 64GiB}\n";
    assert_eq!(good(json).spec(), good(yaml).spec());
    assert_eq!(&serde_json::from_str::<Spec>(json).unwrap(), good(yaml).spec());
}

#[test]
fn other_deserializers_are_strict() {
    for json in [
        r#"{"version": "1"}"#,
        r#"{"topology": {"cores": -1}}"#,
        r#"{"numa": {"nodes": [null]}}"#,
        r#"{"name": null}"#,
        r#"{"caches": {"l2": {"size": "64G"}}}"#,
        r#"{"foo": 1}"#,
    ] {
        assert!(serde_json::from_str::<Spec>(json).is_err(), "{json}");
    }
}

/// Reads a hostile text within bounded time, and gives the rules that it breaks.
fn hostile(name: &str, text: &str) -> Vec<&'static str> {
    let start = Instant::now();
    let failed = parse(text.as_bytes()).err().unwrap_or_else(|| panic!("{name} is accepted"));
    // A debug build on a loaded machine; unbounded, these take minutes or all memory.
    assert!(start.elapsed() < Duration::from_secs(10), "{name} took {:?}", start.elapsed());
    assert!(failed.diagnostics().len() <= 1001);
    assert!(failed.diagnostics().iter().all(|d| d.message.len() < 1000 && d.labels.len() < 8));
    failed.diagnostics().iter().map(|d| d.rule).collect()
}

#[test]
fn bombs_are_refused_in_bounded_time() {
    let join =
        |n: usize, item: &dyn Fn(usize) -> String, by: &str| (0..n).map(item).collect::<Vec<_>>().join(by);
    let head = "version: 1\ntopology: {cores: 4}\n";
    let nine = |of: String| join(9, &|_| format!("*{of}"), ",");
    let laughs = join(
        10,
        &|i| {
            if i == 0 {
                "x-0: &a0 [1]".to_owned()
            } else {
                format!("x-{i}: &a{i} [{}]", nine(format!("a{}", i - 1)))
            }
        },
        "\n",
    );
    let merges = join(
        12,
        &|i| {
            if i == 0 {
                "x-0: &a0 {k: 1}".to_owned()
            } else {
                format!("x-{i}: &a{i} {{<<: [{}]}}", nine(format!("a{}", i - 1)))
            }
        },
        "\n",
    );
    let chain = join(
        500,
        &|i| {
            let inner = if i == 0 { "1".to_owned() } else { format!("*a{}", i - 1) };
            format!("x-{i}: &a{i} {}{inner}{}", "[".repeat(60), "]".repeat(60))
        },
        "\n",
    );
    let path = format!(
        "{}{}[{}]",
        join(60, &|i| format!("{}{}:\n", " ".repeat(i), "k".repeat(1000)), ""),
        " ".repeat(60),
        "1,".repeat(50_000)
    );
    let bombs = [
        ("billion laughs", format!("{head}{laughs}"), "yaml::alias_budget"),
        (
            "wide aliases",
            format!("{head}x-a: &a [{}]\nx-b: [{}]", "1,".repeat(5000), "*a,".repeat(5000)),
            "yaml::alias_budget",
        ),
        (
            "fat scalar",
            format!("{head}x-a: &a \"{}\"\nx-b: [{}]", "z".repeat(1_000_000), "*a,".repeat(5000)),
            "yaml::alias_budget",
        ),
        ("merges", format!("{head}{merges}"), "yaml::alias_budget"),
        ("flow lists", "[".repeat(100_000), "yaml::too_deep"),
        ("flow mappings", "{a: ".repeat(20_000), "yaml::too_deep"),
        ("question marks", "? ".repeat(20_000), "yaml::too_deep"),
        ("dashes", "- ".repeat(20_000), "yaml::too_deep"),
        ("alias chain", format!("{head}{chain}"), "yaml::too_deep"),
        ("values", format!("{head}x-a: [{}]", "1,".repeat(1_000_000)), "yaml::too_large"),
        ("bytes", "#".repeat((4 << 20) + 1), "yaml::too_large"),
        ("digits", format!("{head}x-a: {}", "9".repeat(1_000_000)), "yaml::number"),
        ("long key", format!("{head}? {}\n: 1", "k".repeat(1_000_000)), "yaml::key"),
        ("unknown keys", format!("{head}{}", join(20_000, &|i| format!("k{i}: 1"), "\n")), "yaml::too_many"),
        ("bells", format!("{head}name: \"{}\"", "\x07".repeat(1_000_000)), "yaml::control_character"),
        ("long paths", path, "spec::missing_key"),
    ];
    for (name, text, rule) in bombs {
        let rules = hostile(name, &text);
        assert!(rules.contains(&rule), "{name}: {rules:?}");
    }
}

#[test]
fn what_is_within_the_limits_is_read() {
    let deep =
        |n: usize| format!("version: 1\ntopology: {{cores: 4}}\nx-a: {}{}\n", "[".repeat(n), "]".repeat(n));
    good(&deep(63));
    assert_eq!(only(&deep(64)).rule, "yaml::too_deep");
    // 60 deep in itself, at depth 3 and 4 + 60.
    let aliased = |n: usize| {
        format!("{}x-b: {}*a{}\n", deep(60).replace("x-a: ", "x-a: &a "), "[".repeat(n), "]".repeat(n))
    };
    good(&aliased(3));
    assert_eq!(only(&aliased(4)).rule, "yaml::too_deep");
}
