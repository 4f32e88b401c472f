//! `topoc profile diff`: what changed between two profiles.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::console::{Console, Format};
use crate::cli::exit::Exit;
use crate::cli::inputs;
use crate::profile::diff::{Change, Changes, Section, changes};
use crate::source::printable;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  topoc profile diff before.json after.json          After an update of microcode or kernel
  topoc profile diff golden.json live                This machine against another
  topoc profile diff a.json b.json --format json | jq '.changes[] | select(.varies == null)'

Exit code 0 if the profiles are alike but for what varies from capture to capture, 1 if they differ, 2 if one
cannot be read.")]
pub struct Args {
    /// The profile before: a file, `-` for standard input, or `live` for this machine
    #[arg(value_name = "A")]
    old: PathBuf,
    /// The profile after
    #[arg(value_name = "B")]
    new: PathBuf,
}

pub fn run(args: &Args, console: &Console) -> Exit {
    let stdin = Path::new("-");
    if args.old == stdin && args.new == stdin {
        console.error("standard input can be one of the profiles, not both", Exit::Usage);
        return Exit::Usage;
    }
    let (old, new) = (inputs::host(&args.old, console), inputs::host(&args.new, console));
    // As with diff(1), 1 means that they differ: whatever hinders is 2.
    let (Some(old), Some(new)) = (old, new) else { return Exit::Usage };
    let changes = changes(&old.profile, &new.profile);
    match console.format() {
        Format::Json => console.json(&json!({
            "alike": changes.alike(),
            "changes": changes.changes,
            "more": changes.more,
        })),
        Format::Concise => console.result(&concise(&changes)),
        // The other forms are those of other commands.
        _ => console.result(&human(&changes)),
    }
    if changes.more > 0 {
        console.status(format!("{} more changes are not shown", changes.more));
    }
    if changes.changes.is_empty() {
        console.status("alike");
    }
    if changes.alike() { Exit::Success } else { Exit::Findings }
}

/// By section; what varies in one of its own.
fn human(changes: &Changes) -> String {
    let mut out = String::new();
    let mut part = |title: &str, list: &[&Change]| {
        if !list.is_empty() {
            let gap = if out.is_empty() { "" } else { "\n" };
            out.push_str(&format!("{gap}{title}:\n"));
            list.iter().for_each(|change| out.push_str(&format!("  {}\n", printable(&change.to_string()))));
        }
    };
    let of = |section: Option<Section>| -> Vec<&Change> {
        let fits = |change: &&Change| match section {
            Some(section) => change.section == section && change.varies.is_none(),
            None => change.varies.is_some(),
        };
        changes.changes.iter().filter(fits).collect()
    };
    let mut sections: Vec<Section> = changes.changes.iter().map(|change| change.section).collect();
    sections.sort_unstable();
    sections.dedup();
    sections.into_iter().for_each(|section| part(section.title(), &of(Some(section))));
    part("Varies from capture to capture", &of(None));
    out
}

/// One change a line.
fn concise(changes: &Changes) -> String {
    let line = |change: &Change| format!("{}: {}\n", change.section.title(), printable(&change.to_string()));
    changes.changes.iter().map(line).collect()
}
