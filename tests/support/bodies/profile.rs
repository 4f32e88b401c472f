//! Any bytes as a host profile: read, written, decoded, and compiled for where it is one.

use std::sync::LazyLock;

use topoc::decode::{self, Answers, render};
use topoc::diag::render::{Style, concise, human, json};
use topoc::diag::{Document, Sources};
use topoc::profile::{answers, spans_of};
use topoc::source::SourceFile;
use topoc::spec::{self, Spec};
use topoc::{CompileError, HostProfile, compile};

/// Small machines that reach every pass: no topology at all, levels, nodes, written caches.
static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    [
        "{version: 1, topology: {}}",
        "{version: 1, topology: {sockets: 2, cores: 3, threads: 2}, host: {fidelity: none}}",
        "{version: 1, topology: {dies: 2, cores: 2}, numa: {per: die, memory: 1MiB}, host: {fidelity: none}}",
        "{version: 1, topology: {complexes: 2, cores: 2}, caches: {l3: {size: 4MiB, ways: 16, shared_by: complex}}}",
        "{version: 1, topology: {modules: 2, cores: 2}, cpu: {hypervisor: {msi_ext_dest_id: true}}}",
    ]
    .map(|text| spec::parse(text.as_bytes()).expect("a good spec").into_parts().0)
    .into()
});

/// Holds what must be so of any bytes.
pub fn profile(bytes: &[u8]) {
    let host = match HostProfile::from_slice(bytes) {
        Ok(host) => host,
        Err(error) => {
            assert!(!error.mistakes.is_empty(), "refused without a mistake");
            assert!(error.mistakes.len() <= 1100, "{} mistakes", error.mistakes.len());
            for mistake in &error.mistakes {
                let line = mistake.to_string();
                assert!(line.len() < 2000, "a message of {} bytes", line.len());
                harmless(&line);
                assert!(!line.contains('\n'), "{line:?}");
            }
            return;
        }
    };
    let text = host.to_json();
    let again = HostProfile::from_slice(text.as_bytes()).expect("what was written");
    assert_eq!(again, host, "writing and reading");
    assert_eq!(again.digest(), host.digest());
    assert_eq!(again.to_json(), text);
    decoded(&host);
    mirrored(&host);
    for spec in SPECS.iter() {
        match compile(spec, &host) {
            Err(CompileError::Bug(what)) => panic!("a bug of topoc: {what}"),
            Err(CompileError::Refused(report)) => shown(bytes, &report.diagnostics),
            Ok(compiled) => shown(bytes, &compiled.report().diagnostics),
        }
    }
}

/// As `topoc decode` shows a host.
fn decoded(host: &HostProfile) {
    let tables: Vec<Answers> = host.cpu_tables().map(|(_, table)| answers(&table)).collect();
    let machine = decode::machine(&tables);
    harmless(&render::tree(&machine));
    harmless(&render::findings(&machine.findings, &machine.names));
    harmless(&tables.first().map(render::leaves).unwrap_or_default());
}

/// A mirror of a host reads back, whatever the host, and compiles for it or is refused.
fn mirrored(host: &HostProfile) {
    let Ok(mirrored) = topoc::mirror::mirror(host, None) else { return };
    let text = mirrored.text();
    harmless(&text);
    let parsed =
        spec::parse(text.as_bytes()).unwrap_or_else(|failed| panic!("{:?}\n{text}", failed.diagnostics()));
    assert_eq!(*parsed.spec(), mirrored.spec);
    if let Err(CompileError::Bug(what)) = compile(&mirrored.spec, host) {
        panic!("a bug of topoc: {what}\n{text}");
    }
}

fn shown(bytes: &[u8], diagnostics: &[topoc::diag::Diagnostic]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let file = SourceFile::new("host.json", text);
    let spans = spans_of(text);
    let sources =
        Sources { profile: Some(Document { file: &file, spans: spans.as_ref() }), ..Sources::default() };
    harmless(&human(diagnostics, &sources, Style { colour: false, width: 100 }));
    harmless(&concise(diagnostics, &sources));
    harmless(&json(diagnostics, &sources).expect("plain data"));
}

fn harmless(output: &str) {
    let bad = |c: char| c != '\n' && topoc::source::is_unprintable(c);
    assert!(!output.contains(bad), "{:?} in the output", output.chars().find(|c| bad(*c)));
}
