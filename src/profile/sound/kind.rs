//! What a fault is about: a table of names, each with what it means and what is left without it.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! kinds {
    ($(#[doc = $doc:literal] $variant:ident = $name:literal, $level:literal, $kept:literal;)*) => {
        /// What a fault is about. Names are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FaultKind { $(#[doc = $doc] $variant,)* }

        impl FaultKind {
            /// Every kind, in the order in which they are told.
            pub const ALL: &[FaultKind] = &[$(FaultKind::$variant,)*];

            /// The stable name, in kebab case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(FaultKind::$variant => $name,)* }
            }

            /// What it is about, in one line.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(FaultKind::$variant => $doc.trim_start(),)* }
            }

            /// How bad it is, in words.
            #[must_use]
            pub const fn level(self) -> &'static str {
                match self { $(FaultKind::$variant => $level,)* }
            }

            /// What [`usable`](super::usable) leaves of the profile.
            #[must_use]
            pub const fn kept(self) -> &'static str {
                match self { $(FaultKind::$variant => $kept,)* }
            }
        }
    };
}

kinds! {
    /// The profile has CPUID neither of its CPUs nor of KVM
    NoCpuid = "no-cpuid", "an error", "nothing more than it was";
    /// Leaf 0 has no maximum, or no vendor's name that can be read
    LeafZeroCorrupt = "leaf-0-corrupt", "an error", "the CPUs whose leaf 0 can be read";
    /// A vendor that topoc has no rules for
    VendorUnknown = "vendor-unknown", "an error", "all of it: nothing compiles for such a host";
    /// CPUs of several vendors in one machine
    VendorsDiffer = "vendors-differ", "an error", "the CPUs of the first one's vendor";
    /// KVM's table is of another vendor than the CPUs
    KvmVendorDiffers = "kvm-vendor-differs", "an error", "the CPUs without KVM's tables";
    /// All CPUs have one x2APIC ID: each was read on the same CPU, or the IDs were taken out
    OneId = "one-id", "an error", "the first CPU";
    /// CPUs whose registers are all those of another CPU, x2APIC ID included
    CpusRepeat = "cpus-repeat", "an error", "the CPUs that repeat none";
    /// CPUs with unlike registers that have one x2APIC ID
    IdsCollide = "ids-collide", "an error", "of each ID the first CPU";
    /// Registers of one CPU with the x2APIC IDs of several
    IdsMixed = "ids-mixed", "an error", "the CPUs whose registers agree, or the first where none do";
    /// Registers that ought to hold the x2APIC ID are 0, and others hold it
    IdsMasked = "ids-masked", "an error where readers look there and there are several CPUs, else a warning",
        "all CPUs, with the ID put back";
    /// Two registers differ by one number about the x2APIC ID of every CPU
    IdsOffset = "ids-offset", "a warning", "all of it: firmware of real machines does this";
    /// Topology leaves cut the IDs of some CPUs at other bits
    LevelsDiffer = "levels-differ", "an error", "the CPUs that agree with the first";
    /// Family, model or stepping differs between CPUs
    SignaturesDiffer = "signatures-differ", "a warning", "all of it: boards with processors of two steppings exist";
    /// A list of subleaves that does not end
    ListEndless = "list-endless", "an error", "all other leaves";
    /// A leaf that the maximum reaches and that such processors have, absent or zeros
    LeafMissing = "leaf-missing", "a warning", "all of it";
    /// Subleaves that their leaf promises, absent or zeros
    SubleafMissing = "subleaf-missing", "a warning", "all of it";
    /// Leaves beyond the maximum that repeat the highest basic leaf
    LeafAliased = "leaf-aliased", "a warning", "all other leaves";
    /// Fewer CPUs than the topology leaves count
    CpusMissing = "cpus-missing", "a warning", "all of it";
    /// More CPUs than the topology leaves count
    CpusUncounted = "cpus-uncounted", "a warning", "all of it";
    /// Two nodes of one number
    NodeTwice = "node-twice", "an error", "the first of them";
    /// A CPU in two nodes
    CpuInTwoNodes = "cpu-in-two-nodes", "an error", "the CPU in the first of them";
    /// Nodes name CPUs that are not online
    NodeCpuOffline = "node-cpu-offline", "a warning", "the nodes with the CPUs that are online";
    /// Online CPUs that are in no node
    CpuWithoutNode = "cpu-without-node", "a warning", "all of it";
    /// Distances that are not a row and a column for each node
    DistancesNotSquare = "distances-not-square", "an error", "the nodes without distances";
    /// Distances that a SLIT cannot have
    DistancesNotSlit = "distances-not-slit", "an error", "the nodes without distances";
    /// A distance that is another one on the way back
    DistancesAsymmetric = "distances-asymmetric", "a warning", "all of it: firmware may say so";
    /// The capture says itself that it could not read something
    Unread = "unread", "a warning", "all of it";
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for FaultKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
