//! Files that a spec names: looked for beside it, never outside of its repository.

use std::fs;
use std::path::{Path, PathBuf};

use super::policies::POLICY_NAME;
use crate::features::Baseline;
use crate::source::{SourceFile, load};

/// The largest baseline that is read, in bytes. One of 64 hosts has about 100 KiB.
const CAP: u64 = 1 << 20;

/// Reads the baseline that a spec names.
///
/// # Errors
/// Why it cannot be had, in words that quote nothing of a file that is no baseline.
pub fn baseline(spec: &Path, named: &str) -> Result<(Baseline, SourceFile), String> {
    if spec == Path::new("-") {
        return Err(
            "a spec from standard input stands nowhere, and the path is relative to the spec".to_owned()
        );
    }
    let real = fs::canonicalize(spec).map_err(|error| error.to_string())?;
    let file = find(real.parent().unwrap_or(Path::new("/")), named)?;
    let bytes = load(&file, CAP).map_err(|error| error.to_string())?;
    let baseline = Baseline::from_slice(&bytes).map_err(|error| error.to_string())?;
    // As the spec calls it, seen from where the spec is.
    let name = spec.with_file_name(named);
    Ok((baseline, SourceFile::new(name.display().to_string(), String::from_utf8_lossy(&bytes))))
}

/// Where a file really is that a spec or policy in `folder` names: relative to that folder, links followed, and within
/// the repository that it stands in; where there is none, within the folder of the policy above it, else the folder
/// itself. Who runs topoc on others' files need not fear what they name.
///
/// # Errors
/// Why it cannot be had, in words that quote nothing of it.
pub fn find(folder: &Path, named: &str) -> Result<PathBuf, String> {
    if Path::new(named).is_absolute() {
        return Err("the path is absolute, so it is true on this machine alone".to_owned());
    }
    let folder = fs::canonicalize(folder).map_err(|error| error.to_string())?;
    let with = |name: &str| folder.ancestors().find(|folder| folder.join(name).exists());
    let root = with(".git").or_else(|| with(POLICY_NAME)).unwrap_or(&folder);
    let file = fs::canonicalize(folder.join(named)).map_err(|error| error.to_string())?;
    if !file.starts_with(root) {
        return Err("it lies outside of the repository that names it".to_owned());
    }
    // A device or pipe may never end.
    match fs::metadata(&file) {
        Ok(meta) if meta.is_file() => Ok(file),
        Ok(_) => Err("it is no plain file".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
