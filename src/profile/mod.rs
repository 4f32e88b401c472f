//! What a host offers: its profile as a file, and live capture.

mod assumed;
mod cpus;
mod file;
pub mod live;
mod model;

pub use assumed::{BaseError, BaseTable, MASK_VERSION, base_table};
pub use file::{MAX_BYTES, Mistake, ProfileError, VERSION, schema};
pub use model::{Capabilities, CpusPart, HostProfile, KvmPart, NumaNode, NumaPart, Origin, OriginKind};
