//! Captures of other programs, through `topoc import`'s own code.

use std::fs;
use std::path::Path;

use topoc::profile::import::{Capture, File, Format, ImportError, Imported, import, read};

/// The files of a capture, by name: itself, or those of a directory.
pub fn files(path: &Path) -> Vec<(String, Vec<u8>)> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    if !path.is_dir() {
        return vec![(name(path), fs::read(path).unwrap())];
    }
    let mut paths: Vec<_> = path.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    paths.iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
}

/// What comes of one capture of these files, whatever its tables say.
pub fn of_files(files: &[(String, Vec<u8>)], format: Option<Format>) -> Result<Imported, ImportError> {
    let capture = Capture {
        name: "capture",
        is_directory: files.len() > 1,
        files: files.iter().map(|(name, bytes)| File { name, bytes }).collect(),
        format,
    };
    read(&[capture], false)
}

/// What comes of the capture at a path, its form found, and judged.
pub fn of(path: &Path) -> Imported {
    let files = files(path);
    let capture = Capture {
        name: "capture",
        is_directory: files.len() > 1,
        files: files.iter().map(|(name, bytes)| File { name, bytes }).collect(),
        format: None,
    };
    import(&[capture], false).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
