//! `topoc profile`: whether a host profile can be relied on, and what changed between two.

mod check;
mod diff;

use super::console::Console;
use super::exit::Exit;

/// The command's arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say whether captures are sound: CPUs that repeat another, IDs taken out, leaves that are missing
    Check(check::Args),
    /// Say what changed between two profiles, by field and name
    Diff(diff::Args),
}

pub fn run(args: &Args, console: &Console) -> Exit {
    match &args.command {
        Command::Check(args) => check::run(args, console),
        Command::Diff(args) => diff::run(args, console),
    }
}
