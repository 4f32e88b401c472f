//! `topoc check`: every rule over many specs, nothing written but reports.

mod files;
mod hosts;
mod reports;
mod summary;

use std::path::PathBuf;
use std::rc::Rc;

use self::hosts::Hosts;
use self::reports::Report;
use super::console::{Console, Format, one_of};
use super::exit::Exit;
use super::fix::{self, FixArgs, Fixed};
use super::inputs::{self, Host, HostArg, SpecInput};
use super::judged::{self, By, Outcome};
use super::parallel;
use super::policies::{Policies, Policy, PolicyArgs};
use super::progress::Progress;
use crate::diag::{Checked, Diagnostic, Document, Judged, Run, Severity, Sources};
use crate::lint;
use crate::policy::FailOn;
use crate::profile::PreparedHost;
use crate::source::LoadError;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  topoc check                                          Every *.topoc.yaml below the working directory
  topoc check db.topoc.yaml --host host.json           With the rules that need a host
  topoc check vms 'staging/**/*.yaml' --fail-on warning
  topoc check --format github --report sarif=topoc.sarif --report junit=topoc.xml
  topoc check --fix db.topoc.yaml                      Mend what can be mended safely
  topoc check --deny cache --allow numa::no_memory
  topoc check - --format json < db.topoc.yaml

A file topoc.yaml beside or above a spec sets levels, a default profile, and which files are specs: docs/policy.md.
Exit code 1: findings at error level, or at the level of --fail-on.")]
pub struct Args {
    /// Specs, folders or globs; `-` for standard input; left out: the working directory
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    host: HostArg,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    fixes: FixArgs,
    /// From which level on findings make the run fail; left out: that of topoc.yaml, else error
    #[arg(long, value_enum, value_name = "LEVEL")]
    fail_on: Option<FailOnArg>,
    /// How to write findings: human and concise on standard error, the others on standard output
    #[arg(long, value_parser = one_of(FORMATS), default_value = "human", value_name = "FORMAT")]
    format: Format,
    /// Write the findings to a file as well; can be repeated
    #[arg(long, value_name = "FORMAT=PATH", value_parser = reports::parse)]
    report: Vec<Report>,
}

/// The formats of findings.
pub(super) const FORMATS: &[Format] = &[
    Format::Human,
    Format::Concise,
    Format::Json,
    Format::JsonLines,
    Format::Sarif,
    Format::Github,
    Format::Gitlab,
    Format::Junit,
];

/// From which level on findings make a run fail.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FailOnArg {
    Error,
    Warning,
    Note,
    Never,
}

impl From<FailOnArg> for FailOn {
    fn from(arg: FailOnArg) -> Self {
        match arg {
            FailOnArg::Error => Self::Error,
            FailOnArg::Warning => Self::Warning,
            FailOnArg::Note => Self::Note,
            FailOnArg::Never => Self::Never,
        }
    }
}

/// A spec that was checked, or why it could not be read.
struct Done {
    name: String,
    read: Result<(SpecInput, Outcome), Diagnostic>,
    /// What came of fixing it, where that was asked for.
    fixed: Option<Fixed>,
}

