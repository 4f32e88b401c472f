//! What a host offers: its profile as a file, and live capture.

mod model;

pub use model::{Capabilities, CpusPart, HostProfile, KvmPart, NumaNode, NumaPart, Origin, OriginKind};
