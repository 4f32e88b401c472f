//! Bytes to what a guest would conclude: the second opinion. Shares no code with the encoder, not even the
//! vocabulary of `crate::cpuid`, so that no mistake can agree with itself.
//!
//! [`Answers`] is one vCPU's CPUID, from a blob or a capture; [`cpu()`] reads one table by its vendor's manual
//! (Intel SDM Vol. 2A and 3A, AMD APM Vol. 3 appendix E); [`machine()`] puts the tables of all vCPUs together, and [`host()`]
//! those of a host's CPUs under its kernel's numbers. What contradicts itself becomes a [`Finding`] and never stops the reading: silicon has quirks, a table made to
//! a spec has none.

mod answers;
mod bits;
mod blob;
mod cache;
mod check;
mod cpu;
mod domain;
pub mod fields;
mod finding;
mod host;
mod machine;
mod names;
pub mod render;
mod rows;
mod set;
mod system;
mod vendor;

pub use answers::{Answers, Entry, Registers};
pub use blob::BlobError;
pub use cache::{Cache, CacheKind, CacheName, Window};
pub use cpu::{AmdNode, CoreType, Cpu, cpu};
pub use domain::{Domain, DomainShift, IdSource};
pub use finding::{Finding, FindingKind};
pub use host::{Host, NumaNode, host};
pub use machine::{Machine, Partition, Place, SharedCache, machine, part_of_machine};
pub use names::Names;
pub use rows::{LEAF_1F, LEAF_26, LEAF_B, Row};
pub use set::CpuSet;
pub use system::{System, system};
pub use vendor::{Signature, Vendor};
