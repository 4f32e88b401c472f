//! `topoc fit`: which specs run on which hosts.

mod csv;
mod human;
mod paths;
mod read;

use std::path::{Path, PathBuf};

use super::console::{Console, Format, json_text, one_of};
use super::exit::Exit;
use super::progress::Progress;
use super::{inputs, is_json, output, parallel};
use crate::fleet::{Answer, Fit, Part, Require, Shard, counted, judge, merge};
use crate::profile::PreparedHost;
use crate::source::load;
use read::{Hosts, SpecFile};

/// The largest part that is read, in bytes: some millions of answers.
const PART_CAP: u64 = 1 << 28;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "\
Examples:
  topoc fit specs/ --hosts hosts/                       A table of specs and kinds of hosts
  topoc fit db.topoc.yaml --hosts rack1/ rack2/a.json   Some hosts
  topoc fit specs/ --hosts hosts/ --require all         Fail unless every spec runs everywhere
  topoc fit specs/ --hosts hosts/ --format csv -o fit.csv
  topoc fit specs/ --hosts hosts/ --shard 2/5 -o part-2.json
  topoc fit --merge part-*.json                         The five parts as one run
Hosts that no rule tells apart are one group and cost one check. Folders are walked to the bottom.",
    override_usage = "topoc fit [OPTIONS] <SPEC|DIR>... --hosts <PROFILE|DIR>...\n       topoc fit [OPTIONS] --merge <PART>..."
)]
pub struct Args {
    /// Specs, or folders with *.topoc.yaml; `-` for standard input
    #[arg(required_unless_present = "merge", conflicts_with = "merge", value_name = "SPEC|DIR")]
    specs: Vec<PathBuf>,
    /// Host profiles, or folders with *.json, *.yaml or *.yml
    #[arg(long, required_unless_present = "merge", conflicts_with = "merge", num_args = 1.., value_name = "PROFILE|DIR")]
    hosts: Vec<PathBuf>,
    /// On how many hosts each spec has to run
    #[arg(long, value_enum, default_value = "any", value_name = "HOW")]
    require: Required,
    /// Answer the K-th of N parts of the work, as JSON for --merge
    #[arg(long, conflicts_with = "merge", value_name = "K/N")]
    shard: Option<Shard>,
    /// Put the parts of a run together, and print what it would have printed undivided
    #[arg(long, num_args = 1.., value_name = "PART")]
    merge: Vec<PathBuf>,
    /// Where to write the result; `-`: standard output
    #[arg(short, long, default_value = "-", value_name = "FILE")]
    output: PathBuf,
    /// Replace FILE if it exists
    #[arg(long)]
    force: bool,
    /// How to write the result
    #[arg(long, value_parser = formats(), default_value = "human", value_name = "FORMAT")]
    format: Format,
}

fn formats() -> impl clap::builder::TypedValueParser<Value = Format> {
    one_of(&[Format::Human, Format::Concise, Format::Json, Format::Csv])
}

/// On how many hosts a spec has to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Required {
    /// On one at least
    Any,
    /// On every one
    All,
}

pub fn run(args: &Args, console: &Console) -> Exit {
    if args.merge.is_empty() {
        let stdin = args.specs.iter().chain(&args.hosts).filter(|path| *path == Path::new("-")).count();
        if stdin > 1 {
            console.error("`-` is given more than once, and standard input has one file", Exit::Usage);
            return Exit::Usage;
        }
    }
    let shard = args.shard.unwrap_or(Shard::WHOLE);
    let fit = if args.merge.is_empty() { Some(fresh(args, shard, console)) } else { merged(args, console) };
    let Some(fit) = fit else { return Exit::Usage };
    if args.shard.is_some() {
        let answers = fit.specs.iter().map(|spec| spec.cells.len()).sum();
        let written = write(args, &json_text(&Part::new(shard, fit)), console);
        console.status(format!("shard {shard}: {}", counted(answers, "answer")));
        // What the files are worth is for the merge to say, once.
        return written;
    }
    let text = match args.format {
        Format::Json => json_text(&fit),
        Format::Csv => csv::text(&fit),
        Format::Concise => human::concise(&fit),
        _ => human::text(&fit, console.paper()),
    };
    let written = write(args, &text, console);
    conclude(args, &fit, console).max(written)
}

/// Reads all that is named and asks for the shard's answers.
fn fresh(args: &Args, shard: Shard, console: &Console) -> Fit {
    let specs = read::specs(&paths::of(&args.specs, paths::is_spec, "*.topoc.yaml"), console);
    let hosts = read::hosts(&paths::of(&args.hosts, paths::is_profile, "*.json, *.yaml or *.yml"), console);
    answer(specs, &hosts, shard, console)
}

