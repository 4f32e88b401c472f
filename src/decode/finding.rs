//! What does not fit together in a table, or between the tables of one machine.

use std::collections::HashMap;
use std::fmt;

use serde::{Serialize, Serializer};

use super::set::CpuSet;

macro_rules! kinds {
    ($(#[doc = $doc:literal] $variant:ident = $name:literal,)*) => {
        /// What a finding is about. Names are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FindingKind { $(#[doc = $doc] $variant,)* }

        impl FindingKind {
            /// Every kind.
            pub const ALL: &[FindingKind] = &[$(FindingKind::$variant,)*];

            /// What it is about, in one line.
            pub fn summary(self) -> &'static str {
                match self { $(FindingKind::$variant => $doc.trim_start(),)* }
            }

            /// The stable name, in kebab case.
            pub const fn name(self) -> &'static str {
                match self { $(FindingKind::$variant => $name,)* }
            }
        }
    };
}

kinds! {
    /// Two vCPUs have one x2APIC ID
    ApicIdTwice = "apic-id-twice",
    /// Leaves disagree about the x2APIC ID
    ApicIdDiffers = "apic-id-differs",
    /// The 8-bit initial APIC ID is not the low byte of the x2APIC ID
    InitialApicIdDiffers = "initial-apic-id-differs",
    /// Vendor or signature differs between vCPUs
    SignatureDiffers = "signature-differs",
    /// Shifts or types of one leaf differ between vCPUs
    RowsDiffer = "rows-differ",
    /// A shift is smaller than the one before it
    ShiftDecreases = "shift-decreases",
    /// Domain types out of order, or one twice
    DomainOrder = "domain-order",
    /// Subleaf 0 is not of the innermost type, or the leaf is there but empty
    FirstRow = "first-row",
    /// `ECX[7:0]` is not the subleaf
    SubleafEcho = "subleaf-echo",
    /// No entry that ends the subleaves
    NoTerminator = "no-terminator",
    /// A valid subleaf behind the one that ends the leaf, where no reader looks
    RowUnreachable = "row-unreachable",
    /// The core row, or the socket row of 80000026H, is missing
    RowMissing = "row-missing",
    /// Leaves disagree about the shift to the package
    PackageShiftDiffers = "package-shift-differs",
    /// Leaves disagree about the shift to the core
    CoreShiftDiffers = "core-shift-differs",
    /// A type that the leaf does not know
    DomainTypeUnknown = "domain-type-unknown",
    /// A count is beyond its IDs, or smaller than the one before it
    CountImplausible = "count-implausible",
    /// A count is not the number of vCPUs that lie there
    CountNotPopulation = "count-not-population",
    /// More than one thread per core, but no ID bit for them
    ThreadsWithoutBit = "threads-without-bit",
    /// The maximum basic leaf reaches 1FH, which is empty
    Leaf1fEmpty = "leaf-1f-empty",
    /// AMD does not have leaf 1FH
    Leaf1fOnAmd = "leaf-1f-on-amd",
    /// Reserved bits are set
    ReservedBits = "reserved-bits",
    /// `CPUID.(EAX=01H):EBX[23:16]` is not what the package makes it
    LogicalProcessorCount = "logical-processor-count",
    /// HTT contradicts the number of threads in the package
    Htt = "htt",
    /// Leaf 4's core field is not what the package makes it
    CoreIdsField = "core-ids-field",
    /// A cache type that the manuals do not have
    CacheTypeUnknown = "cache-type-unknown",
    /// The IDs that share a cache are no power of two
    CacheSpanUneven = "cache-span-uneven",
    /// The IDs that share a cache are those of no enumerated domain
    CacheSpanNoDomain = "cache-span-no-domain",
    /// A cache is shared by less than a core's threads, or by less than the level before it
    CacheSpanNarrows = "cache-span-narrows",
    /// A cache reaches beyond its package
    CacheBeyondPackage = "cache-beyond-package",
    /// An AMD cache reaches beyond its node
    CacheBeyondNode = "cache-beyond-node",
    /// Cache subleaves that say the same
    CacheRepeated = "cache-repeated",
    /// Two data or unified caches of one level
    CacheLevelTwice = "cache-level-twice",
    /// AMD's cache order is not L1D, L1I, L2, L3
    CacheOrder = "cache-order",
    /// Leaves 80000005H and 80000006H disagree with 8000001DH
    AmdCacheLeaves = "amd-cache-leaves",
    /// The L3 is not that of the complex
    L3NotComplex = "l3-not-complex",
    /// vCPUs that share a cache disagree about it
    CacheViewsDiffer = "cache-views-differ",
    /// TOPOEXT without the leaves it promises
    TopoextWithoutLeaves = "topoext-without-leaves",
    /// A Zen processor without TOPOEXT
    TopoextMissing = "topoext-missing",
    /// PerfCtrExtCore without TOPOEXT
    PerfctrWithoutTopoext = "perfctr-without-topoext",
    /// CmpLegacy contradicts the number of threads in the package
    CmpLegacy = "cmp-legacy",
    /// CmpLegacy or TOPOEXT on a vendor that has neither
    AmdFlagsElsewhere = "amd-flags-elsewhere",
    /// `CPUID.(EAX=80000008H):ECX[7:0]` is not the package's threads minus 1
    NcCount = "nc-count",
    /// 8000001EH disagrees about the threads of the core
    ThreadsPerCore = "threads-per-core",
    /// 8000001EH's CoreId is not the core field of the APIC ID
    CoreId = "core-id",
    /// Nodes per processor not 1, 2, 4, 8, or different within a package
    NodesPerProcessor = "nodes-per-processor",
    /// The node ID is not what package and APIC ID make it
    NodeId = "node-id",
    /// Core types without HYBRID, or HYBRID without a core type
    Hybrid = "hybrid",
    /// `KVM_SET_CPUID2` refuses the linear address width
    VirtualAddressBits = "virtual-address-bits",
    /// The entry's significant-index flag does not fit its leaf
    IndexFlag = "index-flag",
    /// The hypervisor bit without hypervisor leaves
    HypervisorLeaves = "hypervisor-leaves",
    /// No entry for leaf 0 or 80000000H
    RangeMissing = "range-missing",
    /// A leaf above the maximum of its range
    BeyondMaximumLeaf = "beyond-maximum-leaf",
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for FindingKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One inconsistency. Silicon has its own, so a finding never stops decoding; a table made to a spec has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about
    pub kind: FindingKind,
    /// One sentence with the registers in the manuals' spelling and both numbers
    pub message: String,
    /// The vCPUs whose tables say so; empty while a single table is read
    pub cpus: CpuSet,
}

