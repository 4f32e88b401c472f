//! The fields that topoc writes: where each lies, and which pass owns it.
//!
//! Sources: SDM Vol. 1, chapter on CPUID; APM Vol. 3, appendix E; for the hypervisor leaves Linux
//! `Documentation/virt/kvm/x86/cpuid.rst`.

use std::fmt;

use super::{Key, Register};

/// The pass of lowering that writes a field. Each field has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// Leaves 0, 80000000H and C0000000H: maximum leaves.
    Maxima,
    /// Leaf 1, the signature elsewhere, the brand string, address widths.
    Identity,
    /// Leaves 15H and 16H.
    Clock,
    /// Leaves 2 and 4, 80000005H, 80000006H, 8000001DH.
    Caches,
    /// Leaves 0BH, 1FH and 80000026H.
    Levels,
    /// Leaf 1AH, and HYBRID of leaf 7.
    CoreTypes,
    /// AMD's 80000001H, 80000008H and 8000001EH.
    Amd,
    /// Leaves 40000000H and 40000001H.
    Hypervisor,
}

/// A named bit range of one register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The leaf.
    pub leaf: u32,
    /// The register.
    pub register: Register,
    /// The highest bit.
    pub high: u32,
    /// The lowest bit.
    pub low: u32,
    /// Who writes it.
    pub owner: Owner,
    /// What it says.
    pub name: &'static str,
}

impl Field {
    /// The largest value that fits.
    #[must_use]
    pub const fn max(&self) -> u32 {
        u32::MAX >> (31 - (self.high - self.low))
    }

    /// The field's bits in its register.
    #[must_use]
    pub const fn mask(&self) -> u32 {
        self.max() << self.low
    }

    /// The field of one entry as the manuals write it: `CPUID.(EAX=04H,ECX=3):EAX[25:14]`.
    #[must_use]
    pub const fn at(&self, subleaf: Option<u32>) -> Coordinate<'_> {
        Coordinate { field: self, subleaf }
    }

    /// The entry that holds the field.
    #[must_use]
    pub const fn key(&self, subleaf: Option<u32>) -> Key {
        Key { leaf: self.leaf, subleaf }
    }

    /// The field's value in a register's word.
    #[must_use]
    pub const fn get(&self, word: u32) -> u32 {
        (word & self.mask()) >> self.low
    }
}

/// Where a field lies, written as the manuals do.
#[derive(Clone, Copy, Debug)]
pub struct Coordinate<'a> {
    field: &'a Field,
    subleaf: Option<u32>,
}

impl fmt::Display for Coordinate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Field { leaf, register, high, low, .. } = self.field;
        match self.subleaf {
            Some(subleaf) => write!(f, "CPUID.(EAX={leaf:02X}H,ECX={subleaf}):{register}")?,
            None => write!(f, "CPUID.(EAX={leaf:02X}H):{register}")?,
        }
        if high == low { write!(f, "[{low}]") } else { write!(f, "[{high}:{low}]") }
    }
}

macro_rules! fields {
    ($($owner:ident { $($id:ident = $leaf:literal $register:ident [$high:literal : $low:literal] $name:literal;)* })*) => {
        $($(
            #[doc = concat!($name, ".")]
            pub const $id: Field = Field {
                leaf: $leaf,
                register: Register::$register,
                high: $high,
                low: $low,
                owner: Owner::$owner,
                name: $name,
            };
        )*)*

        /// Every field that topoc writes.
        pub const ALL: &[&Field] = &[$($(&$id),*),*];
    };
}

