//! Specs and profiles from the command line.

use std::cell::OnceCell;
use std::path::Path;

use super::beside;
use super::console::Console;
use super::exit::Exit;
use crate::compile::Origin;
use crate::diag::{At, Diagnostic, Document, Severity, Sources};
use crate::features::Baseline;
use crate::lint::Report;
use crate::policy::{self, Allows};
use crate::profile::{self, CaptureError, CaptureOptions, HostProfile};
use crate::source::{LoadError, SourceFile, SpanIndex, load};
use crate::spec::{self, Failed, Parsed};
use crate::yaml::Limits;

/// The keyword for this machine in place of a profile's file.
pub const LIVE: &str = "live";

/// The option that names a host.
#[derive(Debug, clap::Args)]
pub struct HostArg {
    /// Host profile: a file, `-` for standard input, or `live` to capture this machine through /dev/kvm
    #[arg(long, value_name = "PROFILE")]
    pub host: Option<std::path::PathBuf>,
}

/// A host profile, with its text for labels that point into it.
pub struct Host {
    pub profile: HostProfile,
    /// `None` for this machine, which has no text.
    file: Option<SourceFile>,
    spans: OnceCell<Option<SpanIndex>>,
}

impl Host {
    const fn new(profile: HostProfile, file: Option<SourceFile>) -> Self {
        Self { profile, file, spans: OnceCell::new() }
    }

    /// The profile's text. Where its values stand is looked up, once, if something points at them: it may be large.
    pub fn document(&self, points_at_it: bool) -> Option<Document<'_>> {
        let file = self.file.as_ref()?;
        let spans = points_at_it
            .then(|| self.spans.get_or_init(|| profile::spans_of(file.text())).as_ref())
            .flatten();
        Some(Document { file, spans })
    }
}

/// A spec's text, and what came of reading it.
pub struct SpecInput {
    pub file: SourceFile,
    pub bytes: Vec<u8>,
    pub parsed: Result<Parsed, Failed>,
    /// What its comments allow.
    pub allows: Allows,
    /// What `cpu.baseline` names, or why it cannot be had; `None` where it names nothing.
    baseline: Option<Result<BaselineFile, String>>,
}

/// A baseline, with its text for labels that point into it.
struct BaselineFile {
    baseline: Baseline,
    file: SourceFile,
    spans: OnceCell<Option<SpanIndex>>,
}

impl SpecInput {
    /// Where the spec's values stand.
    pub fn spans(&self) -> &SpanIndex {
        match &self.parsed {
            Ok(parsed) => parsed.spans(),
            Err(failed) => failed.spans(),
        }
    }

    /// What the manifest and the order of findings need of it.
    pub fn origin(&self) -> Origin<'_> {
        Origin {
            text: Some(&self.bytes),
            spans: Some(self.spans()),
            baseline: self.baseline(),
            warnings: self.parsed.as_ref().map_or(&[], Parsed::warnings),
            ..Origin::default()
        }
    }

    /// What `cpu.baseline` names, or why it cannot be had.
    pub fn baseline(&self) -> Option<Result<&Baseline, &str>> {
        self.baseline.as_ref().map(|read| read.as_ref().map(|it| &it.baseline).map_err(String::as_str))
    }
}

/// Reads a host profile, or captures this machine. Errors are told.
pub fn host(path: &Path, console: &Console) -> Option<Host> {
    if path == Path::new(LIVE) {
        return match profile::capture(&CaptureOptions::default()) {
            Ok(profile) => Some(Host::new(profile, None)),
            Err(error) => {
                capture_failed(&error, console);
                None
            }
        };
    }
    let cap = u64::try_from(profile::MAX_BYTES).unwrap_or(u64::MAX);
    let bytes = read(path, cap, console)?;
    let name = name(path);
    match HostProfile::from_slice(&bytes) {
        Ok(profile) => {
            let file = String::from_utf8(bytes).ok().map(|text| SourceFile::new(name, text));
            Some(Host::new(profile, file))
        }
        Err(error) => {
            for mistake in error.mistakes {
                let space = if mistake.place.is_some() { "" } else { " " };
                console.error(format!("{name}:{space}{mistake}"), Exit::Findings);
            }
            None
        }
    }
}

