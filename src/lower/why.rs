//! Why a field has its value: what the pass that wrote it had in mind, without words and without the spec.
//!
//! It is recorded once a machine, beside the field; `compile` puts it into words and finds the places.

use crate::topology::{CacheKind, Domain};

/// Why a field has its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// It is the same in every guest, for this reason.
    Always(&'static str),
    /// How far the guest may look among the basic leaves.
    HighestBasicLeaf,
    /// How far the guest may look among the extended leaves.
    HighestExtendedLeaf,
    /// How far the guest may look in Centaur's range.
    HighestCentaurLeaf,
    /// The vendor's name.
    Vendor,
    /// Family, model and stepping.
    Signature,
    /// The brand string.
    Brand,
    /// Bits of a physical address.
    PhysicalBits,
    /// Bits of a linear address.
    LinearBits,
    /// Bits of a guest's physical address.
    GuestPhysicalBits,
    /// Leaf 1's count of the package: IDs on Intel, threads on AMD.
    LogicalProcessors,
    /// Whether a package has room for several threads (Intel) or several of them (AMD).
    SeveralThreads,
    /// What the local APIC can do: x2APIC mode, the deadline timer.
    LocalApic,
    /// The x2APIC ID, or its lowest bits.
    ApicId,
    /// The ratio of TSC and crystal.
    TscRatio,
    /// Base, highest or bus frequency.
    Frequency(&'static str),
    /// A property of one cache.
    Cache(WhichCache, CachePart),
    /// The IDs for cores in a package, beside each cache.
    CoreIds,
    /// The list of caches ends here.
    EndOfCaches,
    /// The L3s of the package together.
    L3s,
    /// The bits of an ID below those of a domain.
    Shift(Domain),
    /// The vCPUs in one of a domain.
    Population(Domain),
    /// The row of a leaf that lists levels: its number and its type.
    LevelRow,
    /// Whether instances of a domain have different numbers of threads.
    Uneven(Domain),
    /// Whether cores are of several types.
    Hybrid,
    /// The type of the vCPU's core.
    CoreType,
    /// The model of the vCPU's core.
    NativeModel,
    /// Whether the leaves of TopologyExtensions are there.
    TopologyExtensions,
    /// AMD's nodes of a package, or the number of one.
    Nodes,
    /// The number of a core in its package.
    CoreId,
    /// How far the guest may look among the hypervisor's leaves, and the hypervisor's name.
    HypervisorName,
    /// KVM's features.
    KvmFeatures,
    /// KVM's hints.
    KvmHints,
}

/// A cache as the leaf that tells of it has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhichCache {
    /// That of a subleaf.
    At(u32),
    /// That of a level and kind.
    Of(u8, CacheKind),
}

/// What of a cache a field tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CachePart {
    /// That it is there, of which level and kind: also what is the same of every cache.
    Existence,
    /// Who shares one.
    Sharing,
    /// Whether any line can stand anywhere.
    FullyAssociative,
    /// Bytes of a line.
    Line,
    /// Line partitions.
    Partitions,
    /// Ways.
    Ways,
    /// Sets.
    Sets,
    /// Size.
    Size,
    /// The bits of EDX.
    Properties,
}
