//! What the user sees: findings and errors on standard error, results on standard output.

use std::cell::{Cell, RefCell};
use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::exit::Exit;
use crate::diag::render::{self, Style};
use crate::diag::{Diagnostic, Sources};
use crate::source::printable;

/// How findings and results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With the lines of source, on standard error
    Human,
    /// One line each, on standard error
    Concise,
    /// As JSON, on standard output
    Json,
    /// A JSON object a line: each finding, then the summary
    JsonLines,
    /// SARIF 2.1.0, as code scanning reads it
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// JUnit's XML
    Junit,
    /// The tables as a directory that hwloc reads; needs -o
    Hwloc,
    /// The tables as `cpuid -r` prints them and `cpuid -f` reads them
    CpuidR,
    /// The tables as AIDA64 writes them
    Aida64,
    /// The tables as `cpuid_tool --load` reads them, as far as there is room for them
    Libcpuid,
    /// A row for each spec and kind of host, on standard output
    Csv,
    /// The placement as libvirt's <cputune> and <numatune>
    Libvirt,
    /// The placement as a shell script of taskset calls
    Taskset,
    /// The placement as a control group's cpuset.cpus and cpuset.mems
    Cpuset,
}

/// Takes the formats that every command has. `decode` has an argument of the same name that takes all.
fn common_format() -> impl TypedValueParser<Value = Format> {
    one_of(&[Format::Human, Format::Concise, Format::Json])
}

/// Takes these formats alone.
pub fn one_of(formats: &[Format]) -> impl TypedValueParser<Value = Format> + use<> {
    PossibleValuesParser::new(formats.iter().filter_map(Format::to_possible_value))
        .try_map(|name| Format::from_str(&name, false))
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Options that every command takes.
#[derive(Debug, clap::Args)]
pub struct Look {
    /// How to write findings and results
    #[arg(long, global = true, value_parser = common_format(), default_value = "human", value_name = "FORMAT")]
    pub format: Format,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub color: Colour,
    /// Tell findings in sentences, for screen readers; so does NO_GRAPHICS in the environment
    #[arg(long, global = true)]
    pub narrate: bool,
}

/// Writes to the user.
#[derive(Debug)]
pub struct Console {
    format: Format,
    style: Style,
    /// Whether findings are told in sentences.
    narrated: bool,
    /// How results for people look.
    paper: Style,
    /// JSON findings, kept until the end so that all of a run are one document.
    findings: RefCell<Vec<serde_json::Value>>,
    worst: Cell<Exit>,
}

impl Console {
    pub fn new(look: &Look) -> Self {
        let colour = |choice: anstream::ColorChoice| match look.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => !matches!(choice, anstream::ColorChoice::Never),
        };
        let width = |is_terminal: bool| {
            let size = if is_terminal { terminal_size::terminal_size() } else { None };
            size.map_or(100, |(width, _)| usize::from(width.0))
        };
        let (out, err) = (io::stdout(), io::stderr());
        Self {
            format: look.format,
            narrated: look.narrate || std::env::var_os("NO_GRAPHICS").is_some_and(|set| !set.is_empty()),
            style: Style {
                colour: colour(anstream::AutoStream::choice(&err)),
                width: width(err.is_terminal()),
            },
            paper: Style {
                colour: colour(anstream::AutoStream::choice(&out)),
                width: width(out.is_terminal()),
            },
            findings: RefCell::default(),
            worst: Cell::default(),
        }
    }

    pub const fn format(&self) -> Format {
        self.format
    }

    /// How a result for people looks on standard output.
    pub const fn paper(&self) -> Style {
        self.paper
    }

    /// Findings of one input.
    pub fn findings(&self, diagnostics: &[Diagnostic], sources: &Sources<'_>) {
        match self.format {
            Format::Concise => self.err(&render::concise(diagnostics, sources)),
            Format::Json => {
                let list = render::json(diagnostics, sources).and_then(|text| serde_json::from_str(&text));
                match list {
                    Ok(serde_json::Value::Array(list)) => self.findings.borrow_mut().extend(list),
                    Ok(_) | Err(_) => self.error("the findings cannot be written as JSON", Exit::Bug),
                }
            }
            _ if self.narrated => self.err(&render::narrated(diagnostics, sources, self.style)),
            _ => self.err(&render::human(diagnostics, sources, self.style)),
        }
    }

    /// An error that is not about a place in a spec: usage, files, KVM.
    pub fn error(&self, message: impl AsRef<str>, exit: Exit) {
        self.worst.set(self.worst.get().max(exit));
        let (red, reset) = if self.style.colour { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
        self.err(&format!("{red}error{reset}: {}\n", safe(message.as_ref())));
    }

    /// A line on standard error for people: what was done.
    pub fn status(&self, message: impl AsRef<str>) {
        if self.format != Format::Json {
            self.err(&format!("{}\n", safe(message.as_ref())));
        }
    }

    /// How far a long run is, on one line that the next call writes over. Only people at a terminal see it;
    /// nothing is left of it when all is done.
    pub fn progress(&self, what: &str, done: usize, of: usize) {
        if self.format == Format::Human && io::stderr().is_terminal() {
            let line = if done < of { format!("{} {done} of {of}", printable(what)) } else { String::new() };
            self.err(&format!("\r\u{1b}[K{line}"));
        }
    }

    /// A result on standard output. A reader that has gone away is no error.
    pub fn result(&self, text: &str) {
        let mut out = io::stdout().lock();
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.error(format!("cannot write to standard output: {error}"), Exit::Usage);
        }
    }

    /// A result for programs.
    pub fn json(&self, value: &impl serde::Serialize) {
        self.result(&json_text(value));
    }

    /// All JSON findings of the run as one document.
    pub fn result_with_findings(&self, mut object: serde_json::Map<String, serde_json::Value>) {
        object.insert("findings".to_owned(), serde_json::Value::Array(self.findings.take()));
        self.json(&object);
    }

    /// The worst that was said.
    pub fn finish(&self) -> Exit {
        self.worst.get()
    }

    fn err(&self, text: &str) {
        // Nothing can be said where even standard error is gone.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// A result for programs as it is printed.
pub fn json_text(value: &impl serde::Serialize) -> String {
    // Plain data with string keys: serialising cannot fail.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("{}\n", render::harmless_json(&text))
}

/// Lines stay lines; everything else that a terminal would obey is escaped.
fn safe(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}
