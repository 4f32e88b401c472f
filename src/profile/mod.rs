//! What a host offers: its profile as a file, and live capture.

mod assumed;
mod caches;
mod cpus;
mod file;
pub mod live;
mod model;
mod spans;
mod tables;

pub use assumed::{BaseError, BaseTable, MASK_VERSION, base_table};
pub use file::{MAX_BYTES, Mistake, ProfileError, VERSION, schema};
pub use live::{CaptureError, CaptureOptions, capture};
pub use model::{Capabilities, CpusPart, HostProfile, KvmPart, NumaNode, NumaPart, Origin, OriginKind};
pub use spans::spans_of;
pub use tables::answers;
