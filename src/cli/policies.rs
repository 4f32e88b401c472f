//! The policies of a run: what the command line says, and the file `topoc.yaml` of each spec.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use globset::{Candidate, Glob, GlobSet, GlobSetBuilder};

use super::console::Console;
use super::exit::Exit;
use super::inputs;
use super::judged::By;
use crate::diag::{At, Diagnostic, Document, Severity, Sources};
use crate::policy::{self, FailOn, Levels, Name, ReadFile, Setting};
use crate::source::{SourceFile, SpecPath, load};

/// The name of a policy's file.
pub const POLICY_NAME: &str = "topoc.yaml";

/// The largest policy that is read, in bytes.
const CAP: u64 = 1 << 20;

/// The options that say how findings are judged.
#[derive(Debug, Default, clap::Args)]
pub struct PolicyArgs {
    /// Judge by this policy alone, in place of each spec's own topoc.yaml; its paths are relative to the working directory
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Look for no topoc.yaml
    #[arg(long)]
    no_config: bool,
    /// Make findings of a rule or family errors; can be repeated
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    deny: Vec<String>,
    /// Make findings of a rule or family warnings; can be repeated
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    warn: Vec<String>,
    /// Leave findings of a rule or family out; can be repeated
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    allow: Vec<String>,
    /// Let no comment in a spec allow anything
    #[arg(long)]
    no_comments: bool,
}

/// A policy: that of a file, or the default one.
#[derive(Debug)]
pub struct Policy {
    /// Its levels.
    levels: Levels,
    /// Whether comments in specs may allow findings.
    comments: bool,
    /// From which level on findings make a run fail.
    pub fail_on: FailOn,
    /// The profile that specs are checked against.
    pub host: Option<PathBuf>,
    /// The folder that its globs are relative to.
    root: PathBuf,
    include: Option<GlobSet>,
    exclude: GlobSet,
    /// Its text, and what is wrong with it.
    pub found: Option<(SourceFile, ReadFile)>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            levels: Levels::default(),
            comments: true,
            fail_on: FailOn::default(),
            host: None,
            root: PathBuf::new(),
            include: None,
            exclude: GlobSet::empty(),
            found: None,
        }
    }
}

impl Policy {
    /// Whether a file of a folder is a spec by this policy.
    pub fn includes(&self, path: &Path) -> bool {
        match (&self.include, self.relative(path)) {
            (Some(include), Some(path)) => include.is_match_candidate(&Candidate::new(&path)),
            _ => path.to_string_lossy().ends_with(".topoc.yaml"),
        }
    }

    /// Whether this policy passes a file or folder by.
    pub fn excludes(&self, path: &Path) -> bool {
        self.relative(path).is_some_and(|path| self.exclude.is_match(path))
    }

    /// A path as its globs see it.
    fn relative(&self, path: &Path) -> Option<PathBuf> {
        let path = std::path::absolute(path).ok()?;
        path.strip_prefix(&self.root).ok().map(Path::to_owned)
    }

    /// The policy's name, for what is said of it.
    pub fn name(&self) -> &str {
        self.found.as_ref().map_or(POLICY_NAME, |(file, _)| file.name())
    }
}

/// All policies of a run.
#[derive(Debug)]
pub struct Policies {
    own: Levels,
    comments: bool,
    /// The policy of all specs, where the command line names one or none.
    only: Option<Rc<Policy>>,
    by_folder: RefCell<HashMap<PathBuf, Rc<Policy>>>,
    /// Those whose mistakes were told.
    told: RefCell<Vec<Rc<Policy>>>,
}

impl Policies {
    /// Reads what the command line says. Its mistakes are told, all of them.
    pub fn new(args: &PolicyArgs, console: &Console) -> Option<Self> {
        let own = own_levels(args, console)?;
        let only = match &args.config {
            Some(path) => Some(Rc::new(named(path, console)?)),
            None => args.no_config.then(Rc::default),
        };
        Some(Self {
            own,
            comments: !args.no_comments,
            only,
            by_folder: RefCell::default(),
            told: RefCell::default(),
        })
    }

    /// The policy of a spec, or of what lies in a folder beside it.
    pub fn of(&self, path: &Path) -> Rc<Policy> {
        if let Some(only) = &self.only {
            return Rc::clone(only);
        }
        // What comes from standard input is judged as if it lay here.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.of_folder(path.parent().unwrap_or(Path::new("/")))
    }

    fn of_folder(&self, folder: &Path) -> Rc<Policy> {
        if let Some(known) = self.by_folder.borrow().get(folder) {
            return Rc::clone(known);
        }
        let own = folder.join(POLICY_NAME);
        // A link could lead to any file, whose text the messages would quote.
        let is_file = own.symlink_metadata().is_ok_and(|meta| meta.is_file());
        let found = match folder.parent() {
            _ if is_file => Rc::new(discovered(&own, folder)),
            // A repository's root is where its own rules end.
            Some(above) if !folder.join(".git").exists() => self.of_folder(above),
            _ => Rc::default(),
        };
        self.by_folder.borrow_mut().insert(folder.to_owned(), Rc::clone(&found));
        found
    }

    /// Tells what is wrong with a policy; gives the worst of it. It is told once.
    pub fn tell(&self, policy: &Rc<Policy>, console: &Console) -> Exit {
        let Some((file, read)) = &policy.found else { return Exit::Success };
        let mut told = self.told.borrow_mut();
        if !read.diagnostics.is_empty() && !told.iter().any(|known| Rc::ptr_eq(known, policy)) {
            told.push(Rc::clone(policy));
            let spec = Some(Document { file, spans: Some(&read.spans) });
            console.findings(&read.diagnostics, &Sources { spec, ..Sources::default() });
        }
        let failed = read.diagnostics.iter().any(|found| found.severity == Severity::Error);
        if failed { Exit::Findings } else { Exit::Success }
    }

