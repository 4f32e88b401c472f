//! `topoc place`: which CPU of the host each vCPU runs on.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::compiled::{self, MANIFEST_NAME};
use super::console::{Console, Format, one_of};
use super::exit::Exit;
use super::inputs::{self, HostArg};
use super::policies::{Policies, PolicyArgs};
use super::{compile, is_json};
use crate::emit::Manifest;
use crate::emit::placement::{Placement, cpuset, libvirt, summary, taskset};
use crate::profile::PreparedHost;
use crate::spec::{Fidelity, Host, Spec};

/// The formats of the command.
const FORMATS: &[Format] =
    &[Format::Human, Format::Concise, Format::Json, Format::Libvirt, Format::Taskset, Format::Cpuset];

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  topoc place db.topoc.yaml --host host.json                      Which CPUs it would run on
  topoc place db.topoc.yaml --host host.json --fidelity exact     With its shape as on the host
  topoc place out --format libvirt                                <cputune> for a compiled directory
  topoc place out --format taskset > pin.sh                       Then: sh pin.sh TID…
  topoc place out --format json | jq -r '.vcpus[] | \"\\(.vcpu_id) \\(.host_cpu)\"'")]
pub struct Args {
    /// A spec, `-` for standard input; or a compiled directory or its manifest.json, which has a placement
    #[arg(value_name = "SPEC|DIR")]
    input: PathBuf,
    #[command(flatten)]
    host: HostArg,
    #[command(flatten)]
    policy: PolicyArgs,
    /// How true to the host; left out: as the spec says, `sharing` where that asks for no place
    #[arg(long, value_enum, value_name = "FIDELITY", requires = "host")]
    fidelity: Option<Wanted>,
    /// How to write findings and the placement: for people, programs, or the form of another program
    #[arg(long, value_parser = one_of(FORMATS), default_value = "human", value_name = "FORMAT")]
    format: Format,
}

/// The fidelities that ask for a place.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Wanted {
    /// Every core, cache, die, socket and node lies on one of its own
    Exact,
    /// Threads and caches are really shared; dies, sockets and nodes may be parts of larger ones
    Sharing,
}

pub fn run(args: &Args, console: &Console) -> Exit {
    let manifest = if args.input.is_dir() {
        recorded(&args.input.join(MANIFEST_NAME), args, console)
    } else if args.input.file_name().is_some_and(|name| name == MANIFEST_NAME) {
        recorded(&args.input, args, console)
    } else {
        found(args, console)
    };
    match manifest {
        Some(manifest) => tell(&manifest, args, console),
        None if is_json(args.format) => console.result_with_findings(serde_json::Map::new()),
        None => {}
    }
    Exit::Success
}

/// The manifest of a compiled directory.
fn recorded(manifest: &Path, args: &Args, console: &Console) -> Option<Manifest> {
    if args.host.host.is_some() {
        console.error(
            "a compiled directory has its placement already\n  help: leave out --host, or give the spec",
            Exit::Usage,
        );
        return None;
    }
    compiled::manifest(manifest).map_err(|error| console.error(error, Exit::Findings)).ok()
}

/// The manifest that a spec would have on a host.
fn found(args: &Args, console: &Console) -> Option<Manifest> {
    let Some(host) = &args.host.host else {
        console.error(
            "a place is searched on a host\n  help: --host FILE for a captured profile, or --host live for this machine",
            Exit::Usage,
        );
        return None;
    };
    let policies = Policies::new(&args.policy, console)?;
    let host = inputs::host(host, console)?;
    let input = inputs::spec(&args.input, console)?;
    let asking = input.parsed.as_ref().ok().map(|parsed| asking(parsed.spec(), args.fidelity));
    let prepared = PreparedHost::new(&host.profile);
    let policy = policies.of(&args.input);
    let by = policies.by(&policy);
    let (diagnostics, compiled) = compile::one(&input, asking.as_ref(), &prepared, &by, console);
    let exit = policies.tell(&policy, console).max(inputs::tell(&input, Some(&host), &diagnostics, console));
    if exit != Exit::Success {
        console.error(format!("no place on {}", inputs::name(args.host.host.as_deref()?)), exit);
    }
    Some(compiled?.manifest().clone())
}

/// A spec with the fidelity that was asked for, or one that asks for a place.
fn asking(spec: &Spec, wanted: Option<Wanted>) -> Spec {
    let mut spec = spec.clone();
    let host = spec.host.get_or_insert_with(Host::default);
    host.fidelity = match (wanted, host.fidelity) {
        (Some(Wanted::Exact), _) | (None, Some(Fidelity::Exact)) => Some(Fidelity::Exact),
        (Some(Wanted::Sharing), _) | (None, _) => Some(Fidelity::Sharing),
    };
    spec
}

fn tell(manifest: &Manifest, args: &Args, console: &Console) {
    if matches!(args.format, Format::Human | Format::Concise) {
        console.result(&summary(manifest));
        return;
    }
    let Some(placement) = Placement::of(manifest) else {
        console.error(
            format!(
                "{}: the manifest leaves vCPUs to the host's scheduler\n  help: compile with `host: {{ fidelity: sharing }}`, \
                 or give the spec and --host",
                inputs::name(Path::new(&args.input))
            ),
            Exit::Findings,
        );
        return;
    };
    match args.format {
        Format::Libvirt => console.result(&libvirt(&placement)),
        Format::Taskset => console.result(&taskset(&placement)),
        Format::Cpuset => console.result(&cpuset(&placement)),
        _ => match serde_json::to_value(&placement) {
            Ok(serde_json::Value::Object(object)) => console.result_with_findings(object),
            Ok(_) | Err(_) => console.error("the placement cannot be written as JSON", Exit::Bug),
        },
    }
}
