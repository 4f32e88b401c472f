//! The spec as its author wrote it: everything optional, nothing resolved.

mod model;
mod values;

pub use model::{
    Cache, CacheLevel, Caches, Cpu, Fidelity, Host, Hypervisor, Irqchip, Node, NodePer, Numa, Spec, Topology,
    Vmm,
};
pub use values::{CpuList, DiePath, ParseValueError, Size};
