//! Reading a compiled directory back: nothing in its manifest is trusted.

use std::path::Path;

use super::inputs::name;
use crate::emit::{Manifest, Origins, digest};
use crate::source::{LoadError, brief, load};

/// The largest blob: KVM takes 256 entries of 40 bytes behind a header of 8.
pub const BLOB_CAP: u64 = 8 + 256 * 40;

/// A manifest larger than this is none of topoc's.
pub const MANIFEST_CAP: u64 = 1 << 30;

/// The name of the manifest in its directory.
pub const MANIFEST_NAME: &str = "manifest.json";

/// The name of the origins beside the manifest.
pub const ORIGINS_NAME: &str = "origins.json";

/// The most mistakes that are told of one directory.
const MOST: usize = 20;

/// The blobs of a compiled directory, by vCPU index.
///
/// # Errors
/// Every blob that cannot be read or is not the one that the manifest means.
pub fn blobs(dir: &Path) -> Result<Vec<Vec<u8>>, Vec<String>> {
    machine(dir).map(|(_, blobs)| blobs)
}

/// The manifest of a compiled directory, and the blobs that it names, in its order.
///
/// # Errors
/// As [`blobs`].
pub fn machine(dir: &Path) -> Result<(Manifest, Vec<Vec<u8>>), Vec<String>> {
    let path = dir.join(MANIFEST_NAME);
    let manifest = manifest(&path).map_err(|error| vec![error])?;
    let mut blobs = Vec::with_capacity(manifest.vcpus.len());
    let mut errors = Vec::new();
    for vcpu in &manifest.vcpus {
        match blob(dir, &vcpu.file, &vcpu.sha256) {
            Ok(bytes) => blobs.push(bytes),
            Err(error) => errors.push(format!("{}: vCPU {}: {error}", name(&path), vcpu.index)),
        }
    }
    if errors.is_empty() {
        return Ok((manifest, blobs));
    }
    let more = errors.len().saturating_sub(MOST);
    errors.truncate(MOST);
    if more > 0 {
        errors.push(format!("{}: {more} more vCPUs like these", name(&path)));
    }
    Err(errors)
}

/// Reads a manifest.
///
/// # Errors
/// It is no file, cannot be read, or is no manifest of this version.
pub fn manifest(path: &Path) -> Result<Manifest, String> {
    let read = || {
        // A pipe that nobody writes to would be waited for.
        if !path.metadata()?.is_file() {
            return Err(std::io::Error::other("it is no file").into());
        }
        load(path, MANIFEST_CAP)
    };
    let bytes = read().map_err(|error| format!("cannot read {}: {error}", name(path)))?;
    Manifest::from_slice(&bytes).map_err(|error| format!("{}: {error}", name(path)))
}

/// Reads the origins of a compiled directory.
///
/// # Errors
/// In words: there are none, as in a directory of an older topoc, or they cannot be read.
pub fn origins(dir: &Path) -> Result<Origins, String> {
    let path = dir.join(ORIGINS_NAME);
    let meta = path.symlink_metadata().map_err(|_| format!("the directory has no {ORIGINS_NAME}"))?;
    if !meta.is_file() {
        return Err(format!("{} is a link or no file", name(&path)));
    }
    let bytes = load(&path, MANIFEST_CAP).map_err(|error| format!("cannot read {}: {error}", name(&path)))?;
    Origins::from_slice(&bytes).map_err(|error| format!("{}: {error}", name(&path)))
}

fn blob(dir: &Path, file: &str, sha256: &str) -> Result<Vec<u8>, String> {
    let path = dir.join(file);
    let file = brief(file);
    let meta = path.symlink_metadata().map_err(|error| format!("cannot read {file}: {error}"))?;
    if !meta.is_file() {
        return Err(format!("{file} is a link or no file"));
    }
    let bytes = load(&path, BLOB_CAP).map_err(|error| match error {
        LoadError::TooLarge(_) => {
            format!("{file} is larger than a table of 256 entries, the most that KVM takes")
        }
        error => format!("cannot read {file}: {error}"),
    })?;
    let actual = digest::sha256(&bytes);
    if actual != sha256 {
        return Err(format!("{file} has SHA-256 {actual}, the manifest says {}", brief(sha256)));
    }
    Ok(bytes)
}