fields! {
    Maxima {
        MAX_LEAF = 0x0 Eax [31:0] "highest basic leaf";
        VENDOR_1 = 0x0 Ebx [31:0] "vendor, characters 1 to 4";
        VENDOR_3 = 0x0 Ecx [31:0] "vendor, characters 9 to 12";
        VENDOR_2 = 0x0 Edx [31:0] "vendor, characters 5 to 8";
        MAX_EXTENDED_LEAF = 0x8000_0000 Eax [31:0] "highest extended leaf";
        EXTENDED_VENDOR_1 = 0x8000_0000 Ebx [31:0] "vendor, characters 1 to 4 (AMD; Intel 0)";
        EXTENDED_VENDOR_3 = 0x8000_0000 Ecx [31:0] "vendor, characters 9 to 12 (AMD; Intel 0)";
        EXTENDED_VENDOR_2 = 0x8000_0000 Edx [31:0] "vendor, characters 5 to 8 (AMD; Intel 0)";
        MAX_CENTAUR_LEAF = 0xc000_0000 Eax [31:0] "highest leaf of Centaur's range";
    }
    Identity {
        SIGNATURE = 0x1 Eax [31:0] "family, model and stepping";
        BRAND_INDEX = 0x1 Ebx [7:0] "brand index";
        CLFLUSH_SIZE = 0x1 Ebx [15:8] "CLFLUSH line size in 8 bytes";
        LOGICAL_PROCESSORS = 0x1 Ebx [23:16] "addressable IDs (Intel) or threads (AMD) of the package";
        INITIAL_APIC_ID = 0x1 Ebx [31:24] "initial APIC ID";
        MONITOR = 0x1 Ecx [3:3] "MONITOR and MWAIT";
        X2APIC = 0x1 Ecx [21:21] "x2APIC";
        TSC_DEADLINE = 0x1 Ecx [24:24] "TSC deadline timer";
        OSXSAVE = 0x1 Ecx [27:27] "CR4.OSXSAVE";
        HYPERVISOR = 0x1 Ecx [31:31] "hypervisor present";
        APIC = 0x1 Edx [9:9] "local APIC";
        HTT = 0x1 Edx [28:28] "several addressable IDs in the package";
        EXTENDED_SIGNATURE = 0x8000_0001 Eax [31:0] "family, model and stepping (AMD; others 0)";
        CENTAUR_SIGNATURE = 0xc000_0001 Eax [31:0] "family, model and stepping (Zhaoxin)";
        BRAND_1 = 0x8000_0002 Eax [31:0] "brand string, characters 1 to 4";
        BRAND_2 = 0x8000_0002 Ebx [31:0] "brand string, characters 5 to 8";
        BRAND_3 = 0x8000_0002 Ecx [31:0] "brand string, characters 9 to 12";
        BRAND_4 = 0x8000_0002 Edx [31:0] "brand string, characters 13 to 16";
        BRAND_5 = 0x8000_0003 Eax [31:0] "brand string, characters 17 to 20";
        BRAND_6 = 0x8000_0003 Ebx [31:0] "brand string, characters 21 to 24";
        BRAND_7 = 0x8000_0003 Ecx [31:0] "brand string, characters 25 to 28";
        BRAND_8 = 0x8000_0003 Edx [31:0] "brand string, characters 29 to 32";
        BRAND_9 = 0x8000_0004 Eax [31:0] "brand string, characters 33 to 36";
        BRAND_10 = 0x8000_0004 Ebx [31:0] "brand string, characters 37 to 40";
        BRAND_11 = 0x8000_0004 Ecx [31:0] "brand string, characters 41 to 44";
        BRAND_12 = 0x8000_0004 Edx [31:0] "brand string, characters 45 to 48";
        PHYSICAL_BITS = 0x8000_0008 Eax [7:0] "bits of a physical address";
        LINEAR_BITS = 0x8000_0008 Eax [15:8] "bits of a linear address";
        GUEST_PHYSICAL_BITS = 0x8000_0008 Eax [23:16] "bits of a guest's physical address; 0: as of a physical one";
    }
    Clock {
        TSC_DENOMINATOR = 0x15 Eax [31:0] "TSC to crystal ratio, denominator";
        TSC_NUMERATOR = 0x15 Ebx [31:0] "TSC to crystal ratio, numerator";
        CRYSTAL = 0x15 Ecx [31:0] "crystal clock in Hz";
        BASE_FREQUENCY = 0x16 Eax [15:0] "base frequency in MHz";
        MAX_FREQUENCY = 0x16 Ebx [15:0] "maximum frequency in MHz";
        BUS_FREQUENCY = 0x16 Ecx [15:0] "bus frequency in MHz";
    }
    Caches {
        DESCRIPTORS_EAX = 0x2 Eax [31:0] "cache and TLB descriptors";
        DESCRIPTORS_EBX = 0x2 Ebx [31:0] "cache and TLB descriptors";
        DESCRIPTORS_ECX = 0x2 Ecx [31:0] "cache and TLB descriptors";
        DESCRIPTORS_EDX = 0x2 Edx [31:0] "cache and TLB descriptors";
        CACHE_TYPE = 0x4 Eax [4:0] "cache type";
        CACHE_LEVEL = 0x4 Eax [7:5] "cache level";
        CACHE_SELF_INIT = 0x4 Eax [8:8] "self-initialising";
        CACHE_FULLY_ASSOCIATIVE = 0x4 Eax [9:9] "fully associative";
        CACHE_SHARING = 0x4 Eax [25:14] "addressable IDs sharing this cache, minus 1";
        CACHE_CORES = 0x4 Eax [31:26] "addressable core IDs of the package, minus 1";
        CACHE_LINE = 0x4 Ebx [11:0] "line size, minus 1";
        CACHE_PARTITIONS = 0x4 Ebx [21:12] "partitions, minus 1";
        CACHE_WAYS = 0x4 Ebx [31:22] "ways, minus 1";
        CACHE_SETS = 0x4 Ecx [31:0] "sets, minus 1";
        CACHE_PROPERTIES = 0x4 Edx [2:0] "write-back invalidate, inclusive, complex indexing";
        L1D_SIZE = 0x8000_0005 Ecx [31:24] "L1 data cache size in KiB";
        L1D_WAYS = 0x8000_0005 Ecx [23:16] "L1 data cache associativity";
        L1D_LINES_PER_TAG = 0x8000_0005 Ecx [15:8] "L1 data cache lines per tag";
        L1D_LINE = 0x8000_0005 Ecx [7:0] "L1 data cache line size";
        L1I_SIZE = 0x8000_0005 Edx [31:24] "L1 instruction cache size in KiB";
        L1I_WAYS = 0x8000_0005 Edx [23:16] "L1 instruction cache associativity";
        L1I_LINES_PER_TAG = 0x8000_0005 Edx [15:8] "L1 instruction cache lines per tag";
        L1I_LINE = 0x8000_0005 Edx [7:0] "L1 instruction cache line size";
        L2_SIZE = 0x8000_0006 Ecx [31:16] "L2 cache size in KiB";
        L2_WAYS = 0x8000_0006 Ecx [15:12] "L2 cache associativity, encoded";
        L2_LINES_PER_TAG = 0x8000_0006 Ecx [11:8] "L2 cache lines per tag";
        L2_LINE = 0x8000_0006 Ecx [7:0] "L2 cache line size";
        L3_SIZE = 0x8000_0006 Edx [31:18] "L3 cache size of the package in 512 KiB";
        L3_WAYS = 0x8000_0006 Edx [15:12] "L3 cache associativity, encoded";
        L3_LINES_PER_TAG = 0x8000_0006 Edx [11:8] "L3 cache lines per tag";
        L3_LINE = 0x8000_0006 Edx [7:0] "L3 cache line size";
        AMD_CACHE_TYPE = 0x8000_001d Eax [4:0] "cache type";
        AMD_CACHE_LEVEL = 0x8000_001d Eax [7:5] "cache level";
        AMD_CACHE_SELF_INIT = 0x8000_001d Eax [8:8] "self-initialising";
        AMD_CACHE_FULLY_ASSOCIATIVE = 0x8000_001d Eax [9:9] "fully associative";
        AMD_CACHE_SHARING = 0x8000_001d Eax [25:14] "threads sharing this cache, minus 1";
        AMD_CACHE_LINE = 0x8000_001d Ebx [11:0] "line size, minus 1";
        AMD_CACHE_PARTITIONS = 0x8000_001d Ebx [21:12] "partitions, minus 1";
        AMD_CACHE_WAYS = 0x8000_001d Ebx [31:22] "ways, minus 1";
        AMD_CACHE_SETS = 0x8000_001d Ecx [31:0] "sets, minus 1";
        AMD_CACHE_PROPERTIES = 0x8000_001d Edx [1:0] "write-back invalidate, inclusive";
    }
    Levels {
        LEVEL_SHIFT = 0xb Eax [4:0] "bits to the next level's ID";
        LEVEL_COUNT = 0xb Ebx [15:0] "threads at this level";
        LEVEL_SUBLEAF = 0xb Ecx [7:0] "subleaf";
        LEVEL_TYPE = 0xb Ecx [15:8] "level type";
        LEVEL_ID = 0xb Edx [31:0] "x2APIC ID";
        LEVEL_2_SHIFT = 0x1f Eax [4:0] "bits to the next level's ID";
        LEVEL_2_COUNT = 0x1f Ebx [15:0] "threads at this level";
        LEVEL_2_SUBLEAF = 0x1f Ecx [7:0] "subleaf";
        LEVEL_2_TYPE = 0x1f Ecx [15:8] "level type";
        LEVEL_2_ID = 0x1f Edx [31:0] "x2APIC ID";
        AMD_LEVEL_SHIFT = 0x8000_0026 Eax [4:0] "bits to the next level's ID";
        AMD_LEVEL_RANKED = 0x8000_0026 Eax [29:29] "efficiency ranking available";
        AMD_LEVEL_HETEROGENEOUS = 0x8000_0026 Eax [30:30] "core types differ";
        AMD_LEVEL_ASYMMETRIC = 0x8000_0026 Eax [31:31] "components have different numbers of threads";
        AMD_LEVEL_COUNT = 0x8000_0026 Ebx [15:0] "threads at this level";
        AMD_EFFICIENCY_RANK = 0x8000_0026 Ebx [23:16] "efficiency ranking of the core";
        AMD_NATIVE_MODEL = 0x8000_0026 Ebx [27:24] "native model of the core";
        AMD_CORE_TYPE = 0x8000_0026 Ebx [31:28] "type of the core";
        AMD_LEVEL_SUBLEAF = 0x8000_0026 Ecx [7:0] "subleaf";
        AMD_LEVEL_TYPE = 0x8000_0026 Ecx [15:8] "level type";
        AMD_LEVEL_ID = 0x8000_0026 Edx [31:0] "extended APIC ID";
    }
    CoreTypes {
        HYBRID = 0x7 Edx [15:15] "HYBRID: cores of several types";
        NATIVE_MODEL = 0x1a Eax [23:0] "native model of the core";
        CORE_TYPE = 0x1a Eax [31:24] "type of the core";
    }
    Amd {
        CMP_LEGACY = 0x8000_0001 Ecx [1:1] "CmpLegacy: several threads in the package";
        TOPOLOGY_EXTENSIONS = 0x8000_0001 Ecx [22:22] "TopologyExtensions: 8000001DH and 8000001EH are there";
        PACKAGE_THREADS = 0x8000_0008 Ecx [7:0] "NC: threads of the package, minus 1";
        APIC_ID_SIZE = 0x8000_0008 Ecx [15:12] "ApicIdSize: ID bits within the package";
        EXTENDED_APIC_ID = 0x8000_001e Eax [31:0] "extended APIC ID";
        CORE_ID = 0x8000_001e Ebx [7:0] "core ID";
        THREADS_PER_CORE = 0x8000_001e Ebx [15:8] "threads of the core, minus 1";
        NODE_ID = 0x8000_001e Ecx [7:0] "node ID";
        NODES_PER_PROCESSOR = 0x8000_001e Ecx [10:8] "nodes of the package, minus 1";
    }
    Hypervisor {
        MAX_HYPERVISOR_LEAF = 0x4000_0000 Eax [31:0] "highest hypervisor leaf";
        HYPERVISOR_1 = 0x4000_0000 Ebx [31:0] "hypervisor's signature, characters 1 to 4";
        HYPERVISOR_2 = 0x4000_0000 Ecx [31:0] "hypervisor's signature, characters 5 to 8";
        HYPERVISOR_3 = 0x4000_0000 Edx [31:0] "hypervisor's signature, characters 9 to 12";
        KVM_FEATURES = 0x4000_0001 Eax [31:0] "KVM's features";
        KVM_HINTS = 0x4000_0001 Edx [31:0] "KVM's hints";
    }
}