impl Finding {
    /// A finding of a single table.
    pub(super) fn new(kind: FindingKind, message: String) -> Finding {
        Finding { kind, message, cpus: CpuSet::default() }
    }

    /// A finding that names its vCPUs.
    pub(super) fn of(kind: FindingKind, message: String, cpus: impl IntoIterator<Item = usize>) -> Finding {
        Finding { kind, message, cpus: cpus.into_iter().collect() }
    }
}

/// Findings of the same kind and words as one, in order of kind, then of the first vCPU.
pub(super) fn merge(findings: impl IntoIterator<Item = Finding>) -> Vec<Finding> {
    let mut merged: Vec<(FindingKind, String, Vec<usize>)> = Vec::new();
    let mut places: HashMap<(FindingKind, String), usize> = HashMap::new();
    for Finding { kind, message, cpus } in findings {
        let place = *places.entry((kind, message.clone())).or_insert_with(|| {
            merged.push((kind, message, Vec::new()));
            merged.len() - 1
        });
        if let Some((_, _, all)) = merged.get_mut(place) {
            all.extend(cpus.as_slice());
        }
    }
    let mut findings: Vec<Finding> =
        merged.into_iter().map(|(kind, message, cpus)| Finding::of(kind, message, cpus)).collect();
    findings.sort_by(|a, b| a.kind.cmp(&b.kind).then_with(|| a.cpus.cmp(&b.cpus)));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_kebab_case() {
        let names: std::collections::BTreeSet<_> = FindingKind::ALL.iter().map(|k| k.name()).collect();
        assert_eq!(names.len(), FindingKind::ALL.len());
        for name in names {
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{name}"
            );
        }
    }

    #[test]
    fn equal_findings_become_one() {
        let of = |kind, message: &str, cpu| Finding::of(kind, message.to_owned(), [cpu]);
        let merged = merge([
            of(FindingKind::NodeId, "b", 2),
            of(FindingKind::Htt, "a", 1),
            of(FindingKind::NodeId, "b", 3),
        ]);
        let shown: Vec<_> = merged.iter().map(|f| (f.kind, f.cpus.to_string())).collect();
        assert_eq!(shown, [(FindingKind::Htt, "1".to_owned()), (FindingKind::NodeId, "2-3".to_owned())]);
    }
}
