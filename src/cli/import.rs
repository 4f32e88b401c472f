//! `topoc import`: other programs' captures as a host profile.

use std::fs;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::json;

use super::console::Console;
use super::exit::Exit;
use super::{inputs, is_json, output};
use crate::profile::import::{
    Capture, File, Format, ImportError, Imported, MAX_FILES, MAX_INPUT_BYTES, import,
};
use crate::source::{LoadError, load};

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  topoc import cpuid.txt -o host.json          What `cpuid -r` printed
  cpuid -r | topoc import - | topoc decode -   At once
  topoc import InstLatx64/GenuineIntel00806F8_SapphireRapids_CPUID.txt -o spr.json
  topoc import hwloc-dump/ -o host.json        The directory that hwloc-gather-cpuid made
  topoc import dump.txt --from aida64          The form by name, where it is not found
Forms and how to make each: docs/import.md.")]
pub struct Args {
    /// Captures of one machine: files, directories, or `-` for standard input; several where each has what
    /// the others lack
    #[arg(required = true, value_name = "FILE|DIR")]
    captures: Vec<PathBuf>,
    /// Where to write the profile; `-` or left out: standard output
    #[arg(short, long, value_name = "PROFILE")]
    output: Option<PathBuf>,
    /// Replace PROFILE if it exists
    #[arg(long, requires = "output")]
    force: bool,
    /// The form of the captures; given as often as there are captures, one for each in order. Left out: found
    /// by what is in them
    #[arg(long, value_name = "FORM", value_parser = form())]
    from: Vec<Format>,
    /// Make a profile of what can be read, and say in it what is left out
    #[arg(long)]
    keep_going: bool,
}

/// Takes the names of forms.
fn form() -> impl TypedValueParser<Value = Format> {
    let known = |name: String| Format::named(&name).ok_or("no such form");
    PossibleValuesParser::new(Format::all().map(Format::name)).try_map(known)
}

/// A capture's files, by name.
type Files = Vec<(String, Vec<u8>)>;

pub fn run(args: &Args, console: &Console) -> Exit {
    if args.from.len() > 1 && args.from.len() != args.captures.len() {
        let (forms, captures) = (args.from.len(), args.captures.len());
        console.error(
            format!(
                "{forms} forms for {captures} captures\n  help: give --from once, or once for each capture"
            ),
            Exit::Usage,
        );
        return Exit::Usage;
    }
    let mut left = MAX_INPUT_BYTES;
    let mut read = Vec::new();
    for path in &args.captures {
        match files(path, &mut left) {
            Ok(files) => read.push((inputs::name(path), path.is_dir(), files)),
            Err((message, exit)) => console.error(message, exit),
        }
    }
    if read.len() < args.captures.len() {
        return Exit::Success;
    }
    let captures: Vec<Capture<'_>> = read
        .iter()
        .enumerate()
        .map(|(at, (name, is_directory, files))| Capture {
            name,
            is_directory: *is_directory,
            files: files.iter().map(|(name, bytes)| File { name, bytes }).collect(),
            format: args.from.get(at).or(args.from.first()).copied(),
        })
        .collect();
    match import(&captures, args.keep_going) {
        Ok(imported) => write(args, &imported, console),
        Err(error) => refuse(&error, console),
    }
    Exit::Success
}

/// The files of a capture: itself, or those that stand in a directory, by name. `left` is how many bytes may
/// still be read.
fn files(path: &Path, left: &mut usize) -> Result<Files, (String, Exit)> {
    let cannot = |path: &Path, error: &dyn std::fmt::Display| {
        (format!("cannot read {}: {error}", inputs::name(path)), Exit::Usage)
    };
    let mut take = |path: &Path| {
        let bytes = load(path, u64::try_from(*left).unwrap_or(u64::MAX)).map_err(|error| match error {
            LoadError::TooLarge(_) => (
                format!(
                    "{}: captures of one machine have at most {} MiB",
                    inputs::name(path),
                    MAX_INPUT_BYTES >> 20
                ),
                Exit::Findings,
            ),
            error => cannot(path, &error),
        })?;
        *left = left.saturating_sub(bytes.len());
        Ok(bytes)
    };
    if !path.is_dir() {
        return Ok(vec![(inputs::name(path), take(path)?)]);
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| cannot(path, &error))? {
        let entry = entry.map_err(|error| cannot(path, &error))?;
        // A device or pipe may never end.
        if entry.path().is_file() {
            names.push(entry.file_name());
        }
        if names.len() > MAX_FILES {
            let message =
                format!("{}: more than {MAX_FILES} files: no capture has as many", inputs::name(path));
            return Err((message, Exit::Findings));
        }
    }
    names.sort();
    let shown = |name: &std::ffi::OsString| name.to_string_lossy().into_owned();
    names.iter().map(|name| Ok((shown(name), take(&path.join(name))?))).collect()
}

fn write(args: &Args, imported: &Imported, console: &Console) {
    for note in &imported.notes {
        console.status(format!("note: {note}"));
    }
    for fault in &imported.warnings {
        console.status(format!("warning[{}]: {}\n  help: {}", fault.kind.name(), fault.message, fault.help));
    }
    for misread in &imported.left_out {
        console.status(format!("warning: left out: {misread}"));
    }
    if imported.more_left_out > 0 {
        console.status(format!("warning: left out: {} more mistakes like these", imported.more_left_out));
    }
    let text = imported.profile.to_json();
    let Some(path) = args.output.as_deref().filter(|path| *path != Path::new("-")) else {
        console.result(&text);
        return;
    };
    if let Err(error) = output::file(path, text.as_bytes(), args.force) {
        console.error(error, Exit::Usage);
        return;
    }
    let forms: Vec<&str> = imported.formats.iter().map(|format| format.name()).collect();
    if is_json(console.format()) {
        let left_out: Vec<String> = imported.left_out.iter().map(ToString::to_string).collect();
        console.json(&json!({
            "written": path,
            "forms": forms,
            "notes": imported.notes,
            "left_out": left_out,
            "warnings": imported.warnings.iter().map(|fault| &fault.message).collect::<Vec<_>>(),
            "more_left_out": imported.more_left_out,
        }));
        return;
    }
    let cpus = imported.profile.cpus.as_ref().map_or(0, |part| part.online.len());
    let what = match cpus {
        0 => "KVM's table".to_owned(),
        1 => "1 CPU".to_owned(),
        _ => format!("{cpus} CPUs"),
    };
    console.status(format!("wrote {}: {what}, from {}", path.display(), forms.join(" and ")));
}

fn refuse(error: &ImportError, console: &Console) {
    match error {
        ImportError::Mistakes(mistakes, more) => {
            for misread in mistakes {
                console.error(misread.to_string(), Exit::Findings);
            }
            if *more > 0 {
                console.error(format!("{more} more mistakes like these"), Exit::Findings);
            }
        }
        ImportError::Unknown(unknown) => {
            for capture in unknown {
                console.error(capture.to_string(), Exit::Findings);
            }
        }
        other => console.error(other.to_string(), Exit::Findings),
    }
    if !error.help().is_empty() {
        console.status(format!("help: {}", error.help()));
    }
}
