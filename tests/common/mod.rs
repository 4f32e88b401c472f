//! What the tests of rules share: the rules' fixtures, and a run of all rules over a spec.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)] // not every test uses all; helpers of tests

use std::fs;
use std::path::{Path, PathBuf};

use topoc::compile::{Origin, check_failed_from, check_from};
use topoc::diag::render::{Style, human};
use topoc::diag::{Diagnostic, Document, Judged, Sources};
use topoc::features::Baseline;
use topoc::profile::{HostProfile, spans_of};
use topoc::source::SourceFile;
use topoc::spec;

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` with this suffix, sorted, relative to `folder`.
pub fn files(folder: &Path, suffix: &str) -> Vec<String> {
    fn walk(folder: &Path, base: &Path, suffix: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, base, suffix, found);
            } else if path.to_str().unwrap().ends_with(suffix) {
                found.push(path.strip_prefix(base).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, suffix, &mut found);
    found.sort();
    found
}

/// The profile for a fixture: `<stem>.host.json`, else `host.json` of its folder, else none.
pub fn host_file(folder: &Path, stem: &str) -> Option<PathBuf> {
    [format!("{stem}.host.json"), "host.json".to_owned()]
        .into_iter()
        .map(|name| folder.join(name))
        .find(|path| path.exists())
}

/// What a run of all rules found.
pub struct Outcome {
    pub diagnostics: Vec<Diagnostic>,
    pub not_run: Vec<(&'static str, String)>,
    /// The diagnostics for people, without colour, 100 columns wide.
    pub rendered: String,
}

impl Outcome {
    /// The rules that found something, each once, sorted.
    pub fn rules(&self) -> Vec<&'static str> {
        let mut rules: Vec<_> = self.diagnostics.iter().map(|diagnostic| diagnostic.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}

/// The baseline of this name: beside the host's profile, else among the examples.
fn baseline(named: &str, host: Option<&Path>) -> Result<(Baseline, SourceFile), String> {
    let beside = host.and_then(|host| Some(host.parent()?.join(named))).filter(|path| path.exists());
    let path = beside.unwrap_or_else(|| root().join("examples").join(named));
    let bytes = fs::read(path).map_err(|_| "No such file or directory (os error 2)".to_owned())?;
    let baseline = Baseline::from_slice(&bytes).map_err(|error| error.to_string())?;
    Ok((baseline, SourceFile::new(named, String::from_utf8(bytes).unwrap())))
}

/// Parses a spec and runs all rules over it and the host. A spec that does not parse is a mistake
/// of the test.
pub fn run(name: &str, text: &str, host: Option<&Path>) -> Outcome {
    let parsed =
        spec::parse(text.as_bytes()).unwrap_or_else(|failed| panic!("{name}: {:?}", failed.diagnostics()));
    let (spec, spans, warnings) = parsed.into_parts();
    let host_text = host.map(|path| fs::read_to_string(path).unwrap());
    let profile = host_text.as_ref().map(|text| HostProfile::from_slice(text.as_bytes()).unwrap());
    let baseline =
        spec.cpu.as_ref().and_then(|cpu| cpu.baseline.as_deref()).map(|named| baseline(named, host));
    let fleet = baseline.as_ref().and_then(|read| Some(&read.as_ref().ok()?.1));
    let fleet_spans = fleet.and_then(|file| spans_of(file.text()));
    let baseline = baseline.as_ref().map(|read| read.as_ref().map(|(it, _)| it).map_err(String::as_str));
    let origin = Origin { text: Some(text.as_bytes()), spans: Some(&spans), baseline, ..Origin::default() };
    let report = check_from(&spec, origin, profile.as_ref());
    let mut diagnostics = warnings;
    diagnostics.extend(report.diagnostics);
    let file = SourceFile::new(name, text);
    let host_name = host.map(|path| path.file_name().unwrap().to_str().unwrap());
    let host_file =
        host_name.zip(host_text.as_ref()).map(|(name, text)| SourceFile::new(name, text.as_str()));
    let host_spans = host_text.as_ref().and_then(|text| spans_of(text));
    let sources = Sources {
        spec: Some(Document { file: &file, spans: Some(&spans) }),
        profile: host_file.as_ref().map(|file| Document { file, spans: host_spans.as_ref() }),
        baseline: fleet.map(|file| Document { file, spans: fleet_spans.as_ref() }),
        ..Sources::default()
    };
    let rendered = human(&diagnostics, &sources, Style { colour: false, width: 100 });
    Outcome { diagnostics, not_run: report.not_run, rendered }
}

/// What is wrong with a text, whether it parses or not: the text of a fixture with changes.
pub fn judge(text: &str, host: Option<&Path>) -> Judged {
    let parsed = spec::parse(text.as_bytes());
    let profile = host.map(|path| HostProfile::from_slice(&fs::read(path).unwrap()).unwrap());
    let read = match &parsed {
        Ok(parsed) => Some(parsed.spec()),
        Err(failed) => failed.partial(),
    };
    let named = read.and_then(|spec| spec.cpu.as_ref()?.baseline.as_deref());
    let baseline = named.map(|named| baseline(named, host));
    let baseline = baseline.as_ref().map(|read| read.as_ref().map(|(it, _)| it).map_err(String::as_str));
    let (report, warnings, spans) = match &parsed {
        Ok(parsed) => {
            let spans = Some(parsed.spans());
            let origin = Origin { text: Some(text.as_bytes()), spans, baseline, ..Origin::default() };
            let report = check_from(parsed.spec(), origin, profile.as_ref());
            (report, parsed.warnings().to_vec(), parsed.spans().clone())
        }
        Err(failed) => {
            (check_failed_from(failed, baseline, profile.as_ref()), Vec::new(), failed.spans().clone())
        }
    };
    let mut diagnostics = warnings;
    diagnostics.extend(report.diagnostics);
    let not_run = report.not_run.into_iter().map(|(rule, _)| rule).collect();
    Judged { diagnostics, spans, not_run }
}
