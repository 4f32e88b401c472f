//! Files that a spec names: looked for beside it, never outside of its repository.

use std::fs;
use std::path::{Path, PathBuf};

use crate::features::Baseline;
use crate::source::load;

/// The largest baseline that is read, in bytes. One of 64 hosts has about 100 KiB.
const CAP: u64 = 1 << 20;

/// Reads the baseline that a spec names.
///
/// # Errors
/// Why it cannot be had, in words that quote nothing of a file that is no baseline.
pub fn baseline(spec: &Path, named: &str) -> Result<Baseline, String> {
    let file = find(spec, named)?;
    let bytes = load(&file, CAP).map_err(|error| error.to_string())?;
    Baseline::from_slice(&bytes).map_err(|error| error.to_string())
}

/// Where a file that a spec names really is: relative to the spec, links followed, and within the
/// repository that the spec stands in. Who runs topoc on others' specs need not fear what they name.
fn find(spec: &Path, named: &str) -> Result<PathBuf, String> {
    if spec == Path::new("-") {
        return Err(
            "a spec from standard input stands nowhere, and the path is relative to the spec".to_owned()
        );
    }
    if Path::new(named).is_absolute() {
        return Err("the path is absolute, so it is true on this machine alone".to_owned());
    }
    let spec = fs::canonicalize(spec).map_err(|error| error.to_string())?;
    let folder = spec.parent().unwrap_or(Path::new("/"));
    let root = folder.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(folder);
    let file = fs::canonicalize(folder.join(named)).map_err(|error| error.to_string())?;
    if !file.starts_with(root) {
        return Err("it lies outside of the repository that the spec stands in".to_owned());
    }
    // A device or pipe may never end.
    match fs::metadata(&file) {
        Ok(meta) if meta.is_file() => Ok(file),
        Ok(_) => Err("it is no plain file".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