fn answer(specs: Vec<SpecFile>, hosts: &Hosts, shard: Shard, console: &Console) -> Fit {
    let prepared: Vec<PreparedHost<'_>> =
        hosts.groups.iter().map(|(_, host)| PreparedHost::new(host)).collect();
    let groups = prepared.len();
    let own: Vec<(usize, usize)> = (0..specs.len())
        .filter(|spec| specs.get(*spec).is_some_and(|spec| spec.row.broken.is_none()))
        .flat_map(|spec| (0..groups).map(move |group| (spec, group)))
        .filter(|(spec, group)| shard.has(*spec, *group, groups))
        .collect();
    let progress = Progress::new(console, "checking", own.len());
    let cells = parallel::map(
        own.len(),
        |done| progress.add(done),
        |at| {
            let (spec, group) = *own.get(at)?;
            let file = specs.get(spec)?;
            let parsed = file.parsed.as_deref()?.get()?.as_ref().ok()?;
            Some((spec, judge(parsed, file.origin(parsed), prepared.get(group)?, group + 1)))
        },
    );
    drop(progress);
    let mut rows: Vec<_> = specs.into_iter().map(|spec| spec.row).collect();
    for (spec, cell) in cells.into_iter().flatten() {
        if let Some(row) = rows.get_mut(spec) {
            row.cells.push(cell);
        }
    }
    Fit {
        topoc_fit: crate::fleet::FIT_VERSION,
        topoc: env!("CARGO_PKG_VERSION").to_owned(),
        groups: hosts.groups.iter().map(|(group, _)| group.clone()).collect(),
        broken_hosts: hosts.broken.clone(),
        specs: rows,
    }
}

fn merged(args: &Args, console: &Console) -> Option<Fit> {
    let mut parts = Vec::new();
    for path in &args.merge {
        let name = inputs::name(path);
        let bytes = match load(path, PART_CAP) {
            Ok(bytes) => bytes,
            Err(error) => {
                console.error(format!("cannot read {name}: {error}"), Exit::Usage);
                continue;
            }
        };
        match serde_json::from_slice::<Part>(&bytes) {
            Ok(part) => parts.push((name, part)),
            Err(error) => {
                console.error(format!("{name} is no part of `topoc fit --shard`: {error}"), Exit::Usage);
            }
        }
    }
    if parts.len() < args.merge.len() {
        return None;
    }
    match merge(parts) {
        Ok(fit) => Some(fit),
        Err(faults) => {
            for fault in faults {
                console.error(fault, Exit::Usage);
            }
            None
        }
    }
}

fn write(args: &Args, text: &str, console: &Console) -> Exit {
    if args.output == Path::new("-") {
        console.result(text);
    } else if let Err(why) = output::file(&args.output, text.as_bytes(), args.force) {
        console.error(why, Exit::Usage);
        return Exit::Usage;
    }
    Exit::Success
}

/// Tells what files are broken and how many specs run.
fn conclude(args: &Args, fit: &Fit, console: &Console) -> Exit {
    let require = match args.require {
        Required::Any => Require::Any,
        Required::All => Require::All,
    };
    if !is_json(console.format()) {
        let (files, texts): (Vec<_>, Vec<_>) =
            fit.specs.iter().filter_map(|spec| spec.broken.as_ref()).partition(|broken| broken.unreadable);
        for mistake in fit.broken_hosts.iter().chain(files).flat_map(|broken| &broken.mistakes) {
            console.error(mistake, Exit::Success);
        }
        // Lines of findings, which say themselves that they are errors.
        for mistake in texts.iter().flat_map(|broken| &broken.mistakes) {
            console.status(mistake);
        }
    }
    let whole: Vec<_> = fit.specs.iter().filter(|spec| spec.broken.is_none()).collect();
    let missed = whole.iter().filter(|spec| !spec.is_met(require, fit.groups.len())).count();
    let undecided = whole.iter().flat_map(|spec| &spec.cells).any(|cell| cell.verdict == Answer::Undecided);
    console.status(format!(
        "{} on {} of {}: {} of {} run on {}{}",
        counted(fit.specs.len(), "spec"),
        counted(fit.hosts(), "host"),
        counted(fit.groups.len(), "kind"),
        whole.len() - missed,
        fit.specs.len(),
        match require {
            Require::Any => "at least one",
            Require::All => "all of them",
        },
        if undecided { "; some are undecided" } else { "" },
    ));
    if fit.broken().any(|broken| broken.unreadable) {
        Exit::Usage
    } else if missed > 0 || fit.broken().next().is_some() {
        Exit::Findings
    } else {
        Exit::Success
    }
}
