//! `topoc check --fix` and `--diff`: the texts that fixes make of specs, and writing them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::console::{Console, Format};
use super::exit::Exit;
use super::inputs;
use crate::diag::{Diagnostic, Document, Judged, Safety, apply_fixes, fixable};
use crate::source::{is_unprintable, load, printable};
use crate::yaml::Limits;

/// The options of fixes.
#[derive(Debug, clap::Args)]
pub struct FixArgs {
    /// Apply the fixes that keep what a spec means; what is left is told. With `-`, the fixed spec goes
    /// to standard output
    #[arg(long)]
    fix: bool,
    /// Apply suggestions too: they choose one of several ways out, or change the machine
    #[arg(long = "unsafe-fixes")]
    suggestions: bool,
    /// Print what would be fixed as a diff, change nothing, and exit with 1 if anything would be
    #[arg(long)]
    diff: bool,
}

impl FixArgs {
    /// Whether texts are to be fixed.
    pub const fn wanted(&self) -> bool {
        self.fix || self.diff
    }

    const fn least(&self) -> Safety {
        if self.suggestions { Safety::Unsafe } else { Safety::Safe }
    }

    /// Whether the options go together with each other and with a form of the findings. Tells if not.
    pub fn fit(&self, specs: &[PathBuf], format: Format, console: &Console) -> bool {
        if self.suggestions && !self.wanted() {
            console.error("--unsafe-fixes does nothing by itself: it goes with --fix or --diff", Exit::Usage);
            return false;
        }
        let prints = self.diff || (self.fix && specs.iter().any(|path| path == Path::new("-")));
        if prints && !matches!(format, Format::Human | Format::Concise) {
            let what = if self.diff { "the diff" } else { "the fixed spec" };
            console.error(
                format!("{what} and findings in this format both go to standard output: use one of them"),
                Exit::Usage,
            );
            return false;
        }
        true
    }
}

/// What came of one spec.
#[derive(Debug)]
pub struct Fixed {
    /// Its bytes as they are to be judged and told from here on.
    pub bytes: Vec<u8>,
    applied: usize,
    left: usize,
    /// Whether a file was written, or would be.
    changed: bool,
    /// For standard output: the diff, or what came by standard input.
    printed: String,
    /// Why the file could not be written.
    failed: Option<String>,
}

/// What came of fixing, over all files.
#[derive(Debug, Default)]
pub struct Tally {
    findings: usize,
    files: usize,
    /// Findings whose fix could not be made.
    left: usize,
}

impl Tally {
    /// Tells what came of a spec; gives what that means for the exit code.
    pub fn tell(&mut self, args: &FixArgs, fixed: &Fixed, console: &Console) -> Exit {
        if !fixed.printed.is_empty() {
            console.result(&fixed.printed);
        }
        if let Some(why) = &fixed.failed {
            console.error(why, Exit::Usage);
            return Exit::Usage;
        }
        self.left += fixed.left;
        if fixed.changed {
            self.findings += fixed.applied;
            self.files += 1;
        }
        if args.diff && fixed.changed { Exit::Findings } else { Exit::Success }
    }

    /// `fixed 3 findings in 2 files`; `None` if nothing was asked for.
    pub fn words(&self, args: &FixArgs) -> Option<String> {
        let many = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let (findings, files) = (many(self.findings, "finding"), many(self.files, "file"));
        let verb = if args.diff { "would fix" } else { "fixed" };
        let left = match self.left {
            0 => String::new(),
            left => format!("; {} cannot be made here", many(left, "fix").replace("fixs", "fixes")),
        };
        args.wanted().then(|| match self.findings {
            0 => format!("{verb} nothing{left}"),
            _ => format!("{verb} {findings} in {files}{left}"),
        })
    }
}

/// Fixes one spec. `judge` finds what is wrong with a text. Where the file cannot be written the old bytes
/// stay; with `--diff` nothing is written, and the bytes are the old ones.
pub fn file(
    args: &FixArgs,
    path: &Path,
    bytes: Vec<u8>,
    mut judge: impl FnMut(&[u8]) -> Judged,
    colour: bool,
) -> Fixed {
    let is_stdin = path == Path::new("-");
    // Bytes that are no text have no findings with places.
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return Fixed { bytes, applied: 0, left: 0, changed: false, printed: String::new(), failed: None };
    };
    let done = apply_fixes(text, args.least(), |text| judge(text.as_bytes()));
    let changed = done.text != text;
    let printed = match (args.diff, is_stdin) {
        (true, _) if changed => diff(text, &done.text, &inputs::name(path), colour),
        (false, true) => done.text.clone(),
        _ => String::new(),
    };
    let writes = changed && !args.diff && !is_stdin;
    let failed = if writes { replace(path, &bytes, done.text.as_bytes()).err() } else { None };
    let (applied, left) = (done.applied, done.left);
    let bytes = if args.diff || failed.is_some() { bytes } else { done.text.into_bytes() };
    Fixed { bytes, applied, left, changed: changed && failed.is_none(), printed, failed }
}

