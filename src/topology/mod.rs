//! What the user meant: domains, places, nodes, IDs, caches. No option is left open here.

mod amd_nodes;
mod apic_id;
mod cache;
mod cache_sizes;
mod caches;
mod domain;
mod members;
mod native_models;
mod nodes;
mod order;
mod parts;
mod resolve;

pub use amd_nodes::{AmdNodes, Obstacle};
pub use apic_id::{Layout, Numbered, Shift, Width, WidthFault, X2ApicId};
pub use cache::{Cache, CacheKind, CacheOrigin, CachePath, Sharing};
pub use cache_sizes::{Sizes, Summary, instances};
pub use caches::{CacheFault, CacheList, Caches, HostCache};
pub use domain::Domain;
pub use members::Members;
pub use native_models::NativeModels;
pub use nodes::{DEFAULT_REMOTE_DISTANCE, DEFAULT_SOCKET_DISTANCE, MAX_NODES, Node};
pub use order::PlaceFault;
pub use parts::{Block, Misplaced};
pub use resolve::{MAX_VCPUS, Place, Topology, VcpuIndex};

pub use crate::spec::CoreType;
