//! Any text as a spec: parsed, judged, and compiled where the rules let it.

use std::sync::LazyLock;

use topoc::compile::{Origin, check_failed, check_from, compile_from};
use topoc::diag::render::{Style, concise, human, json};
use topoc::diag::{Diagnostic, Document, Severity, Sources};
use topoc::emit::Manifest;
use topoc::source::{SourceFile, SpanIndex};
use topoc::spec::{self, CpuList};
use topoc::topology::Block;
use topoc::{CompileError, HostProfile};

/// Two shipped hosts, each with few of its CPUs: one Intel without KVM's word, one AMD with it.
static HOSTS: LazyLock<Vec<HostProfile>> = LazyLock::new(|| {
    let intel = include_bytes!("../../../examples/hosts/two-socket-intel-xeon-gold-6140.json");
    let amd = include_bytes!("../../../examples/hosts/live-amd-genoa-2cpu.json");
    [&intel[..], &amd[..]].map(few_cpus).into()
});

fn few_cpus(text: &[u8]) -> HostProfile {
    let mut host = HostProfile::from_slice(text).expect("a shipped host");
    if let Some(part) = &mut host.cpus {
        part.online = part.online.iter().take(4).collect::<CpuList>();
        part.differences.retain(|cpu, _| part.online.contains(*cpu));
    }
    host
}

/// The most vCPUs that are compiled here: a larger machine takes as long as it is large.
const MOST_VCPUS: u64 = 600;

/// Holds what must be so of any text.
pub fn spec(text: &[u8]) {
    match spec::parse(text) {
        Err(failed) => {
            let errors = failed.diagnostics().iter().filter(|d| d.severity == Severity::Error).count();
            assert!(errors > 0, "refused without an error");
            let is_large = failed.partial().is_some_and(|spec| vcpus(spec) > MOST_VCPUS);
            let host = HOSTS.first().filter(|_| !is_large);
            if is_large {
                shown(text, failed.spans(), failed.diagnostics());
            } else {
                shown(text, failed.spans(), &check_failed(&failed, host).diagnostics);
            }
        }
        Ok(parsed) => {
            shown(text, parsed.spans(), parsed.warnings());
            if vcpus(parsed.spec()) > MOST_VCPUS {
                return;
            }
            let origin = Origin { text: Some(text), spans: Some(parsed.spans()), ..Origin::default() };
            let report = check_from(parsed.spec(), origin, None);
            shown(text, parsed.spans(), &report.diagnostics);
            for host in HOSTS.iter() {
                match compile_from(parsed.spec(), origin, host) {
                    Err(CompileError::Bug(what)) => panic!("a bug of topoc: {what}"),
                    Err(CompileError::Refused(report)) => {
                        assert_eq!(report.worst(), Some(Severity::Error));
                        shown(text, parsed.spans(), &report.diagnostics);
                    }
                    Ok(compiled) => {
                        let manifest = compiled.manifest();
                        assert_eq!(manifest.vcpus.len(), compiled.blobs().len());
                        assert_eq!(
                            Manifest::from_slice(manifest.to_json().as_bytes()).as_ref(),
                            Ok(manifest)
                        );
                    }
                }
            }
        }
    }
}

fn vcpus(spec: &spec::Spec) -> u64 {
    Block::of(spec).vcpus().try_into().unwrap_or(u64::MAX)
}

/// Renders the findings in every form: none may hold what a terminal obeys, nor be without bound.
fn shown(text: &[u8], spans: &SpanIndex, diagnostics: &[Diagnostic]) {
    let file = SourceFile::new("fuzz.topoc.yaml", String::from_utf8_lossy(text));
    let sources = Sources { spec: Some(Document { file: &file, spans: Some(spans) }), ..Sources::default() };
    // The most that is told of a text.
    assert!(diagnostics.len() <= 1100, "{} findings", diagnostics.len());
    for diagnostic in diagnostics {
        assert!(diagnostic.message.len() < 2000, "a message of {} bytes", diagnostic.message.len());
    }
    harmless(&human(diagnostics, &sources, Style { colour: false, width: 100 }));
    harmless(&concise(diagnostics, &sources));
    harmless(&json(diagnostics, &sources).expect("plain data"));
}

fn harmless(output: &str) {
    let bad = |c: char| c != '\n' && topoc::source::is_unprintable(c);
    assert!(!output.contains(bad), "{:?} in the output", output.chars().find(|c| bad(*c)));
}