pub fn run(args: &Args, console: &Console) -> Exit {
    if !args.fixes.fit(&args.paths, args.format, console) {
        return Exit::Success;
    }
    let Some(policies) = Policies::new(&args.policy, console) else { return Exit::Success };
    let here = [PathBuf::from(".")];
    let named = if args.paths.is_empty() { &here[..] } else { &args.paths };
    let found = files::find(named, &policies);
    let governing: Vec<Rc<Policy>> = found.specs.iter().map(|path| policies.of(path)).collect();
    let Some(hosts) = Hosts::load(&args.host, &governing, console) else { return Exit::Success };
    let prepared = hosts.prepared();
    let host_of: Vec<Option<usize>> = governing.iter().map(|policy| hosts.of(policy)).collect();
    let bys: Vec<By<'_>> = governing.iter().map(|policy| policies.by(policy)).collect();

    let colour = console.paper().colour;
    let progress = Progress::when_slow(console, "checking specs", found.specs.len());
    let mut done = parallel::map(
        found.specs.len(),
        |n| progress.add(n),
        |at| {
            let host = host_of[at].and_then(|host| prepared.get(host));
            one(&found.specs[at], host, &bys[at], &args.fixes, colour)
        },
    );
    drop(progress);

    compare(&mut done, &bys);
    tell_bugs(&done, console);
    let mut tally = fix::Tally::default();
    let of_fixes = done.iter().filter_map(|done| done.fixed.as_ref());
    let of_fixes = of_fixes.map(|fixed| tally.tell(&args.fixes, fixed, console)).max().unwrap_or_default();
    let mut broken: Vec<(String, Diagnostic)> =
        found.broken.iter().map(|(name, why)| (name.clone(), not_readable(name, why))).collect();
    broken
        .extend(done.iter().filter_map(|done| Some((done.name.clone(), done.read.as_ref().err()?.clone()))));
    let judged = policies_with_findings(&governing);
    let documents: Vec<Document<'_>> = done
        .iter()
        .filter_map(|done| done.read.as_ref().ok())
        .map(|(input, _)| Document { file: &input.file, spans: Some(input.spans()) })
        .collect();
    let files = checked(&done, &judged, &broken, &documents, |at| host_of[at].map(|host| hosts.get(host)));
    let not_run = summary::not_run(&done);
    let run = Run { files: &files, skipped: &found.skipped, not_run: &not_run };
    let checked = done.iter().filter(|done| done.read.is_ok()).count();

    reports::print(&run, args.format, console);
    reports::write(&run, &args.report, &read(args, &found.specs, &governing), console);
    if matches!(args.format, Format::Human | Format::Concise | Format::Github) {
        if let Some(words) = tally.words(&args.fixes) {
            console.status(words);
        }
        let could = hint(&done, &args.fixes);
        console.status(summary::line(
            &run,
            checked,
            broken.len(),
            host_of.iter().any(Option::is_none),
            &could,
        ));
    }
    let fails = |at: Option<usize>, severity| {
        let own = at.map(|at| governing[at].fail_on).unwrap_or_default();
        args.fail_on.map_or(own, FailOn::from).fails(severity)
    };
    exit(&done, &judged, &broken, fails).max(of_fixes)
}

/// All files that the run reads, whose place no report may take.
fn read(args: &Args, specs: &[PathBuf], policies: &[Rc<Policy>]) -> Vec<PathBuf> {
    let mut read = specs.to_vec();
    read.extend(args.host.host.clone());
    for policy in policies {
        read.extend(policy.host.clone());
        read.extend(policy.found.as_ref().map(|(file, _)| PathBuf::from(file.name())));
    }
    read.sort_unstable();
    read.dedup();
    read
}

/// Reads one spec, fixes it where that is asked for, and checks it.
fn one(
    path: &std::path::Path,
    host: Option<&PreparedHost<'_>>,
    by: &By<'_>,
    fixes: &FixArgs,
    colour: bool,
) -> Done {
    let name = inputs::name(path);
    let mut fixed = None;
    let read =
        inputs::read_spec(path).map_err(|error| too_large_or_not_readable(&name, &error)).map(|mut input| {
            if fixes.wanted() {
                let judge = |bytes: &[u8]| for_fixes(&inputs::spec_of(path, bytes.to_vec()), host, by);
                let mut done = fix::file(fixes, path, input.bytes, judge, colour);
                input = inputs::spec_of(path, std::mem::take(&mut done.bytes));
                fixed = Some(done);
            }
            let outcome = judged::run(&input, None, host, by);
            (input, outcome)
        });
    Done { name, read, fixed }
}

/// What fixes are judged by: what a policy or a comment allows needs none.
fn for_fixes(input: &SpecInput, host: Option<&PreparedHost<'_>>, by: &By<'_>) -> Judged {
    let report = judged::run(input, None, host, by).report;
    Judged {
        not_run: report.not_run.iter().map(|(rule, _)| *rule).collect(),
        diagnostics: report.diagnostics,
        spans: input.spans().clone(),
    }
}

/// How many findings could be fixed by other options, in words.
fn hint(done: &[Done], fixes: &FixArgs) -> String {
    let read = done.iter().filter_map(|done| done.read.as_ref().ok());
    let counts = read.map(|(input, outcome)| fix::count(input, &outcome.report.diagnostics));
    let (safe, all) = counts.fold((0, 0), |sum, (safe, all)| (sum.0 + safe, sum.1 + all));
    fix::hint(fixes, safe, all)
}

/// A file that cannot be read, as a finding without a place.
fn not_readable(name: &str, why: &str) -> Diagnostic {
    Diagnostic::new("spec::not_readable", Severity::Error, format!("cannot read {name}: {why}"))
}

