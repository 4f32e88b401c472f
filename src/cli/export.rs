//! Tables in the forms of other programs: `topoc decode --format hwloc` and the like.

use std::path::{Path, PathBuf};

use super::console::{Console, Format};
use super::exit::Exit;
use super::output::{self, Content};
use crate::cpuid::{CpuidTable, Key};
use crate::decode::Answers;
use crate::emit::export::{NumberedTable, aida64, cpuid_r, hwloc, libcpuid};

/// Where an export goes, and what of the tables.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// With --format cpuid-r, aida64, libcpuid or hwloc: what to write; but for hwloc, `-` or left out is
    /// standard output
    #[arg(short, long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,
    /// Replace FILE, or DIR if all in it is topoc's own
    #[arg(long, requires = "output")]
    force: bool,
    /// With these formats: end the leaf's range below it, as for a reader that does not know it
    #[arg(long, value_name = "LEAF", value_delimiter = ',', value_parser = leaf)]
    below: Vec<u32>,
}

/// A leaf as the command line has it: `0x1f`.
fn leaf(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0x").filter(|digits| !digits.starts_with('+'));
    let leaf = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let leaf = leaf.ok_or("a leaf is written as 0x1f")?;
    if leaf & 0xffff == 0 { Err("a range cannot end below its first leaf".to_owned()) } else { Ok(leaf) }
}

/// Whether a format is one of other programs.
pub const fn is_export(format: Format) -> bool {
    matches!(format, Format::Hwloc | Format::CpuidR | Format::Aida64 | Format::Libcpuid)
}

/// Says what goes wrong before anything is read. `None`: nothing.
pub fn misused(args: &ExportArgs, format: Format, leaves: bool) -> Option<&'static str> {
    let to_directory = args.output.as_deref().is_some_and(|path| path != Path::new("-"));
    match format {
        _ if is_export(format) && leaves => {
            Some("--leaves is for people and JSON; the formats of other programs have registers anyway")
        }
        Format::Hwloc if !to_directory => Some(
            "--format hwloc writes a directory (hwloc-cpuid-info, pu0, pu1, …), which cannot go to standard \
             output: give -o DIR",
        ),
        _ if is_export(format) => None,
        _ if args.output.is_some() => Some("-o goes with --format cpuid-r, aida64, libcpuid or hwloc"),
        _ if !args.below.is_empty() => Some("--below goes with --format cpuid-r, aida64, libcpuid or hwloc"),
        _ => None,
    }
}

/// Writes the tables of these CPUs.
pub fn run(args: &ExportArgs, format: Format, cpus: &[(u32, Answers)], console: &Console) {
    let Some(cpus) = tables(cpus, &args.below) else {
        console.error("a table came back from reading with two entries of one leaf", Exit::Bug);
        return;
    };
    let target = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let result = match (format, target) {
        (Format::Hwloc, Some(dir)) => {
            let files = hwloc(&cpus);
            let contents: Vec<Content<'_>> =
                files.iter().map(|(name, text)| (PathBuf::from(name), text.as_bytes())).collect();
            if cpus.iter().zip(0..).any(|((number, _), pu)| *number != pu) {
                console.status(
                    "note: hwloc takes no gaps in the numbers of CPUs: they are counted from 0 in their order",
                );
            }
            output::directory(dir, &contents, args.force)
        }
        (_, Some(file)) => output::file(file, text(format, &cpus).as_bytes(), args.force),
        (_, None) => {
            console.result(&text(format, &cpus));
            return;
        }
    };
    match (result, target) {
        (Ok(()), Some(target)) => {
            let plural = if cpus.len() == 1 { "" } else { "s" };
            console.status(format!("wrote {}: {} CPU{plural}", target.display(), cpus.len()));
        }
        (Ok(()), None) => {}
        (Err(error), _) => console.error(error, Exit::Usage),
    }
}

/// The tables in a form that is one text.
fn text(format: Format, cpus: &[NumberedTable]) -> String {
    match format {
        Format::Aida64 => aida64(cpus),
        Format::Libcpuid => libcpuid(cpus),
        _ => cpuid_r(cpus),
    }
}

/// The tables of what was read, each range ended below the leaves named. `None` if a table holds what no
/// table can, which reading refuses.
fn tables(cpus: &[(u32, Answers)], below: &[u32]) -> Option<Vec<NumberedTable>> {
    let table = |answers: &Answers| {
        let mut table = CpuidTable::new();
        for entry in answers.entries() {
            table.insert(Key { leaf: entry.leaf, subleaf: entry.subleaf }, entry.registers.into()).ok()?;
        }
        for leaf in below {
            table.end_below(*leaf);
        }
        Some(table)
    };
    cpus.iter().map(|(number, answers)| Some((*number, table(answers)?))).collect()
}
