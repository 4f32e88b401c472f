//! `topoc compile`: specs and a host profile in, directories of tables out.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::compiled::{MANIFEST_NAME, ORIGINS_NAME};
use super::console::Console;
use super::exit::Exit;
use super::inputs::{self, HostArg, SpecInput};
use super::judged::{self, By};
use super::policies::{Policies, PolicyArgs};
use super::{check, is_json, output};
use crate::compile::Compiled;
use crate::diag::Diagnostic;
use crate::emit::Origins;
use crate::profile::PreparedHost;
use crate::spec::{Spec, is_file_name};

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  topoc compile db.topoc.yaml --host host.json -o db
  topoc compile db.topoc.yaml --host live -o db --force
  topoc compile *.topoc.yaml --host host.json -o out     One sub-directory per spec, by name")]
pub struct Args {
    /// Specs; `-` for standard input
    #[arg(required = true, value_name = "SPEC")]
    specs: Vec<PathBuf>,
    #[command(flatten)]
    host: HostArg,
    #[command(flatten)]
    policy: PolicyArgs,
    /// The directory to write; with several specs, one sub-directory each
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Replace DIR if all in it is topoc's own
    #[arg(long)]
    force: bool,
}

pub fn run(args: &Args, console: &Console) -> Exit {
    if args.output == Path::new("-") {
        console.error(
            "compile writes a directory, so it cannot write to standard output: give -o DIR",
            Exit::Usage,
        );
        return Exit::Usage;
    }
    let Some(host) = &args.host.host else {
        console.error(
            "compile needs a host\n  help: --host FILE for a captured profile, or --host live for this machine",
            Exit::Usage,
        );
        return Exit::Usage;
    };
    let Some(policies) = Policies::new(&args.policy, console) else { return Exit::Success };
    let Some(host) = inputs::host(host, console) else { return Exit::Success };
    let prepared = PreparedHost::new(&host.profile);
    let mut exit = Exit::Success;
    let mut done: Vec<(PathBuf, Compiled)> = Vec::new();
    let mut all = Vec::new();
    for path in &args.specs {
        let Some(input) = inputs::spec(path, console) else { continue };
        let policy = policies.of(path);
        exit = exit.max(policies.tell(&policy, console));
        let (diagnostics, compiled) = one(&input, None, &prepared, &policies.by(&policy), console);
        exit = exit.max(inputs::tell(&input, Some(&host), &diagnostics, console));
        all.extend(diagnostics);
        if let Some(compiled) = compiled {
            done.push((directory_name(path, &compiled), compiled));
        }
    }
    if done.len() == args.specs.len() && exit == Exit::Success {
        write(args, &done, console);
    }
    conclude(args, &done, &all, exit.max(console.finish()), console);
    exit
}

/// Compiles one spec, or what it became `instead`: what was found, and the tables if that is no error. A bug is told.
pub fn one(
    input: &SpecInput,
    instead: Option<&Spec>,
    host: &PreparedHost<'_>,
    by: &By<'_>,
    console: &Console,
) -> (Vec<Diagnostic>, Option<Compiled>) {
    let outcome = judged::run(input, instead, Some(host), by);
    if let Some(what) = outcome.bug {
        console.error(check::bug(&what), Exit::Bug);
    }
    (outcome.report.diagnostics, outcome.compiled)
}

/// The sub-directory of a spec among several: its name, else its file's stem.
fn directory_name(path: &Path, compiled: &Compiled) -> PathBuf {
    let stem = || {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stem = name.strip_suffix(".topoc.yaml").map(str::to_owned);
        stem.unwrap_or_else(|| name.rsplit_once('.').map_or(name.clone(), |(stem, _)| stem.to_owned()))
    };
    PathBuf::from(compiled.manifest().name.clone().unwrap_or_else(stem))
}

fn write(args: &Args, done: &[(PathBuf, Compiled)], console: &Console) {
    let several = args.specs.len() > 1;
    let mut seen = HashMap::new();
    let file_name = |path: &Path| {
        let name = path.file_name().filter(|_| path != Path::new("-"));
        name.map(|name| name.to_string_lossy().into_owned())
    };
    let profile = args.host.host.as_deref().filter(|host| *host != Path::new(inputs::LIVE));
    // The last component alone: where a file lies is no part of what it means.
    let origins: Vec<String> = done
        .iter()
        .zip(&args.specs)
        .map(|((_, compiled), path)| {
            let (spec, profile) = (file_name(path), profile.and_then(file_name));
            Origins { spec, profile, ..compiled.origins().clone() }.to_json()
        })
        .collect();
    let manifests: Vec<String> = done.iter().map(|(_, compiled)| compiled.manifest().to_json()).collect();
    let mut files: Vec<output::Content<'_>> = Vec::new();
    for ((((name, compiled), manifest), origins), path) in
        done.iter().zip(&manifests).zip(&origins).zip(&args.specs)
    {
        let dir = if several { name.clone() } else { PathBuf::new() };
        if several && !name.to_str().is_some_and(is_file_name) {
            console.error(
                format!(
                    "no directory can be called after {}\n  help: give the spec a `name`",
                    inputs::name(path)
                ),
                Exit::Usage,
            );
            return;
        }
        if let Some(other) = seen.insert(name.clone(), path).filter(|_| several) {
            console.error(
                format!(
                    "{} and {} would both be written to `{}`\n  help: give each spec a `name` of its own",
                    inputs::name(other),
                    inputs::name(path),
                    name.display()
                ),
                Exit::Usage,
            );
            return;
        }
        let vcpus = &compiled.manifest().vcpus;
        files
            .extend(vcpus.iter().zip(compiled.blobs()).map(|(v, blob)| (dir.join(&v.file), blob.as_slice())));
        files.push((dir.join(MANIFEST_NAME), manifest.as_bytes()));
        files.push((dir.join(ORIGINS_NAME), origins.as_bytes()));
    }
    if let Err(error) = output::directory(&args.output, &files, args.force) {
        console.error(error, Exit::Usage);
    }
}

fn conclude(args: &Args, done: &[(PathBuf, Compiled)], all: &[Diagnostic], exit: Exit, console: &Console) {
    let written = exit == Exit::Success;
    let several = args.specs.len() > 1;
    let output = |name: &Path| if several { args.output.join(name) } else { args.output.clone() };
    if is_json(console.format()) {
        let mut object = serde_json::Map::new();
        let compiled: Vec<_> = done
            .iter()
            .filter(|_| written)
            .map(|(name, c)| json!({ "directory": output(name), "vcpus": c.blobs().len(), "base": c.manifest().base }))
            .collect();
        object.insert("written".to_owned(), compiled.into());
        console.result_with_findings(object);
        return;
    }
    if !written {
        console.status(format!("nothing written: {}", inputs::tally(all)));
        return;
    }
    for (name, compiled) in done {
        console.status(format!(
            "wrote {}: {} {} and {}, {}{}",
            output(name).display(),
            compiled.blobs().len(),
            if compiled.blobs().len() == 1 { "table" } else { "tables" },
            MANIFEST_NAME,
            inputs::tally(&compiled.report().diagnostics),
            inputs::not_run(compiled.report(), true),
        ));
    }
}
