//! The command line: one file per command. Commands read, call the library and print; they decide
//! nothing about topology.

mod baseline;
mod beside;
mod capture;
mod check;
mod compile;
mod compiled;
mod console;
mod decode;
mod exit;
mod explain;
mod export;
mod features;
mod fit;
mod fix;
mod import;
mod inputs;
mod judged;
mod mirror;
mod output;
mod parallel;
mod place;
mod policies;
mod profile;
mod progress;
mod prove;
mod schema;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use console::{Console, Format, Look};

/// Compiles a YAML description of a virtual machine's CPU topology into the CPUID that its guest reads.
#[derive(Debug, Parser)]
#[command(name = "topoc", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    look: Look,
}

const EXAMPLES: &str = "\
Examples:
  topoc check db.topoc.yaml                                  Lint a spec, no host needed
  topoc capture -o host.json                                 This machine as a host profile
  topoc import cpuid.txt -o host.json                        A capture of another program likewise
  topoc mirror host.json --cpus 0-31 -o db.topoc.yaml        A guest in the shape of these CPUs
  topoc compile db.topoc.yaml --host host.json -o db         One table per vCPU, and a manifest
  topoc decode db                                            What a guest would conclude
  topoc place db.topoc.yaml --host host.json                 Which CPUs of the host it fits on
  topoc prove db                                             What KVM and a guest make of it
  topoc features --host host.json                            What of a host a guest can have
  topoc fit specs/ --hosts hosts/                            Which specs run on which hosts
  topoc profile check host.json                              Whether a capture is sound
  topoc profile diff before.json after.json                  What an update changed
  topoc explain cache::llc_spans_nodes                       Why a rule is one, and what passes

Exit codes: 0 no errors; 1 errors in a spec, profile or table; 2 usage or a file that cannot be opened
or written; 3 /dev/kvm cannot be used; 101 a bug of topoc; 130 interrupted.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Compile specs to one struct kvm_cpuid2 per vCPU and a manifest
    Compile(compile::Args),
    /// Check specs without writing anything
    Check(check::Args),
    /// Capture this machine as a host profile
    Capture(capture::Args),
    /// Make a host profile of other programs' captures
    Import(import::Args),
    /// Show what a guest would conclude from a table, a compiled directory or a host profile
    Decode(decode::Args),
    /// Find the CPUs of a host on which a machine has the shape that it is told of
    Place(place::Args),
    /// Write the spec of a guest in the shape of a host's CPUs
    Mirror(mirror::Args),
    /// Hold compiled tables against what KVM, and a guest on each vCPU, answer
    Prove(prove::Args),
    /// List CPU features by name, and which of them a host offers
    Features(features::Args),
    /// Make the baseline of a fleet: what all its hosts offer, for live migration
    Baseline(baseline::Args),
    /// Find out which specs run on which hosts of a fleet
    Fit(fit::Args),
    /// Judge host profiles: whether a capture is sound, and what changed between two
    Profile(profile::Args),
    /// Explain a rule, a finding or a fault by the name that stands in its message, or a field of a register
    Explain(explain::Args),
    /// Print the JSON Schema of a file format
    Schema(schema::Args),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        eprintln!("topoc: this is a bug of topoc, please report it: {info}");
    }));
    let cli = Cli::parse();
    let console = Console::new(&cli.look);
    let exit = match &cli.command {
        Command::Compile(args) => compile::run(args, &console),
        Command::Check(args) => check::run(args, &console),
        Command::Capture(args) => capture::run(args, &console),
        Command::Import(args) => import::run(args, &console),
        Command::Decode(args) => decode::run(args, &console),
        Command::Place(args) => place::run(args, &console),
        Command::Mirror(args) => mirror::run(args, &console),
        Command::Prove(args) => prove::run(args, &console),
        Command::Features(args) => features::run(args, &console),
        Command::Baseline(args) => baseline::run(args, &console),
        Command::Fit(args) => fit::run(args, &console),
        Command::Profile(args) => profile::run(args, &console),
        Command::Explain(args) => explain::run(args, &console),
        Command::Schema(args) => schema::run(args, &console),
    };
    exit.max(console.finish()).into()
}

/// Whether a command's results go out for people or for programs.
const fn is_json(format: Format) -> bool {
    matches!(format, Format::Json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_well_formed() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