fn too_large_or_not_readable(name: &str, error: &LoadError) -> Diagnostic {
    let mut found = not_readable(name, &error.to_string());
    if matches!(error, LoadError::TooLarge(_)) {
        found.rule = "yaml::too_large";
    }
    found
}

/// Adds what the specs have against each other.
fn compare(done: &mut [Done], bys: &[By<'_>]) {
    let specs: Vec<_> = done
        .iter()
        .enumerate()
        .filter_map(|(at, done)| {
            let (input, _) = done.read.as_ref().ok()?;
            Some((at, done.name.as_str(), input.parsed.as_ref().ok()?.spec()))
        })
        .collect();
    let named: Vec<_> = specs.iter().map(|(_, name, spec)| (*name, *spec)).collect();
    let found: Vec<_> = lint::across(&named).into_iter().map(|(n, found)| (specs[n].0, found)).collect();
    for (at, found) in found {
        if let Ok((input, outcome)) = &mut done[at].read {
            judged::add(found, input, &bys[at], &mut outcome.report);
        }
    }
}

fn tell_bugs(done: &[Done], console: &Console) {
    for done in done {
        if let Ok((_, Outcome { bug: Some(what), .. })) = &done.read {
            console.error(format!("{}: {}", done.name, bug(what)), Exit::Bug);
        }
    }
}

/// A bug of topoc in words: it asks for a report.
pub fn bug(what: &str) -> String {
    format!(
        "this is a bug of topoc {}, not of the spec: {what}\n  help: please report it with the spec and the profile",
        env!("CARGO_PKG_VERSION")
    )
}

/// Each policy in which something was found, once.
fn policies_with_findings(governing: &[Rc<Policy>]) -> Vec<Rc<Policy>> {
    let mut judged: Vec<Rc<Policy>> = Vec::new();
    for policy in governing {
        let has_findings = policy.found.as_ref().is_some_and(|(_, read)| !read.diagnostics.is_empty());
        if has_findings && !judged.iter().any(|other| Rc::ptr_eq(other, policy)) {
            judged.push(Rc::clone(policy));
        }
    }
    judged
}

/// What is to be told: policies, what could not be read, then specs in order.
fn checked<'a>(
    done: &'a [Done],
    policies: &'a [Rc<Policy>],
    broken: &'a [(String, Diagnostic)],
    others: &'a [Document<'a>],
    host_of: impl Fn(usize) -> Option<&'a Host>,
) -> Vec<Checked<'a>> {
    let mut files = Vec::new();
    for (file, read) in policies.iter().filter_map(|policy| policy.found.as_ref()) {
        let spec = Some(Document { file, spans: Some(&read.spans) });
        let sources = Sources { spec, ..Sources::default() };
        files.push(Checked { name: file.name(), sources, diagnostics: &read.diagnostics, allowed: &[] });
    }
    for (name, why) in broken {
        let diagnostics = std::slice::from_ref(why);
        files.push(Checked { name, sources: Sources::default(), diagnostics, allowed: &[] });
    }
    for (at, done) in done.iter().enumerate() {
        let Ok((input, outcome)) = &done.read else { continue };
        let report = &outcome.report;
        files.push(Checked {
            name: &done.name,
            sources: Sources { others, ..inputs::sources(input, host_of(at), &report.diagnostics) },
            diagnostics: &report.diagnostics,
            allowed: &report.allowed,
        });
    }
    files
}

/// The worst of all; `fails` says which findings fail the run, those of a spec by its number.
fn exit(
    done: &[Done],
    policies: &[Rc<Policy>],
    broken: &[(String, Diagnostic)],
    fails: impl Fn(Option<usize>, Severity) -> bool,
) -> Exit {
    let unreadable = broken.iter().any(|(_, why)| why.rule == "spec::not_readable");
    let of_policies =
        policies.iter().filter_map(|policy| policy.found.as_ref()).flat_map(|(_, read)| &read.diagnostics);
    let of_files = broken.iter().map(|(_, why)| why);
    let outside = of_policies.chain(of_files).any(|found| fails(None, found.severity));
    let inside = done.iter().enumerate().any(|(at, done)| {
        let report = done.read.as_ref().ok().map(|(_, outcome)| &outcome.report);
        report.is_some_and(|report| report.diagnostics.iter().any(|found| fails(Some(at), found.severity)))
    });
    match (unreadable, outside || inside) {
        (true, _) => Exit::Usage,
        (_, true) => Exit::Findings,
        _ => Exit::Success,
    }
}
