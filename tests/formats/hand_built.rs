//! One run with everything in it that a format can get wrong.

use topoc::diag::{
    Allowed, AllowedBy, At, Checked, Diagnostic, Document, Edit, Fix, NotRun, Run, Severity, Skipped, Sources,
};
use topoc::source::{SourceFile, Span, SpanIndex, Spans, SpecPath};

/// Characters that a terminal or a browser obeys, and what ends a part of some format.
pub const HOSTILE: &str =
    "\u{1b}[31m\u{202e}\u{9b}\u{2066}\u{7f}\0\u{200b}\r\n::error::%0A%25,a=b]]>\"'<&>\u{ffff}";

pub const DB: &str = "\
# For a database.
version: 1
x-n: &n 8
topology:
  sockets: 2
  cores: *n
numa:
  nodes:
    - { vcpus: 0-7, memory: 32GiB }
    - { vcpus: 8-15, memory: 32GiB }
caches:
  l3:
    size: 32MiB
    shared_by: socket
features:
  baseline: fleet.json
";
const HOST: &str = "{\n  \"kvm\": { \"max_vcpus\": 8 }\n}\n";
const FLEET: &str = "{\n  \"vendor\": \"amd\"\n}\n";
const OTHER: &str = "version: 1\ntopology: { sockets: 4 }\n";
const WIDE: &str = "version: 1\n# 大大\nx-größe: \"大\"   # ü\ntopology: { cores: 0 }\n";

/// A span of the first occurrence of `part`.
pub fn span_of(text: &str, part: &str) -> Span {
    let start = text.find(part).unwrap();
    Span::new(start, start + part.len())
}

pub fn index(text: &str, entries: &[(&str, &str, &str)]) -> SpanIndex {
    let mut index = SpanIndex::default();
    for (path, key, value) in entries {
        let key = Some(span_of(text, key)).filter(|_| !key.is_empty());
        // The line break only tells one value from another.
        let found = span_of(text, value);
        let value = Span::new(found.start, found.end - value.matches('\n').count());
        index.insert(SpecPath::from(*path), Spans { key, value, definition: None });
    }
    index
}

pub fn value(path: &str) -> At {
    At::Value(SpecPath::from(path))
}

/// Where the values of [`DB`] stand.
pub fn db_spans(text: &str) -> SpanIndex {
    let mut spans = index(
        text,
        &[
            ("topology.sockets", "sockets", "2\n"),
            ("numa.nodes[0].vcpus", "vcpus", "0-7"),
            ("caches.l3.size", "size", "32MiB"),
            ("caches.l3.shared_by", "shared_by", "socket\n"),
            ("features.baseline", "baseline", "fleet.json"),
        ],
    );
    let cores = Spans {
        key: Some(span_of(text, "cores")),
        value: span_of(text, "*n"),
        definition: Some(span_of(text, "8\n")),
    };
    spans.insert(SpecPath::from("topology.cores"), cores);
    for (path, first) in [("", "version"), ("topology", "sockets"), ("caches", "l3"), ("caches.l3", "size")] {
        let value = Span::new(text.find(first).unwrap(), text.len());
        spans.insert(SpecPath::from(path), Spans { key: None, value, definition: None });
    }
    spans
}

fn db_diagnostics() -> Vec<Diagnostic> {
    vec![
        Diagnostic::new(
            "cache::llc_spans_nodes",
            Severity::Error,
            "L3 is shared by 16 vCPUs of node 0 and node 1",
        )
        .label(value("caches.l3.shared_by"), "reaches into node 1")
        .label(value("numa.nodes[0].vcpus"), "node 0 ends here")
        .help("write `shared_by: die`, or give each socket one node:\n  numa:\n    per: socket")
        .note("a Linux guest prints \"sched: CPU #8's llc-sibling CPU #0 is not on the same node!\"")
        .note("it is 100% of the L3, in EAX[25:14]"),
        Diagnostic::new(
            "host::vcpus_beyond_kvm_limit",
            Severity::Error,
            "16 vCPUs, and this host's KVM allows 8",
        )
        .label(value("topology.sockets"), "16 vCPUs")
        .label(At::Profile(SpecPath::from("kvm.max_vcpus")), "8 allowed")
        .fix(Fix::safe(
            "write `sockets: 1` and `size: 64MiB`",
            vec![
                Edit::Set(SpecPath::from("topology.sockets"), "1".into()),
                Edit::Set(SpecPath::from("caches.l3.size"), "64MiB".into()),
            ],
        )),
        Diagnostic::new("features::baseline_mismatch", Severity::Warning, "the baseline is one of AMD's")
            .label(value("features.baseline"), "named here")
            .label(At::Baseline(SpecPath::from("vendor")), "says AMD"),
        Diagnostic::new("topology::odd_threads", Severity::Warning, "8 cores of 3 threads")
            .label(value("topology.cores"), "8 cores")
            .fix(Fix::suggested(
                "write `cores: 4`",
                vec![Edit::Set(SpecPath::from("topology.cores"), "4".into())],
            )),
        Diagnostic::new("test::unknown", Severity::Note, "another spec has 4 sockets")
            .label(value("topology.sockets"), "")
            .label(At::Other("specs/other.topoc.yaml".into(), SpecPath::from("topology.sockets")), "4 here")
            .label(
                At::Other("specs/gone.topoc.yaml".into(), SpecPath::from("topology")),
                "and one without a text",
            ),
        Diagnostic::new("numa::no_memory", Severity::Note, "nothing is known of the place of this"),
    ]
}