/// The brand string's fields, four characters each.
pub const BRAND: [&Field; 12] = [
    &BRAND_1, &BRAND_2, &BRAND_3, &BRAND_4, &BRAND_5, &BRAND_6, &BRAND_7, &BRAND_8, &BRAND_9, &BRAND_10,
    &BRAND_11, &BRAND_12,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_read_as_in_the_manuals() {
        assert_eq!(CACHE_SHARING.at(Some(3)).to_string(), "CPUID.(EAX=04H,ECX=3):EAX[25:14]");
        assert_eq!(HTT.at(None).to_string(), "CPUID.(EAX=01H):EDX[28]");
        assert_eq!(NODE_ID.at(None).to_string(), "CPUID.(EAX=8000001EH):ECX[7:0]");
    }

    #[test]
    fn masks_follow_from_the_bits() {
        assert_eq!((CACHE_SHARING.max(), CACHE_SHARING.mask()), (0xfff, 0x03ff_c000));
        assert_eq!((MAX_LEAF.max(), HTT.mask()), (u32::MAX, 1 << 28));
        assert_eq!(CACHE_SHARING.get(0x7c03_c163), 15);
    }

    /// Two fields that share a bit would have two owners of it.
    #[test]
    fn no_bit_belongs_to_two_fields() {
        for (i, a) in ALL.iter().enumerate() {
            for b in &ALL[i + 1..] {
                let same = (a.leaf, a.register) == (b.leaf, b.register);
                assert!(!same || a.mask() & b.mask() == 0, "{} and {}", a.name, b.name);
            }
        }
    }
}