/// Puts a text in place of the one that was read: whole or not at all, under the permissions that it
/// had. A link stays one, and what it points at is written.
fn replace(path: &Path, was: &[u8], new: &[u8]) -> Result<(), String> {
    let shown = printable(&path.display().to_string());
    let failed = |error: std::io::Error| format!("cannot write {shown}: {error}");
    let real = fs::canonicalize(path).map_err(failed)?;
    let meta = fs::metadata(&real).map_err(failed)?;
    if !meta.is_file() {
        return Err(format!("cannot fix {shown}: it is no plain file"));
    }
    if meta.permissions().readonly() {
        return Err(format!("cannot write {shown}: it is read-only"));
    }
    let folder = real.parent().unwrap_or(Path::new("/"));
    let mut beside = tempfile::Builder::new().prefix(".topoc-").tempfile_in(folder).map_err(failed)?;
    beside.write_all(new).and_then(|()| beside.flush()).map_err(failed)?;
    beside.as_file().set_permissions(meta.permissions()).map_err(failed)?;
    let cap = u64::try_from(Limits::SPEC.bytes).unwrap_or(u64::MAX);
    if !load(&real, cap).is_ok_and(|now| now == was) {
        return Err(format!("cannot fix {shown}: it has changed since it was read"));
    }
    beside.persist(&real).map(drop).map_err(|error| failed(error.error))
}

/// How many findings could be fixed with other options, in words: `; 2 fixable with --fix`. Empty if none,
/// and where a diff shows them.
pub fn hint(args: &FixArgs, safe: usize, all: usize) -> String {
    let others = if args.suggestions { 0 } else { all.saturating_sub(safe) };
    match (if args.fix { 0 } else { safe }, others) {
        _ if args.diff => String::new(),
        (0, 0) => String::new(),
        (safe, 0) => format!("; {safe} fixable with --fix"),
        (0, others) => format!("; {others} fixable with --fix --unsafe-fixes"),
        (safe, others) => format!("; {safe} fixable with --fix, {others} more with --unsafe-fixes"),
    }
}

/// How many of the findings about a spec could be fixed: safely, and at all.
pub fn count(input: &inputs::SpecInput, diagnostics: &[Diagnostic]) -> (usize, usize) {
    let document = Document { file: &input.file, spans: Some(input.spans()) };
    let of = |least| fixable(diagnostics, document, least);
    (of(Safety::Safe), of(Safety::Unsafe))
}

/// A unified diff. What is not visible is escaped, so that nobody applies what he did not see.
fn diff(before: &str, after: &str, name: &str, colour: bool) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut unified = diff.unified_diff();
    let name = printable(name);
    let text = unified.context_radius(3).header(&name, &name).to_string();
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (bare, end) = match (line.strip_suffix("\r\n"), line.strip_suffix('\n')) {
            (Some(bare), _) => (bare, "\r\n"),
            (None, Some(bare)) => (bare, "\n"),
            (None, None) => (line, ""),
        };
        let bare = visible(bare);
        let code = match bare.as_bytes() {
            _ if !colour => None,
            [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => Some(1),
            [b'-', ..] => Some(31),
            [b'+', ..] => Some(32),
            [b'@', ..] => Some(36),
            _ => None,
        };
        match code {
            Some(code) => out.push_str(&format!("\u{1b}[{code}m{bare}\u{1b}[0m{end}")),
            None => out.push_str(&format!("{bare}{end}")),
        }
    }
    out
}

/// A line with its hidden characters escaped; a byte-order mark at the beginning of a file is none of them.
fn visible(line: &str) -> String {
    let hidden = |c: char| is_unprintable(c) && !matches!(c, '\t' | '\u{feff}');
    if line.contains(hidden) { printable(line) } else { line.to_owned() }
}