    /// By what findings are judged under a policy.
    pub fn by<'a>(&'a self, policy: &'a Policy) -> By<'a> {
        By { levels: [&self.own, &policy.levels], comments: self.comments && policy.comments }
    }
}

/// The levels of the command line; unknown and contradicting names are told.
fn own_levels(args: &PolicyArgs, console: &Console) -> Option<Levels> {
    let mut levels = Levels::default();
    let mut is_right = true;
    let all = [
        ("--deny", Setting::Deny, &args.deny),
        ("--warn", Setting::Warn, &args.warn),
        ("--allow", Setting::Allow, &args.allow),
    ];
    for (option, setting, names) in all {
        for written in names {
            match Name::find(written) {
                Ok(name) => {
                    if levels.set(name, setting).is_some_and(|before| before != setting) {
                        console.error(
                            format!("{option} {name}: another option gives `{name}` another level"),
                            Exit::Usage,
                        );
                        is_right = false;
                    }
                }
                Err(unknown) => {
                    console.error(format!("{option}: {unknown}"), Exit::Usage);
                    is_right = false;
                }
            }
        }
    }
    is_right.then_some(levels)
}

/// The policy that the command line names: a file that cannot be read, or has mistakes, ends the run.
fn named(path: &Path, console: &Console) -> Option<Policy> {
    let name = inputs::name(path);
    let bytes = match load(path, CAP) {
        Ok(bytes) => bytes,
        Err(error) => {
            console.error(format!("cannot read {name}: {error}"), Exit::Usage);
            return None;
        }
    };
    // Wherever it lies, it is about what is checked here.
    let policy = make(name, &bytes, Path::new("."), true);
    let (file, read) = policy.found.as_ref()?;
    let has_errors = read.diagnostics.iter().any(|found| found.severity == Severity::Error);
    if has_errors {
        let spec = Some(Document { file, spans: Some(&read.spans) });
        console.findings(&read.diagnostics, &Sources { spec, ..Sources::default() });
        console.error(format!("{} is no policy", file.name()), Exit::Usage);
    }
    (!has_errors).then_some(policy)
}

/// The policy that was found beside or above a spec.
fn discovered(path: &Path, folder: &Path) -> Policy {
    let shown =
        std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    let name = inputs::name(&shown.unwrap_or_else(|| path.to_owned()));
    match load(path, CAP) {
        Ok(bytes) => make(name, &bytes, folder, false),
        Err(error) => {
            let found =
                Diagnostic::new("spec::not_readable", Severity::Error, format!("cannot be read: {error}"));
            let read = ReadFile {
                file: None,
                levels: Levels::default(),
                spans: crate::source::SpanIndex::default(),
                diagnostics: vec![found],
            };
            Policy { found: Some((SourceFile::new(name, ""), read)), ..Policy::default() }
        }
    }
}

fn make(name: String, bytes: &[u8], folder: &Path, is_named: bool) -> Policy {
    let mut read = policy::read(bytes);
    let form = read.file.clone().unwrap_or_default();
    let root = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let mut globs = |key: &str, list: Option<&Vec<String>>| {
        let mut set = GlobSetBuilder::new();
        for (at, glob) in list.into_iter().flatten().enumerate() {
            match glob_of(glob) {
                Ok(glob) => drop(set.add(glob)),
                Err(why) => read.diagnostics.push(
                    Diagnostic::new("spec::bad_value", Severity::Error, format!("this is no glob: {why}"))
                        .label(At::Value(SpecPath::from(key).index(at)), "no glob"),
                ),
            }
        }
        set.build().unwrap_or_default()
    };
    let include = form.include.as_ref().map(|list| globs("include", Some(list)));
    let exclude = globs("exclude", form.exclude.as_ref());
    let host = form.host.as_deref().and_then(|named| {
        // Whoever writes the command line may name any file; what was found beside a spec may not.
        let may_be_anywhere = is_named && Path::new(named).is_absolute();
        let found =
            if may_be_anywhere { Ok(PathBuf::from(named)) } else { super::beside::find(&root, named) };
        found
            .map_err(|why| {
                let message = format!("the host profile cannot be used: {why}");
                read.diagnostics.push(
                    Diagnostic::new("spec::bad_value", Severity::Error, message)
                        .label(At::Value(SpecPath::from("host")), "named here"),
                );
            })
            .ok()
    });
    Policy {
        levels: read.levels.clone(),
        comments: form.comments.unwrap_or(true),
        fail_on: form.fail_on.unwrap_or_default(),
        host,
        root,
        include,
        exclude,
        found: Some((SourceFile::new(name, String::from_utf8_lossy(bytes)), read)),
    }
}

/// A glob of a policy: `*` stops at `/`, and a name without `/` matches in any folder, as in .gitignore.
fn glob_of(text: &str) -> Result<Glob, globset::Error> {
    let anywhere = format!("**/{text}");
    let text = if text.trim_end_matches('/').contains('/') { text } else { &anywhere };
    let text = text.trim_start_matches('/');
    // A folder stands for what is below it: the walk does not enter it.
    globset::GlobBuilder::new(text.trim_end_matches('/')).literal_separator(true).build()
}
