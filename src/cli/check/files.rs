//! Which files are checked: as they are named, and of folders and globs what the policies take for specs.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;
use ignore::{DirEntry, WalkBuilder};

use crate::cli::inputs;
use crate::cli::policies::Policies;
use crate::diag::Skipped;

/// The files of a run.
#[derive(Debug, Default)]
pub struct Found {
    /// Files to check, in the order in which they are named; those of a folder by name. Each once.
    pub specs: Vec<PathBuf>,
    /// What was passed by.
    pub skipped: Vec<Skipped>,
    /// What cannot be looked at, by name, and why.
    pub broken: Vec<(String, String)>,
    seen: HashSet<PathBuf>,
}

/// Finds the files that these names stand for.
pub fn find(named: &[PathBuf], policies: &Policies) -> Found {
    let mut found = Found::default();
    for path in named {
        if path == Path::new("-") || path.is_file() {
            found.add(path.clone());
        } else if path.is_dir() {
            found.folder(path, policies);
        } else if let Some(glob) =
            path.to_str().filter(|text| text.contains(['*', '?', '[', '{']) && !path.exists())
        {
            found.glob(glob, policies);
        } else {
            // Whatever it is, reading it says why it cannot be read.
            found.add(path.clone());
        }
    }
    found
}

impl Found {
    /// Adds a file, if it is not there under another name.
    fn add(&mut self, path: PathBuf) {
        let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if self.seen.insert(real) {
            self.specs.push(path);
        }
    }

    fn skip(&mut self, path: &Path, why: String) {
        let name = inputs::name(&tidy(path));
        if self.skipped.iter().all(|skipped| skipped.name != name) {
            self.skipped.push(Skipped { name, why });
        }
    }

    /// All specs below a folder.
    fn folder(&mut self, folder: &Path, policies: &Policies) {
        if self.walk(folder, policies, true, |path| policies.of(path).includes(path)) == 0 {
            let policy = policies.of(&folder.join("x"));
            let names = if policy.found.is_some() {
                format!("what {} includes", policy.name())
            } else {
                "*.topoc.yaml".to_owned()
            };
            self.broken.push((inputs::name(folder), format!("no file below it is {names}")));
        }
    }

    /// All files that a glob matches.
    fn glob(&mut self, text: &str, policies: &Policies) {
        let glob = match GlobBuilder::new(&tidy(Path::new(text)).to_string_lossy())
            .literal_separator(true)
            .build()
        {
            Ok(glob) => glob.compile_matcher(),
            Err(error) => {
                return self.broken.push((text.to_owned(), format!("no file, and no glob: {error}")));
            }
        };
        let is_plain =
            |part: &Component<'_>| !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
        let base: PathBuf = Path::new(text).components().take_while(is_plain).collect();
        let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
        if !base.is_dir() || self.walk(&base, policies, false, |path| glob.is_match(tidy(path))) == 0 {
            self.broken.push((text.to_owned(), "no file matches".to_owned()));
        }
    }

    /// Walks a folder. What .gitignore and .ignore name and what is hidden is passed by in silence, what a policy
    /// excludes is told, and so are links: they could lead out of what is meant to be checked. Gives how many entries
    /// were meant, or could not be looked at. `tells_folders`: whether an excluded folder is one.
    fn walk(
        &mut self,
        folder: &Path,
        policies: &Policies,
        tells_folders: bool,
        is_meant: impl Fn(&Path) -> bool,
    ) -> usize {
        let mut walk = WalkBuilder::new(folder);
        // What this machine's user ignores elsewhere is nobody else's.
        walk.git_global(false).git_exclude(false).require_git(false).sort_by_file_name(Ord::cmp);
        let mut excluded = Vec::new();
        let mut entries = Vec::new();
        let mut count = 0;
        for entry in walk.build() {
            match entry {
                Ok(entry) => entries.push(entry),
                Err(error) => {
                    count += 1;
                    self.broken.push((inputs::name(folder), error.to_string()));
                }
            }
        }
        for entry in entries.iter().filter(|entry| entry.depth() > 0) {
            let path = entry.path();
            if excluded.iter().any(|folder| path.starts_with(folder)) {
                continue;
            }
            let is_dir = kind(entry, fs::FileType::is_dir);
            if !is_dir && !is_meant(path) {
                continue;
            }
            let policy = policies.of(path);
            let is_excluded = policy.excludes(path);
            if is_excluded && is_dir {
                excluded.push(path.to_owned());
                if !tells_folders {
                    continue;
                }
            }
            count += usize::from(!is_dir || is_excluded);
            if is_excluded {
                self.skip(path, format!("excluded by {}", policy.name()));
            } else if kind(entry, fs::FileType::is_symlink) {
                self.skip(path, "a link, which is followed only where it is named itself".to_owned());
            } else if kind(entry, fs::FileType::is_file) {
                self.add(tidy(path));
            }
        }
        count
    }
}

fn kind(entry: &DirEntry, is: fn(&fs::FileType) -> bool) -> bool {
    entry.file_type().is_some_and(|kind| is(&kind))
}

/// A path without its leading `./`.
fn tidy(path: &Path) -> PathBuf {
    path.strip_prefix(".").ok().filter(|rest| !rest.as_os_str().is_empty()).unwrap_or(path).to_owned()
}
