//! `topoc profile check`: whether captures are sound.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::explain::FAULTS_PAGE;
use crate::cli::inputs::{self, Host};
use crate::cli::is_json;
use crate::diag::{At, Diagnostic, Sources};
use crate::profile::HostProfile;
use crate::profile::sound::{Fault, FaultKind, faults};
use crate::source::SpecPath;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  topoc profile check host.json
  topoc profile check hosts/*.json --format concise
  topoc profile check live                      This machine
  topoc explain cpus-repeat                     What a fault is, and what stays usable

Exit code 1 if a profile has an error; warnings are quirks of a machine, or gaps.")]
pub struct Args {
    /// Host profiles: files, `-` for standard input, or `live` for this machine
    #[arg(required = true, value_name = "PROFILE")]
    profiles: Vec<PathBuf>,
}

pub fn run(args: &Args, console: &Console) -> Exit {
    let mut exit = Exit::Success;
    let mut told = Vec::new();
    let mut all = Vec::new();
    for path in &args.profiles {
        let Some(host) = inputs::host(path, console) else { continue };
        let found = faults(&host.profile);
        if found.iter().any(Fault::is_error) {
            exit = Exit::Findings;
        }
        let diagnostics: Vec<Diagnostic> =
            found.iter().map(|fault| diagnostic(fault, &host.profile)).collect();
        if is_json(console.format()) {
            told.extend(found.iter().map(|fault| value(fault, &inputs::name(path))));
        } else {
            show(&diagnostics, &host, console);
        }
        all.extend(diagnostics);
    }
    let count = |error| all.iter().filter(|d| (d.severity == crate::diag::Severity::Error) == error).count();
    if is_json(console.format()) {
        console.json(&json!({ "errors": count(true), "warnings": count(false), "findings": told }));
    } else {
        let (n, s) = (args.profiles.len(), if args.profiles.len() == 1 { "" } else { "s" });
        console.status(format!("checked {n} profile{s}: {}", inputs::tally(&all)));
    }
    exit
}

fn show(diagnostics: &[Diagnostic], host: &Host, console: &Console) {
    let profile = host.document(!diagnostics.is_empty());
    console.findings(diagnostics, &Sources { profile, ..Sources::default() });
}

/// The fault as commands show findings, at the part of the profile that it is about.
fn diagnostic(fault: &Fault, profile: &HostProfile) -> Diagnostic {
    Diagnostic::new(fault.kind.name(), fault.severity, fault.message.clone())
        .label(At::Profile(place(fault, profile)), label(fault))
        .help(fault.help.clone())
}

fn label(fault: &Fault) -> String {
    match fault.cpus.len() {
        0 => String::new(),
        1 => format!("CPU {}", fault.cpus),
        n => format!("{n} CPUs: {}", fault.cpus),
    }
}

/// The part of the profile that a fault is about.
fn place(fault: &Fault, profile: &HostProfile) -> SpecPath {
    let root = SpecPath::root();
    match fault.kind {
        FaultKind::NoCpuid => root,
        FaultKind::KvmVendorDiffers => root.key("kvm").key("supported_cpuid"),
        FaultKind::NodeTwice
        | FaultKind::CpuInTwoNodes
        | FaultKind::NodeCpuOffline
        | FaultKind::CpuWithoutNode => root.key("numa").key("nodes"),
        FaultKind::DistancesNotSquare | FaultKind::DistancesNotSlit | FaultKind::DistancesAsymmetric => {
            root.key("numa").key("distances")
        }
        FaultKind::Unread => root.key("unread"),
        _ => match (fault.cpus.iter().next(), &profile.cpus) {
            (Some(cpu), Some(part)) if part.differences.contains_key(&cpu) => {
                root.key("cpus").key("differences").key(&cpu.to_string())
            }
            (Some(_), Some(_)) => root.key("cpus").key("cpuid"),
            _ => root.key("kvm").key("supported_cpuid"),
        },
    }
}

fn value(fault: &Fault, file: &str) -> Value {
    json!({
        "rule": fault.kind,
        "severity": fault.severity.word(),
        "message": fault.message,
        "file": file,
        "cpus": fault.cpus.to_string(),
        "help": fault.help,
        "page": FAULTS_PAGE,
    })
}
