//! Findings in the formats of other programs, on standard output or in files.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::FORMATS;
use crate::cli::console::{Console, Format};
use crate::cli::exit::Exit;
use crate::cli::inputs;
use crate::cli::output;
use crate::diag::{Run, render};

/// A file that findings are written to.
#[derive(Clone, Debug)]
pub struct Report {
    format: Format,
    path: PathBuf,
}

/// Reads `FORMAT=PATH`.
///
/// # Errors
/// What would be right.
pub fn parse(text: &str) -> Result<Report, String> {
    let names: Vec<_> = FORMATS.iter().filter_map(Format::to_possible_value).collect();
    let names: Vec<_> = names.iter().map(clap::builder::PossibleValue::get_name).collect();
    let Some((format, path)) = text.split_once('=') else {
        return Err(format!("write FORMAT=PATH, as in sarif=topoc.sarif; formats are {}", names.join(", ")));
    };
    let Some(format) = Format::from_str(format, false).ok().filter(|format| FORMATS.contains(format)) else {
        return Err(format!("there is no format `{format}`; there are {}", names.join(", ")));
    };
    if path.is_empty() {
        return Err("the path is empty".to_owned());
    }
    Ok(Report { format, path: PathBuf::from(path) })
}

/// Prints the findings: for people on standard error, for programs on standard output.
pub fn print(run: &Run<'_>, format: Format, console: &Console) {
    match text(run, format) {
        Some(text) => console.result(&text),
        None => {
            let files = run.files.iter().filter(|file| !file.diagnostics.is_empty());
            for (at, file) in files.enumerate() {
                if at > 0 && format == Format::Human {
                    console.status("");
                }
                console.findings(file.diagnostics, &file.sources);
            }
        }
    }
}

/// Writes the findings to the files that were asked for. What the run `read` is never written over.
pub fn write(run: &Run<'_>, reports: &[Report], read: &[PathBuf], console: &Console) {
    for Report { format, path } in reports {
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        let is_read =
            real(path).is_some_and(|path| read.iter().any(|other| real(other).as_ref() == Some(&path)));
        if is_read {
            let path = inputs::name(path);
            console.error(format!("{path} is read by this run: the report would replace it"), Exit::Usage);
            continue;
        }
        let text = text(run, *format).unwrap_or_else(|| for_people(run, *format));
        if path == Path::new("-") {
            console.result(&text);
        } else if let Err(error) = output::file(path, text.as_bytes(), true) {
            console.error(error, Exit::Usage);
        }
    }
}

/// The findings for people, without colour.
fn for_people(run: &Run<'_>, format: Format) -> String {
    let style = render::Style { colour: false, width: 100 };
    let files = run.files.iter().filter(|file| !file.diagnostics.is_empty());
    let texts: Vec<_> = files
        .map(|file| match format {
            Format::Concise => render::concise(file.diagnostics, &file.sources),
            _ => render::human(file.diagnostics, &file.sources, style),
        })
        .collect();
    texts.join(if format == Format::Concise { "" } else { "\n" })
}

/// The findings for programs; `None` for a format for people.
fn text(run: &Run<'_>, format: Format) -> Option<String> {
    Some(match format {
        Format::Json => render::json_run(run),
        Format::JsonLines => render::json_lines(run),
        Format::Sarif => render::sarif(run),
        Format::Github => render::github(run),
        Format::Gitlab => render::gitlab(run),
        Format::Junit => render::junit(run),
        _ => return None,
    })
}
