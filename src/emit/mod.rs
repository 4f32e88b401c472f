//! Tables to bytes, the manifest that goes with them, and the forms of other programs.

mod blob;
pub mod digest;
pub mod export;
#[cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
mod kvm;
mod manifest;
pub mod origins;
pub mod placement;
mod read;

pub use blob::{ENTRY_SIZE, HEADER_SIZE, Template, blob};
#[cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
pub use kvm::TooManyEntries;
pub use manifest::{
    Base, MANIFEST_VERSION, Manifest, ManifestNode, ManifestPlace, ManifestVcpu, Requires, file_name,
    manifest_schema,
};
pub(crate) use manifest::{nodes, place};
pub use origins::Origins;
pub use read::ManifestError;
