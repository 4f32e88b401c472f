//! Writing a directory whole or not at all, and a file likewise.
//!
//! What is new is built beside the target and renamed into its place: at every instant the target
//! is old, new or absent. An interrupt cleans up; a SIGKILL may leave a sibling `.topoc-*`.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use tempfile::{Builder, TempDir};

use super::compiled::{self, MANIFEST_NAME, ORIGINS_NAME};
use crate::emit::export::{HWLOC_INFO_NAME, is_hwloc_info};
use crate::source::{load, printable};

/// The longest `hwloc-cpuid-info` that is looked at, in bytes.
const INFO_CAP: u64 = 4096;

/// A file to write: its path below the directory, and its bytes.
pub type Content<'a> = (PathBuf, &'a [u8]);

/// Writes a directory with these files.
///
/// # Errors
/// In words that name the path: the target exists and may not be replaced, or the operating system
/// refuses. Nothing of the new directory is left then, and what stood there before still does.
pub fn directory(target: &Path, files: &[Content<'_>], force: bool) -> Result<(), String> {
    let replace = check_target(target, force)?;
    let parent = parent_of(target);
    let building = begin(parent)?;
    let result =
        fill(building.path(), files, target).and_then(|()| swap(building.path(), target, parent, replace));
    end(building);
    result
}

/// Writes one file.
///
/// # Errors
/// As [`directory`].
pub fn file(target: &Path, bytes: &[u8], force: bool) -> Result<(), String> {
    if !force && target.symlink_metadata().is_ok() {
        return Err(format!("{} exists; pass --force to replace it", shown(target)));
    }
    let failed = |error: &io::Error| format!("cannot write {}: {error}", shown(target));
    // A device or pipe is written to: a file in its place would take it away from all others.
    if fs::metadata(target).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
        let opened = fs::OpenOptions::new().write(true).open(target);
        return opened.and_then(|mut device| device.write_all(bytes)).map_err(|error| failed(&error));
    }
    let mut new = beside(0o666).tempfile_in(parent_of(target)).map_err(|error| failed(&error))?;
    new.write_all(bytes).map_err(|error| failed(&error))?;
    let done = if force { new.persist(target) } else { new.persist_noclobber(target) };
    done.map(drop).map_err(|error| failed(&error.error))
}

/// Whether something stands at the target that may be replaced.
fn check_target(target: &Path, force: bool) -> Result<bool, String> {
    let shown = shown(target);
    let meta = match target.symlink_metadata() {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(format!("cannot look at {shown}: {error}")),
    };
    if meta.file_type().is_symlink() {
        return Err(format!("{shown} is a link; topoc writes only where it points at nothing else"));
    }
    if !meta.is_dir() {
        return Err(format!("{shown} exists and is not a directory"));
    }
    if !force {
        return Err(format!("{shown} exists; pass --force to replace it if topoc wrote it"));
    }
    let real = fs::canonicalize(target).map_err(|error| format!("cannot look at {shown}: {error}"))?;
    let here = std::env::current_dir().and_then(fs::canonicalize);
    if here.is_ok_and(|here| here.starts_with(&real)) {
        return Err(format!("{shown} holds the working directory; topoc does not replace it"));
    }
    foreign(target).map_or(Ok(true), |what| {
        Err(format!("{shown} is not all topoc's own, so --force does not replace it: {what}"))
    })
}

