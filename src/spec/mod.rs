//! The spec as its author wrote it: everything optional, nothing resolved.

mod language;
mod model;
mod name;
mod parse;
mod schema;
mod text;
mod values;

pub use model::{
    Cache, CacheLevel, CacheMode, Caches, Clock, CoreCaches, CoreType, Cpu, CpuModel, Distances,
    DistancesBySocket, Fidelity, Guest, GuestOs, Host, Hypervisor, IdBits, Identity, Irqchip, KvmFeature,
    KvmHint, Node, NodePer, Numa, Order, Part, Pin, Spec, Topology, TscRatio, Vmm,
};
pub use name::is_file_name;
pub use parse::{Failed, Parsed, parse};
pub use schema::schema;
pub use text::text;
pub use values::{
    ComplexPath, CpuList, DiePath, FeatureName, Frequency, KernelVersion, ParseValueError, PlacePath, Size,
};
