//! The types of the language, version 1. Plain data: a spec can be built in Rust as well as read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CpuList, DiePath, Size};
use crate::cpuid::Vendor;
use crate::yaml;

/// A virtual machine's CPU topology.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Spec {
    /// The version of the language: 1.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// A name for the machine: 1 to 64 letters, digits, `.`, `_` and `-`. Output directories are called by it.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))]
    pub name: Option<String>,
    /// How many of each there are.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub topology: Option<Topology>,
    /// The caches. Left out: the host's, their sharing recomputed for this guest.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub caches: Option<Caches>,
    /// NUMA nodes. Left out: the machine has none.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub numa: Option<Numa>,
    /// What kind of CPU the guest sees.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Cpu>,
    /// What the machine below must really provide.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub host: Option<Host>,
    /// What the virtual machine monitor will do.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub vmm: Option<Vmm>,
}

/// Counts, each per parent. What is left out is 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Topology {
    /// Sockets of the machine.
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub sockets: Option<u32>,
    /// Die groups of a socket (Intel only: leaf 1FH type 6).
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub die_groups: Option<u32>,
    /// Dies of a die group or socket (Intel: leaf 1FH type 5; AMD: the CCD).
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub dies: Option<u32>,
    /// Complexes of a die: cores that share an L3 (AMD only: the CCX).
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub complexes: Option<u32>,
    /// Tiles of a die (Intel only: leaf 1FH type 4).
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub tiles: Option<u32>,
    /// Modules of a tile or die: cores that share an L2 (Intel only: leaf 1FH type 3).
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub modules: Option<u32>,
    /// Cores of the next level outward that is given.
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub cores: Option<u32>,
    /// Threads of a core: 1, 2 or 4.
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub threads: Option<u32>,
}

/// The caches. A cache or a property that is left out is the host's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Caches {
    /// Level 1 data cache.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub l1d: Option<Cache>,
    /// Level 1 instruction cache.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub l1i: Option<Cache>,
    /// Level 2 cache.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub l2: Option<Cache>,
    /// Level 3 cache.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub l3: Option<Cache>,
}

/// One cache.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// Size of one instance, with a binary unit: `48KiB`, `2MiB`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Ways of associativity.
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub ways: Option<u32>,
    /// Bytes of a line.
    #[serde(deserialize_with = "yaml::count", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub line: Option<u32>,
    /// The level whose threads share one instance.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub shared_by: Option<CacheLevel>,
}

/// A level that shares a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CacheLevel {
    /// Each thread has its own.
    Thread,
    /// The threads of a core.
    Core,
    /// The cores of a module.
    Module,
    /// The modules of a tile.
    Tile,
    /// The cores of a complex.
    Complex,
    /// All of a die.
    Die,
    /// All of a die group.
    DieGroup,
    /// All of a socket.
    Socket,
}

/// NUMA nodes: a list of them, or one per socket or die.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Numa {
    /// The nodes, in order of their numbers.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Vec<Node>>,
    /// One node per socket or per die, in place of `nodes`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub per: Option<NodePer>,
    /// Memory of each node, with `per`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub memory: Option<Size>,
    /// The SLIT: row i, column j is the distance from node i to node j; 10 on the diagonal.
    #[serde(deserialize_with = "yaml::table", skip_serializing_if = "Option::is_none")]
    pub distances: Option<Vec<Vec<u32>>>,
}

/// What has one node each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodePer {
    /// Each socket.
    Socket,
    /// Each die.
    Die,
}

/// One node. Its CPUs are named by sockets, by dies or by vCPUs; without any, it has memory alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Node {
    /// Sockets by index.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub sockets: Option<Vec<u32>>,
    /// Dies as `socket/die`, such as `0/1`.
    #[serde(deserialize_with = "yaml::list", skip_serializing_if = "Option::is_none")]
    pub dies: Option<Vec<DiePath>>,
    /// vCPUs by index, such as `0-7`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub vcpus: Option<CpuList>,
    /// Memory, with a binary unit: `64GiB`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub memory: Option<Size>,
}

/// What kind of CPU the guest sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cpu {
    /// The vendor. Left out: the host profile's.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Vendor>,
    /// What the hypervisor offers to the guest.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub hypervisor: Option<Hypervisor>,
}

/// What the hypervisor offers to the guest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Hypervisor {
    /// 15-bit destination IDs in MSIs and the I/O APIC (`KVM_FEATURE_MSI_EXT_DEST_ID`). The VMM must decode them.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub msi_ext_dest_id: Option<bool>,
}

/// What the machine below must really provide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Host {
    /// How true to the host the guest's shape must be. Left out: `counts`, as warnings.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub fidelity: Option<Fidelity>,
}

/// How true to the host the guest's shape must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fidelity {
    /// The host has enough CPUs and memory.
    Counts,
    /// Nothing is asked of the host's shape or size: overcommit.
    None,
}

/// What the virtual machine monitor will do. Rules on large machines need to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Vmm {
    /// Who emulates the local APIC. Left out: `kernel`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub irqchip: Option<Irqchip>,
    /// Whether vCPUs are in x2APIC mode when the guest kernel starts. Left out: unknown, taken as no.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub x2apic_at_boot: Option<bool>,
    /// Whether the guest gets an IOMMU that remaps interrupts. Left out: no.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub interrupt_remapping: Option<bool>,
}

/// Who emulates the interrupt controllers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Irqchip {
    /// KVM emulates all of them (`KVM_CREATE_IRQCHIP`).
    #[default]
    Kernel,
    /// KVM emulates the local APIC, the VMM the rest (`KVM_CAP_SPLIT_IRQCHIP`).
    Split,
    /// The VMM emulates all of them.
    User,
}
