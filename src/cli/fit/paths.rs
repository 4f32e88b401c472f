//! Which files are meant by what was named.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::fleet::Broken;
use crate::source::printable;

/// A file that is meant, or why a folder gave none.
pub type Found = Result<PathBuf, Broken>;

/// How deep folders are walked.
const DEEPEST: usize = 64;

/// Files as they are named; of folders, whatever lies below with a name that `is_meant`. Hidden entries and links to
/// folders are passed by, a file that is named twice is taken once. Folders give their files by name.
pub fn of(named: &[PathBuf], is_meant: fn(&str) -> bool, names: &str) -> Vec<Found> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for path in named {
        let mut found = Vec::new();
        if path.is_dir() {
            walk(path, is_meant, 0, &mut found);
            if found.is_empty() {
                found.push(Err(broken(path, format!("no file below it is called {names}"))));
            }
        } else {
            found.push(Ok(path.clone()));
        }
        all.extend(found.into_iter().filter(|found| match found {
            Ok(path) => seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())),
            Err(_) => true,
        }));
    }
    all
}

/// What cannot be read, and why.
pub fn broken(path: &Path, why: impl AsRef<str>) -> Broken {
    let path = super::inputs::name(path);
    let mistakes = vec![format!("cannot read {}: {}", printable(&path), why.as_ref())];
    Broken { path, unreadable: true, mistakes }
}

pub fn is_spec(name: &str) -> bool {
    name.ends_with(".topoc.yaml")
}

/// Specs and baselines may lie beside profiles.
pub fn is_profile(name: &str) -> bool {
    let is_other = is_spec(name) || name.ends_with(".baseline.json");
    !is_other && [".json", ".yaml", ".yml"].iter().any(|suffix| name.ends_with(suffix))
}

fn walk(folder: &Path, is_meant: fn(&str) -> bool, depth: usize, found: &mut Vec<Found>) {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = match entries {
        Ok(entries) if depth < DEEPEST => entries,
        Ok(_) => return found.push(Err(broken(folder, format!("more than {DEEPEST} folders deep")))),
        Err(error) => return found.push(Err(broken(folder, error.to_string()))),
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let kind = entry.file_type();
        if name.starts_with('.') {
            continue;
        } else if kind.is_ok_and(|kind| kind.is_dir()) {
            walk(&path, is_meant, depth + 1, found);
        } else if is_meant(&name) && !path.is_dir() {
            found.push(Ok(path));
        }
    }
}