/// What in a directory is not topoc's own. Its own are a manifest, the origins beside it, the files that it names,
/// directories of that kind, or what `decode --format hwloc` writes.
fn foreign(dir: &Path) -> Option<String> {
    let names = match fs::read_dir(dir).and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect()) {
        Ok(names) => names,
        Err(error) => return Some(error.to_string()),
    };
    let names: Vec<PathBuf> = names;
    if load(&dir.join(HWLOC_INFO_NAME), INFO_CAP).is_ok_and(|text| is_hwloc_info(&text)) {
        return names.iter().find(|path| !is_hwloc_file(path)).map(|path| shown(path));
    }
    let manifest = dir.join(MANIFEST_NAME);
    if manifest.symlink_metadata().is_err() {
        if names.is_empty() {
            return Some(format!("it has no {MANIFEST_NAME}"));
        }
        return names.iter().find_map(|path| {
            let is_dir = path.symlink_metadata().is_ok_and(|meta| meta.is_dir());
            if is_dir && path.join(MANIFEST_NAME).is_file() { foreign(path) } else { Some(shown(path)) }
        });
    }
    let Ok(own) = compiled::manifest(&manifest) else {
        return Some(format!("{} is not a manifest of topoc", shown(&manifest)));
    };
    let files: HashSet<&str> = own.vcpus.iter().map(|v| v.file.as_str()).collect();
    names.iter().find_map(|path| {
        let name = path.file_name()?.to_str();
        let known =
            name.is_some_and(|name| [MANIFEST_NAME, ORIGINS_NAME].contains(&name) || files.contains(name));
        let plain = path.symlink_metadata().is_ok_and(|meta| meta.is_file());
        if known && plain { None } else { Some(shown(path)) }
    })
}

/// Whether a path is a plain file of a name that hwloc's directory has.
fn is_hwloc_file(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let number = name.strip_prefix("pu").unwrap_or_default();
    let known = name == HWLOC_INFO_NAME || (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
    known && path.symlink_metadata().is_ok_and(|meta| meta.is_file())
}

/// Writes the files into the directory that is being built; messages name them as they will stand.
fn fill(dir: &Path, files: &[Content<'_>], target: &Path) -> Result<(), String> {
    for (name, bytes) in files {
        // An interrupt between two files stops the writing for good.
        let _guard = building();
        let path = dir.join(name);
        let write = || {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&path, bytes)
        };
        write().map_err(|error| format!("cannot write {}: {error}", shown(&target.join(name))))?;
    }
    Ok(())
}

/// Puts the new directory into the target's place. An interrupt waits until it is done.
fn swap(new: &Path, target: &Path, parent: &Path, replace: bool) -> Result<(), String> {
    let _guard = building();
    let failed = |error: &io::Error| format!("cannot put {} in its place: {error}", shown(target));
    if !replace {
        return fs::rename(new, target).map_err(|error| failed(&error));
    }
    let aside = directory_beside(parent).map_err(|error| failed(&error))?;
    let old = aside.path().join("old");
    fs::rename(target, &old).map_err(|error| failed(&error))?;
    fs::rename(new, target).map_err(|error| {
        // What stood there goes back; if even that fails, it is kept and named.
        if fs::rename(&old, target).is_err() {
            let kept = aside.keep();
            return format!("{}; what stood there is in {}", failed(&error), shown(&kept));
        }
        failed(&error)
    })
}

fn directory_beside(parent: &Path) -> io::Result<TempDir> {
    beside(0o777).tempdir_in(parent)
}

/// The directory that is being built, for the interrupt handler to clean up. Whoever holds the lock
/// is not interrupted; the handler never gives it back.
static BUILDING: Mutex<Option<PathBuf>> = Mutex::new(None);

fn building() -> MutexGuard<'static, Option<PathBuf>> {
    BUILDING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn begin(parent: &Path) -> Result<TempDir, String> {
    static HANDLER: OnceLock<()> = OnceLock::new();
    HANDLER.get_or_init(|| {
        // Without a handler an interrupt only leaves the sibling behind.
        let _ = ctrlc::set_handler(|| {
            let guard = building();
            if let Some(path) = guard.as_deref() {
                let _ = fs::remove_dir_all(path);
            }
            std::process::exit(130);
        });
    });
    let mut guard = building();
    let dir =
        directory_beside(parent).map_err(|error| format!("cannot write below {}: {error}", shown(parent)))?;
    *guard = Some(dir.path().to_owned());
    Ok(dir)
}

fn end(dir: TempDir) {
    let mut guard = building();
    // Renamed away on success, so there may be nothing left to remove.
    let _ = dir.close();
    *guard = None;
}

fn parent_of(target: &Path) -> &Path {
    target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A sibling under a name of topoc's own; on Unix with the mode that the target is to have, less
/// the user's mask.
fn beside(mode: u32) -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(".topoc-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = mode;
    builder
}

/// A path for a message: no control character of it reaches the terminal.
fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}
