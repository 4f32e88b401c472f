//! `topoc schema`: the JSON Schemas.

use clap::ValueEnum;

use super::console::Console;
use super::exit::Exit;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  topoc schema spec > spec.v1.schema.json\n  topoc schema profile")]
pub struct Args {
    /// Whose schema
    #[arg(value_enum)]
    of: Of,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Of {
    /// The spec language (*.topoc.yaml)
    Spec,
    /// Host profiles
    Profile,
    /// The manifest of a compiled directory
    Manifest,
    /// The origins of a compiled directory's fields
    Origins,
    /// Baselines of fleets
    Baseline,
    /// Policies (topoc.yaml)
    Policy,
    /// What `check --format json` prints
    Findings,
    /// A line of what `check --format json-lines` prints
    FindingLine,
}

pub fn run(args: &Args, console: &Console) -> Exit {
    console.result(&match args.of {
        Of::Spec => crate::spec::schema(),
        Of::Profile => crate::profile::schema(),
        Of::Manifest => crate::emit::manifest_schema(),
        Of::Origins => crate::emit::origins::origins_schema(),
        Of::Baseline => crate::features::baseline_schema(),
        Of::Policy => crate::policy::schema(),
        Of::Findings => crate::diag::render::findings_schema(),
        Of::FindingLine => crate::diag::render::finding_line_schema(),
    });
    Exit::Success
}
