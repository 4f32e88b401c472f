//! `topoc explain`: the page of a rule, what the names in messages mean, and what a register's field is and why
//! it has its value.

mod field;
mod page;
mod rule;
mod tables;

use std::path::PathBuf;

use super::console::Console;
use super::exit::Exit;
use crate::cpuid::looks_like_one;
pub use rule::FAULTS_PAGE;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  topoc explain cache::llc_spans_nodes      The rule's page
  topoc explain llc_spans_nodes             The same
  topoc explain cache                       The rules of a family
  topoc explain node-id                     A finding of topoc decode
  topoc explain cpus-repeat                 A fault of topoc profile check
  topoc explain --list                      Every name
  topoc explain cache::llc_spans_nodes --format json | jq -r .text
  topoc explain CPUID.04H:EAX[25:14]        A field of a register; in shells such as zsh, in quotes
  topoc explain CPUID.01H:ECX.X2APIC        A flag by its name
  topoc explain Fn8000_001E                 All fields of a leaf
  topoc explain CPUID.0BH:EDX --in db --vcpu 3
                                            What vCPU 3 of a compiled directory has there, and why")]
pub struct Args {
    /// A rule, a family of rules, a finding of `topoc decode`, a fault of `topoc profile check`, or a place in
    /// CPUID's answers: a leaf, a register or bits of it; left out: all names are listed
    #[arg(value_name = "NAME|COORDINATE")]
    name: Option<String>,
    /// List every name with its summary
    #[arg(long, conflicts_with = "name", visible_alias = "all")]
    list: bool,
    /// A directory that `topoc compile` wrote, or a table: what the field has there, and why
    #[arg(long = "in", value_name = "DIR", requires = "name")]
    within: Option<PathBuf>,
    /// With --in, this vCPU; left out: vCPU 0, and how the others differ
    #[arg(long, value_name = "N", requires = "within")]
    vcpu: Option<u32>,
}

pub fn run(args: &Args, console: &Console) -> Exit {
    match &args.name {
        None => rule::all(console),
        Some(name) if looks_like_one(name) => page::explain(name, args.within.as_deref(), args.vcpu, console),
        Some(_) if args.within.is_some() => console.error(
            "--in goes with a coordinate\n  help: topoc explain CPUID.04H:EAX[25:14] --in DIR",
            Exit::Usage,
        ),
        Some(name) => rule::explain(name, console),
    }
    Exit::Success
}
