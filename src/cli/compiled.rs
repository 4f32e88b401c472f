//! Reading a compiled directory back: nothing in its manifest is trusted.

use std::path::Path;

use super::inputs::name;
use crate::emit::{Manifest, digest};
use crate::source::load;

/// The largest blob: KVM takes 256 entries of 40 bytes behind a header of 8.
pub const BLOB_CAP: u64 = 8 + 256 * 40;

/// A manifest larger than this is none of topoc's.
pub const MANIFEST_CAP: u64 = 1 << 30;

/// The name of the manifest in its directory.
pub const MANIFEST_NAME: &str = "manifest.json";

/// The blobs of a compiled directory, by vCPU index.
///
/// # Errors
/// Every blob that cannot be read, is not the one that the manifest means, or is named so that it
/// would lie elsewhere.
pub fn blobs(dir: &Path) -> Result<Vec<Vec<u8>>, Vec<String>> {
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
    if errors.is_empty() { Ok(blobs) } else { Err(errors) }
}

fn manifest(path: &Path) -> Result<Manifest, String> {
    let bytes = load(path, MANIFEST_CAP).map_err(|error| format!("cannot read {}: {error}", name(path)))?;
    from_slice(&bytes).map_err(|error| format!("{}: {error}", name(path)))
}

/// Reads a manifest of this version.
///
/// # Errors
/// What is wrong with it.
pub fn from_slice(bytes: &[u8]) -> Result<Manifest, String> {
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|error| format!("not JSON: {error}"))?;
    match value.get("topoc_manifest").map(serde_json::Value::as_u64) {
        Some(Some(1)) => {}
        Some(_) => return Err("a manifest of another version; this topoc reads version 1".to_owned()),
        None => return Err("not a manifest of topoc: it has no `topoc_manifest`".to_owned()),
    }
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn blob(dir: &Path, file: &str, sha256: &str) -> Result<Vec<u8>, String> {
    if file.is_empty() || file.contains(['/', '\\', '\0']) || file == "." || file == ".." {
        return Err(format!("`{file}` is not a bare file name"));
    }
    let path = dir.join(file);
    let meta = path.symlink_metadata().map_err(|error| format!("cannot read {file}: {error}"))?;
    if !meta.is_file() {
        return Err(format!("{file} is a link or no file"));
    }
    let bytes = load(&path, BLOB_CAP).map_err(|error| format!("cannot read {file}: {error}"))?;
    let actual = digest::sha256(&bytes);
    if actual != sha256 {
        return Err(format!("{file} has SHA-256 {actual}, the manifest says {sha256}"));
    }
    Ok(bytes)
}
