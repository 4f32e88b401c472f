//! `topoc check`: every rule, nothing written.

use std::path::PathBuf;

use serde_json::json;

use super::console::Console;
use super::exit::Exit;
use super::inputs::{self, HostArg, SpecInput};
use super::is_json;
use crate::compile::{self, CompileError};
use crate::diag::{Diagnostic, Severity};
use crate::lint::Report;
use crate::profile::PreparedHost;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  topoc check *.topoc.yaml
  topoc check db.topoc.yaml --host host.json
  topoc check - --format json < db.topoc.yaml")]
pub struct Args {
    /// Specs; `-` for standard input
    #[arg(required = true, value_name = "SPEC")]
    specs: Vec<PathBuf>,
    #[command(flatten)]
    host: HostArg,
}

pub fn run(args: &Args, console: &Console) -> Exit {
    let host = match &args.host.host {
        None => None,
        Some(path) => match inputs::host(path, console) {
            Some(host) => Some(host),
            None => return Exit::Success,
        },
    };
    let prepared = host.as_ref().map(|host| PreparedHost::new(&host.profile));
    let mut exit = Exit::Success;
    let mut all = Vec::new();
    let mut last = Report::default();
    for path in &args.specs {
        let Some(input) = inputs::spec(path, console) else { continue };
        let report = check(&input, prepared.as_ref(), console);
        exit = exit.max(inputs::tell(&input, host.as_ref(), &report.diagnostics, console));
        all.extend(report.diagnostics.iter().cloned());
        last = report;
    }
    conclude(console, args.specs.len(), &all, &last, host.is_some());
    exit
}

/// All findings of one spec. With a host and no error, the tables are compiled and verified too.
fn check(input: &SpecInput, host: Option<&PreparedHost<'_>>, console: &Console) -> Report {
    let parsed = match &input.parsed {
        Ok(parsed) => parsed,
        Err(failed) => return compile::check_failed_on(failed, input.baseline(), host),
    };
    let origin = input.origin();
    let mut report = match host {
        None => compile::check_on(parsed.spec(), origin, None),
        Some(host) => match compile::compile_on(parsed.spec(), origin, host) {
            Ok(compiled) => compiled.report().clone(),
            Err(CompileError::Refused(report)) => report,
            Err(CompileError::Bug(what)) => {
                console.error(bug(&what), Exit::Bug);
                Report::default()
            }
        },
    };
    report.diagnostics.splice(0..0, parsed.warnings().iter().cloned());
    report
}

/// A bug of topoc in words: it asks for a report.
pub fn bug(what: &str) -> String {
    format!(
        "this is a bug of topoc {}, not of the spec: {what}\n  help: please report it with the spec and the profile",
        env!("CARGO_PKG_VERSION")
    )
}

fn conclude(console: &Console, specs: usize, all: &[Diagnostic], last: &Report, host: bool) {
    if is_json(console.format()) {
        let count = |severity| all.iter().filter(|d| d.severity == severity).count();
        let mut object = serde_json::Map::new();
        object.insert("errors".to_owned(), json!(count(Severity::Error)));
        object.insert("warnings".to_owned(), json!(count(Severity::Warning)));
        object.insert(
            "not_run".to_owned(),
            last.not_run.iter().map(|(rule, why)| json!({ "rule": rule, "why": why })).collect(),
        );
        console.result_with_findings(object);
    } else {
        let s = if specs == 1 { "" } else { "s" };
        console.status(format!(
            "checked {specs} spec{s}: {}{}",
            inputs::tally(all),
            inputs::not_run(last, host)
        ));
    }
}
