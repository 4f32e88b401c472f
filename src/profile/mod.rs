//! What a host offers: its profile as a file, and live capture.

mod assumed;
mod caches;
mod cpus;
pub mod diff;
mod file;
pub mod import;
pub mod live;
mod model;
mod native_models;
mod prepared;
pub mod sound;
mod spans;
mod tables;

pub use assumed::{BaseError, BaseTable, MASK_VERSION, base_table};
pub use file::{MAX_BYTES, Mistake, ProfileError, VERSION, schema};
pub use live::{CaptureError, CaptureOptions, capture};
#[cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
pub(crate) use live::{kvm_module, open_kvm};
pub use model::{Capabilities, CpusPart, HostProfile, KvmPart, NumaNode, NumaPart, Origin, OriginKind};
pub use prepared::PreparedHost;
pub use spans::spans_of;
pub use tables::answers;