fn hostile_diagnostics(text: &str) -> Vec<Diagnostic> {
    vec![
        Diagnostic::new("yaml::control_character", Severity::Error, format!("m{HOSTILE}"))
            .label(At::Text(span_of(text, "b")), format!("l{HOSTILE}"))
            .label(value(HOSTILE), format!("[click](https://example.org) {HOSTILE}"))
            .help(format!("h{HOSTILE}"))
            .note(format!("n{HOSTILE}"))
            .fix(Fix::safe(format!("f{HOSTILE}"), vec![Edit::Text(span_of(text, "b"), "c".into())])),
    ]
}

/// Calls `look` with the run.
pub fn with_run<T>(look: impl FnOnce(&Run<'_>) -> T) -> T {
    let db = SourceFile::new("./specs/db.topoc.yaml", DB);
    let db_index = db_spans(DB);
    let host = SourceFile::new("hosts/host.json", HOST);
    let host_index = index(HOST, &[("kvm.max_vcpus", "\"max_vcpus\"", "8")]);
    let fleet = SourceFile::new("fleet.json", FLEET);
    let fleet_index = index(FLEET, &[("vendor", "\"vendor\"", "\"amd\"")]);
    let other = SourceFile::new("specs/other.topoc.yaml", OTHER);
    let other_index = index(OTHER, &[("topology.sockets", "sockets", "4")]);
    let others = [Document { file: &other, spans: Some(&other_index) }];
    let db_sources = Sources {
        spec: Some(Document { file: &db, spans: Some(&db_index) }),
        profile: Some(Document { file: &host, spans: Some(&host_index) }),
        baseline: Some(Document { file: &fleet, spans: Some(&fleet_index) }),
        others: &others,
    };
    let db_found = db_diagnostics();
    let db_allowed = [
        Allowed {
            diagnostic: Diagnostic::new("cache::size_uneven", Severity::Warning, "32MiB in 12 ways")
                .label(value("caches.l3.size"), "uneven"),
            by: AllowedBy::Comment,
            reason: "as on the silicon".into(),
        },
        Allowed {
            diagnostic: Diagnostic::new("numa::two_forms", Severity::Note, "nodes are given twice"),
            by: AllowedBy::Policy,
            reason: String::new(),
        },
    ];

    let wide = SourceFile::new("specs/Größe 1,a.topoc.yaml", WIDE);
    let wide_found = [Diagnostic::new("yaml::ambiguous", Severity::Error, "a 大 of no size")
        .label(At::Text(span_of(WIDE, "ü")), "this")
        .label(At::Text(span_of(WIDE, "0 }")), "")];

    let windows = SourceFile::new(r".\specs\win.topoc.yaml", DB.replace('\n', "\r\n"));
    let windows_found = [Diagnostic::new("spec::unknown_key", Severity::Error, "`size` is no key here")
        .label(At::Text(span_of(windows.text(), "size")), "this key")
        .fix(Fix::safe("remove `size`", vec![Edit::Remove(SpecPath::from("caches.l3.size"))]))];

    let hostile_text = format!("a: {HOSTILE}b: \u{1b}]0;x\u{7}\n");
    let hostile = SourceFile::new(format!("specs/e{HOSTILE}.yaml"), hostile_text.clone());
    let hostile_found = hostile_diagnostics(&hostile_text);

    let unread_found = [Diagnostic::new("spec::not_readable", Severity::Error, "permission denied")];

    let spec = |file| Sources { spec: Some(Document { file, spans: None }), ..Sources::default() };
    let plain = |name, sources, diagnostics| Checked { name, sources, diagnostics, allowed: &[] };
    let files = [
        Checked { name: db.name(), sources: db_sources, diagnostics: &db_found, allowed: &db_allowed },
        plain(wide.name(), spec(&wide), &wide_found),
        plain(windows.name(), spec(&windows), &windows_found),
        plain("specs/clean.topoc.yaml", Sources::default(), &[]),
        plain(hostile.name(), spec(&hostile), &hostile_found),
        plain("specs/unread.topoc.yaml", Sources::default(), &unread_found),
    ];
    let skipped = [Skipped { name: "specs/old.topoc.yaml".into(), why: "excluded by topoc.yaml".into() }];
    let not_run = [
        NotRun { rule: "host::does_not_fit", why: "no host profile was given".into(), specs: 3 },
        NotRun { rule: "topology::no_order", why: "the spec has mistakes of form".into(), specs: 1 },
    ];
    look(&Run { files: &files, skipped: &skipped, not_run: &not_run })
}

/// Calls `look` with a run over one file with these findings.
pub fn with_one<T>(file: &SourceFile, diagnostics: &[Diagnostic], look: impl FnOnce(&Run<'_>) -> T) -> T {
    let sources = Sources { spec: Some(Document { file, spans: None }), ..Sources::default() };
    let files = [Checked { name: file.name(), sources, diagnostics, allowed: &[] }];
    look(&Run { files: &files, ..Run::default() })
}

/// The findings of a run, each with its file.
pub fn found<'a>(run: &Run<'a>) -> Vec<(&'a Checked<'a>, &'a Diagnostic)> {
    run.files.iter().flat_map(|checked| checked.diagnostics.iter().map(move |one| (checked, one))).collect()
}