/// Reads the host profile that a policy names. Who wrote that policy may not be trusted: of a file that is no profile
/// nothing is quoted.
pub fn named_host(path: &Path, policy: &str, console: &Console) -> Option<Host> {
    let cap = u64::try_from(profile::MAX_BYTES).unwrap_or(u64::MAX);
    let bytes = read(path, cap, console)?;
    let shown = name(path);
    match HostProfile::from_slice(&bytes) {
        Ok(profile) => {
            let file = String::from_utf8(bytes).ok().map(|text| SourceFile::new(shown, text));
            Some(Host::new(profile, file))
        }
        Err(_) => {
            let help = "topoc profile check says what is wrong with it";
            console.error(
                format!("{shown}, which {policy} names, is no host profile\n  help: {help}"),
                Exit::Findings,
            );
            None
        }
    }
}

/// Tells why this machine was not captured.
pub fn capture_failed(error: &CaptureError, console: &Console) {
    console.error(format!("{error}\n  help: {}", error.help()), Exit::NoKvm);
}

/// Reads a spec. Errors of opening it are told; those in it stand in `parsed`.
pub fn spec(path: &Path, console: &Console) -> Option<SpecInput> {
    read_spec(path).map_err(|error| cannot_read(path, &error, console)).ok()
}

/// Reads a spec.
///
/// # Errors
/// Its file cannot be read. What is wrong in it stands in `parsed`.
pub fn read_spec(path: &Path) -> Result<SpecInput, LoadError> {
    let cap = u64::try_from(Limits::SPEC.bytes).unwrap_or(u64::MAX);
    Ok(spec_of(path, load(path, cap)?))
}

/// As [`read_spec`], of bytes that are there already.
pub fn spec_of(path: &Path, bytes: Vec<u8>) -> SpecInput {
    let file = SourceFile::new(name(path), String::from_utf8_lossy(&bytes));
    let parsed = spec::parse(&bytes);
    let read = match &parsed {
        Ok(parsed) => Some(parsed.spec()),
        Err(failed) => failed.partial(),
    };
    let named = read.and_then(|spec| spec.cpu.as_ref()?.baseline.as_deref());
    let of = |(baseline, file)| BaselineFile { baseline, file, spans: OnceCell::new() };
    let baseline = named.map(|named| beside::baseline(path, named).map(of));
    let allows = policy::allows(&bytes);
    SpecInput { file, bytes, parsed, allows, baseline }
}

fn read(path: &Path, cap: u64, console: &Console) -> Option<Vec<u8>> {
    load(path, cap).map_err(|error| cannot_read(path, &error, console)).ok()
}

fn cannot_read(path: &Path, error: &LoadError, console: &Console) {
    let exit = if matches!(error, LoadError::TooLarge(_)) { Exit::Findings } else { Exit::Usage };
    console.error(format!("cannot read {}: {error}", name(path)), exit);
}

/// A path as messages call it.
pub fn name(path: &Path) -> String {
    if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() }
}

/// The texts that findings of a spec point into.
pub fn sources<'a>(input: &'a SpecInput, host: Option<&'a Host>, diagnostics: &[Diagnostic]) -> Sources<'a> {
    let points_at =
        |is: fn(&At) -> bool| diagnostics.iter().flat_map(|d| &d.labels).any(|label| is(&label.at));
    let points_at_profile = points_at(|at| matches!(at, At::Profile(_) | At::ProfileText(_)));
    let baseline = input.baseline.as_ref().and_then(|read| read.as_ref().ok());
    let baseline = baseline.filter(|_| points_at(|at| matches!(at, At::Baseline(_))));
    Sources {
        baseline: baseline.map(|it| Document {
            file: &it.file,
            spans: it.spans.get_or_init(|| profile::spans_of(it.file.text())).as_ref(),
        }),
        spec: Some(Document { file: &input.file, spans: Some(input.spans()) }),
        profile: host.and_then(|host| host.document(points_at_profile)),
        ..Sources::default()
    }
}

/// Tells the findings of one spec; gives the worst of them.
pub fn tell(input: &SpecInput, host: Option<&Host>, diagnostics: &[Diagnostic], console: &Console) -> Exit {
    console.findings(diagnostics, &sources(input, host, diagnostics));
    let failed = diagnostics.iter().any(|d| d.severity == Severity::Error);
    if failed { Exit::Findings } else { Exit::Success }
}

/// How many errors and warnings there are, in words.
pub fn tally(diagnostics: &[Diagnostic]) -> String {
    let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
    let words = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    format!("{}, {}", words(count(Severity::Error), "error"), words(count(Severity::Warning), "warning"))
}

/// How many rules did not run, in words; empty if all ran.
pub fn not_run(report: &Report, host: bool) -> String {
    let missing = report.not_run.len();
    if missing == 0 {
        return String::new();
    }
    let why = if host { "what they need is missing; --format json lists them" } else { "they need --host" };
    format!("; {missing} of {} rules not run: {why}", missing + report.ran.len())
}
