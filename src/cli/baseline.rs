//! `topoc baseline`: what the hosts of a fleet have in common.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::console::Console;
use super::exit::Exit;
use super::{inputs, is_json, output};
use crate::compile::offered;
use crate::features::{Baseline, Offer};

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  topoc baseline rack1/*.json -o fleet.baseline.json    What all hosts of the rack offer
  topoc baseline old.json new.json -o -                 Print it
A spec names it: `cpu: { baseline: fleet.baseline.json }`.")]
pub struct Args {
    /// Host profiles; `-` for standard input
    #[arg(required = true, value_name = "PROFILE")]
    profiles: Vec<PathBuf>,
    /// Where to write the baseline; `-`: standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace FILE if it exists
    #[arg(long)]
    force: bool,
}

pub fn run(args: &Args, console: &Console) -> Exit {
    let mut hosts = Vec::new();
    for path in &args.profiles {
        let Some(host) = inputs::host(path, console) else { continue };
        let shown = inputs::name(path);
        let vendor = host.profile.processor().map(|processor| processor.vendor);
        match (offered(&host.profile), vendor) {
            (Ok(table), Some(vendor)) => {
                hosts.push(Offer { name: name(path), sha256: host.profile.digest(), vendor, table });
            }
            (Err(why), _) => console.error(format!("{shown}: {why}"), Exit::Findings),
            (Ok(_), None) => console.error(format!("{shown}: the vendor is not known"), Exit::Findings),
        }
    }
    if hosts.len() < args.profiles.len() {
        return Exit::Success;
    }
    let baseline = match Baseline::common(&hosts) {
        Ok(baseline) => baseline,
        Err(why) => {
            console.error(why.to_string(), Exit::Findings);
            return Exit::Findings;
        }
    };
    if args.output == Path::new("-") {
        console.result(&baseline.to_json());
    } else if let Err(why) = output::file(&args.output, baseline.to_json().as_bytes(), args.force) {
        console.error(why, Exit::Usage);
        return Exit::Usage;
    }
    tell(args, &baseline, console);
    Exit::Success
}

/// A profile's name in the baseline: its file's, without folder and suffix.
fn name(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    if path == Path::new("-") { "stdin".to_owned() } else { stem.unwrap_or_default() }
}

fn tell(args: &Args, baseline: &Baseline, console: &Console) {
    let to_file = args.output != Path::new("-");
    if is_json(console.format()) {
        if to_file {
            console.json(&json!({ "written": args.output, "profiles": baseline.profiles }));
        }
        return;
    }
    for profile in &baseline.profiles {
        match profile.loses.len() {
            0 => console.status(format!("{}: loses nothing", profile.name)),
            n => console.status(format!("{}: loses {n}: {}", profile.name, profile.loses.join(", "))),
        }
    }
    if to_file {
        console.status(format!("wrote {}: {} features", args.output.display(), baseline.features.len()));
    }
}
