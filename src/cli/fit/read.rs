//! Specs and profiles of a fleet: read on all processors, each text parsed once.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::paths::{Found, broken};
use super::{Console, Progress, inputs, parallel};
use crate::cli::beside;
use crate::compile::{Origin, check_failed_on, check_on};
use crate::diag::{Diagnostic, Document, Severity, Sources, render};
use crate::emit::digest::sha256;
use crate::features::Baseline;
use crate::fleet::{Broken, Group, SpecRow, describe, essence, fingerprint};
use crate::profile::{self, HostProfile};
use crate::source::{LoadError, SourceFile, SpanIndex, load};
use crate::spec::{self, Failed, Parsed};
use crate::yaml::Limits;

/// What is made of a text, once for all files that have it.
type Made<V> = Arc<OnceLock<V>>;

/// What was made of texts, by their digests.
struct Once<V>(Mutex<HashMap<String, Made<V>>>);

impl<V> Once<V> {
    fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// The place for a text. Two threads with the same text make it once: the second waits.
    fn of(&self, digest: &str) -> Made<V> {
        Arc::clone(locked(&self.0).entry(digest.to_owned()).or_default())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A spec that was read.
pub struct SpecFile {
    /// What is known of it, without answers.
    pub row: SpecRow,
    pub parsed: Option<Made<Result<Parsed, Failed>>>,
    baseline: Option<Result<Baseline, String>>,
}

impl SpecFile {
    /// What the rules need of it besides its values.
    pub fn origin<'a>(&'a self, parsed: &'a Parsed) -> Origin<'a> {
        Origin {
            spans: Some(parsed.spans()),
            baseline: baseline(self.baseline.as_ref()),
            ..Origin::default()
        }
    }
}

fn baseline(read: Option<&Result<Baseline, String>>) -> Option<Result<&Baseline, &str>> {
    read.map(|read| read.as_ref().map_err(String::as_str))
}

/// Reads specs. One that has an error on any host is broken.
pub fn specs(found: &[Found], console: &Console) -> Vec<SpecFile> {
    let once = Once::new();
    let progress = Progress::new(console, "reading specs", found.len());
    parallel::map(
        found.len(),
        |done| progress.add(done),
        |at| match found.get(at)? {
            Ok(path) => Some(spec(path, &once)),
            Err(broken) => Some(SpecFile::broken(broken.clone())),
        },
    )
    .into_iter()
    .flatten()
    .collect()
}

impl SpecFile {
    fn broken(broken: Broken) -> Self {
        let row = SpecRow {
            spec: broken.path.clone(),
            sha256: None,
            baseline_sha256: None,
            broken: Some(broken),
            cells: Vec::new(),
        };
        Self { row, parsed: None, baseline: None }
    }
}

fn spec(path: &Path, once: &Once<Result<Parsed, Failed>>) -> SpecFile {
    let bytes = match load(path, u64::try_from(Limits::SPEC.bytes).unwrap_or(u64::MAX)) {
        Ok(bytes) => bytes,
        Err(error) => return SpecFile::broken(not_read(path, &error)),
    };
    let digest = sha256(&bytes);
    let made = once.of(&digest);
    let parsed = made.get_or_init(|| spec::parse(&bytes));
    let (read, spans) = match parsed {
        Ok(parsed) => (Some(parsed.spec()), parsed.spans()),
        Err(failed) => (failed.partial(), failed.spans()),
    };
    let named = read.and_then(|spec| spec.cpu.as_ref()?.baseline.as_deref());
    let base = named.map(|named| beside::baseline(path, named).map(|(baseline, _)| baseline));
    let origin = Origin { spans: Some(spans), baseline: baseline(base.as_ref()), ..Origin::default() };
    let found = match parsed {
        Ok(parsed) => check_on(parsed.spec(), origin, None).diagnostics,
        Err(failed) => check_failed_on(failed, origin.baseline, None).diagnostics,
    };
    let errors: Vec<Diagnostic> = found.into_iter().filter(|d| d.severity == Severity::Error).collect();
    let path = inputs::name(path);
    let mistakes = (!errors.is_empty()).then(|| lines(&path, &bytes, spans, &errors));
    let row = SpecRow {
        sha256: Some(digest),
        baseline_sha256: base.as_ref().and_then(|b| Some(sha256(b.as_ref().ok()?.to_json().as_bytes()))),
        broken: mistakes.map(|mistakes| Broken { path: path.clone(), unreadable: false, mistakes }),
        spec: path,
        cells: Vec::new(),
    };
    SpecFile { row, parsed: Some(made), baseline: base }
}

/// A line for each mistake, with its place.
fn lines(name: &str, bytes: &[u8], spans: &SpanIndex, errors: &[Diagnostic]) -> Vec<String> {
    let file = SourceFile::new(name, String::from_utf8_lossy(bytes));
    let sources = Sources { spec: Some(Document { file: &file, spans: Some(spans) }), ..Sources::default() };
    render::concise(errors, &sources).lines().map(str::to_owned).collect()
}

fn not_read(path: &Path, error: &LoadError) -> Broken {
    let unreadable = !matches!(error, LoadError::TooLarge(_));
    Broken { unreadable, ..broken(path, error.to_string()) }
}

/// The hosts of a fleet.
pub struct Hosts {
    /// Each kind, and what its hosts have in common.
    pub groups: Vec<(Group, HostProfile)>,
    pub broken: Vec<Broken>,
}

/// Reads profiles and puts those together that no rule tells apart. Of each kind, one is kept.
pub fn hosts(found: &[Found], console: &Console) -> Hosts {
    let once = Once::new();
    let kinds = Mutex::new(HashMap::new());
    let progress = Progress::new(console, "reading hosts", found.len());
    let read = parallel::map(
        found.len(),
        |done| progress.add(done),
        |at| match found.get(at)? {
            Ok(path) => Some((inputs::name(path), host(path, &once, &kinds))),
            Err(broken) => Some((broken.path.clone(), Err(broken.clone()))),
        },
    );
    let mut kinds = kinds.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut broken = Vec::new();
    let mut order: Vec<String> = Vec::new();
    let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, outcome) in read.into_iter().flatten() {
        match outcome {
            Ok(print) => {
                if !members.contains_key(&print) {
                    order.push(print.clone());
                }
                members.entry(print).or_default().push(name);
            }
            Err(fault) => broken.push(fault),
        }
    }
    let groups = order.into_iter().zip(1..).filter_map(|(fingerprint, group)| {
        let host: HostProfile = kinds.remove(&fingerprint)?;
        let hosts = members.remove(&fingerprint)?;
        let what = describe(&host);
        Some((Group { group, fingerprint, what, count: hosts.len(), hosts }, host))
    });
    Hosts { groups: groups.collect(), broken }
}

/// The fingerprint of a host; what it has in common with others is kept among the `kinds`.
fn host(
    path: &Path,
    once: &Once<Result<String, Vec<String>>>,
    kinds: &Mutex<HashMap<String, HostProfile>>,
) -> Result<String, Broken> {
    let cap = u64::try_from(profile::MAX_BYTES).unwrap_or(u64::MAX);
    let bytes = load(path, cap).map_err(|error| not_read(path, &error))?;
    let made = once.of(&sha256(&bytes));
    let outcome = made.get_or_init(|| match HostProfile::from_slice(&bytes) {
        Ok(profile) => {
            let essence = essence(profile);
            let print = fingerprint(&essence);
            locked(kinds).entry(print.clone()).or_insert(essence);
            Ok(print)
        }
        Err(error) => {
            let space = |placed: bool| if placed { "" } else { " " };
            Err(error.mistakes.iter().map(|m| format!("{}{m}", space(m.place.is_some()))).collect())
        }
    });
    outcome.clone().map_err(|mistakes| {
        let path = inputs::name(path);
        let mistakes = mistakes.iter().map(|mistake| format!("{path}:{mistake}")).collect();
        Broken { path, unreadable: false, mistakes }
    })
}
