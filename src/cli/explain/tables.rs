//! The tables that `explain --in` reads, and the origins of their fields.

use std::path::Path;

use crate::cli::compiled::{self, ORIGINS_NAME};
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::inputs::name;
use crate::decode::Answers;
use crate::emit::{Manifest, Origins};
use crate::source::load;

/// The tables of a machine, by vCPU.
pub struct Tables {
    pub vcpus: Vec<Answers>,
    /// `None` for a table alone.
    pub manifest: Option<Manifest>,
    /// Why fields have their values, or why that is not known.
    pub origins: Result<Origins, String>,
}

/// Reads a compiled directory, or one table. Errors are told.
pub fn read(path: &Path, console: &Console) -> Option<Tables> {
    if !path.is_dir() {
        return one(path, console);
    }
    let (manifest, blobs) = match compiled::machine(path) {
        Ok(machine) => machine,
        Err(errors) => {
            errors.iter().for_each(|error| console.error(error, Exit::Findings));
            return None;
        }
    };
    let vcpus = blobs.iter().zip(0..).map(|(blob, vcpu)| answers(blob, path, vcpu, console));
    let vcpus = vcpus.collect::<Option<Vec<_>>>()?;
    let origins = compiled::origins(path).and_then(|origins| {
        let of_these = origins.are_of(&manifest);
        of_these.then_some(origins).ok_or_else(|| {
            format!("{} is of another compilation than the manifest", name(&path.join(ORIGINS_NAME)))
        })
    });
    Some(Tables { vcpus, manifest: Some(manifest), origins })
}

fn one(path: &Path, console: &Console) -> Option<Tables> {
    match load(path, compiled::BLOB_CAP) {
        Ok(bytes) => {
            let vcpus = vec![answers(&bytes, path, 0, console)?];
            let origins = Err("a table alone does not record it; its directory does".to_owned());
            Some(Tables { vcpus, manifest: None, origins })
        }
        Err(error) => {
            console.error(
                format!(
                    "cannot read {}: {error}\n  help: --in takes a directory that `topoc compile` wrote",
                    name(path)
                ),
                Exit::Usage,
            );
            None
        }
    }
}

fn answers(blob: &[u8], path: &Path, vcpu: u32, console: &Console) -> Option<Answers> {
    let answers = Answers::from_blob(blob);
    answers
        .map_err(|error| console.error(format!("{}: vCPU {vcpu}: {error}", name(path)), Exit::Findings))
        .ok()
}
