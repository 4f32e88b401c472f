//! The hosts that the examples are compiled for, and what is asked of them. It is taken from the vendors' manuals
//! and the processors' own tables, not from the compiler.

use super::Property;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// Who made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    Intel,
    Amd,
    Hygon,
    Zhaoxin,
    Centaur,
}

/// A host.
#[derive(Debug)]
pub struct Host {
    pub name: &'static str,
    /// What the page calls it.
    pub word: &'static str,
    pub vendor: Vendor,
    /// Of the leaves that not all have and that name levels or nodes, those it has.
    pub leaves: &'static [u32],
    /// What shares an L2, where the guest has it; else the core does.
    pub l2: Property,
    /// What shares an L3, where the guest has it; else the die does. `None` without an L3.
    pub l3: Option<Property>,
    /// L1d, L1i, L2, L3 in bytes, as CPUID has them: an L3 is less what a probe filter takes.
    pub caches: [u64; 4],
    /// The same of its efficiency cores, where they are others.
    pub efficiency: Option<[u64; 4]>,
    /// IDs of an L3 at the least, where there are several.
    pub l3_ids: u32,
    /// The examples that it reads, each with what it is for; without any, all that compile.
    pub examples: &'static [(&'static str, &'static str)],
    /// Examples that it leaves to others.
    pub leaves_out: &'static [&'static str],
}

impl Host {
    /// Whether the tables have AMD's leaves: 80000008H for the package, and no leaf 4.
    pub const fn is_amd_like(&self) -> bool {
        matches!(self.vendor, Vendor::Amd | Vendor::Hygon)
    }

    /// Whether CPUID tells of nodes.
    pub fn tells_nodes(&self) -> bool {
        self.leaves.contains(&0x8000_001e)
    }

    /// Whether the example is for it.
    pub fn reads(&self, example: &str) -> bool {
        let is_for_it = self.examples.is_empty() || self.examples.iter().any(|(name, _)| *name == example);
        is_for_it && !self.leaves_out.contains(&example)
    }
}

const INTEL: Host = Host {
    name: "two-socket-intel-xeon-8480plus",
    word: "Xeon 8480+",
    vendor: Vendor::Intel,
    leaves: &[0xb, 0x1f],
    l2: Property::Cores,
    l3: Some(Property::Dies),
    caches: [48 * KIB, 32 * KIB, 2 * MIB, 105 * MIB],
    efficiency: None,
    l3_ids: 1,
    examples: &[],
    leaves_out: &[],
};

const AMD: Host = Host {
    name: "two-socket-amd-epyc-9654",
    word: "EPYC 9654",
    vendor: Vendor::Amd,
    leaves: &[0xb, 0x8000_001e, 0x8000_0026],
    l3: Some(Property::Complexes),
    caches: [32 * KIB, 32 * KIB, MIB, 32 * MIB],
    ..INTEL
};

/// Their shape is another example's: they are there for features, identity, nodes of memory or placement, and two hosts
/// read them.
pub const OF_NO_SHAPE: &[&str] = &[
    "far-memory",
    "fleet",
    "four-sockets",
    "freebsd",
    "level-2",
    "level-3",
    "memory-only-node",
    "named-xeon",
    "no-avx512",
    "pinned",
    "real-time",
    "two-sockets-smt",
    "two-tiers",
    "windows-desktop",
    "windows-server",
];

const PLAIN: (&str, &str) = ("plain-cores", "sockets whose count of cores is no power of two");
const FOUR: (&str, &str) = ("four-sockets", "more packages than the host has");
const UNI: (&str, &str) = ("uniprocessor", "one vCPU");

/// Of Intel and AMD one with all the leaves there are, and one from before 1FH and 80000026H; then the
/// other vendors, and AMD before Zen with and without TopologyExtensions.
pub static HOSTS: [Host; 11] = [
    INTEL,
    Host {
        name: "two-socket-intel-xeon-gold-6140",
        word: "Xeon 6140",
        leaves: &[0xb],
        caches: [32 * KIB, 32 * KIB, MIB, 99 * MIB / 4],
        leaves_out: OF_NO_SHAPE,
        ..INTEL
    },
    AMD,
    Host {
        name: "two-socket-amd-epyc-7742",
        word: "EPYC 7742",
        leaves: &[0xb, 0x8000_001e],
        caches: [32 * KIB, 32 * KIB, 512 * KIB, 16 * MIB],
        leaves_out: OF_NO_SHAPE,
        ..AMD
    },
    Host {
        name: "two-socket-hygon-c86-7185",
        word: "C86 7185",
        vendor: Vendor::Hygon,
        leaves: &[0xb, 0x8000_001e],
        caches: [32 * KIB, 64 * KIB, 512 * KIB, 8 * MIB],
        l3_ids: 8,
        examples: &[
            ("hygon-complexes", "made for it"),
            ("hygon-two-complexes", "names its vendor"),
            ("kaisheng-clusters", "complexes whose field is widened"),
            ("numa-per-die", "dies, and nodes that are dies"),
            ("large-288", "IDs beyond eight bits"),
            PLAIN,
        ],
        ..AMD
    },
    Host {
        name: "two-socket-zhaoxin-kh-40000",
        word: "KH-40000",
        vendor: Vendor::Zhaoxin,
        l3: Some(Property::Complexes),
        caches: [32 * KIB, 64 * KIB, 256 * KIB, 8 * MIB],
        examples: &[
            ("kaisheng-clusters", "made for it"),
            ("zhaoxin-split-irqchip", "names its vendor"),
            ("hygon-complexes", "complexes and sockets, with threads"),
            ("numa-per-die", "dies, with threads"),
            ("large-288", "IDs beyond eight bits"),
            PLAIN,
        ],
        ..INTEL
    },
    Host {
        name: "one-socket-centaur-zx-d-4600",
        word: "ZX-D 4600",
        vendor: Vendor::Centaur,
        leaves: &[0xb],
        l2: Property::Modules,
        l3: None,
        caches: [32 * KIB, 32 * KIB, 4 * MIB, 0],
        examples: &[
            ("zx-d-pairs", "made for it"),
            ("centaur-user-irqchip", "names its vendor"),
            ("modules", "modules of cores with threads"),
            ("own-caches", "an L3 that the host does not have"),
            ("two-sockets-smt", "threads, and no modules"),
            PLAIN,
        ],
        ..INTEL
    },
    Host {
        name: "two-socket-amd-opteron-6274",
        word: "Opteron 6274",
        leaves: &[0x8000_001e],
        l3: Some(Property::Nodes),
        caches: [16 * KIB, 64 * KIB, 2 * MIB, 6 * MIB],
        examples: &[("opteron-nodes", "made for it"), PLAIN, FOUR, UNI],
        ..AMD
    },
    Host {
        name: "two-socket-amd-opteron-6164he",
        word: "Opteron 6164 HE",
        leaves: &[],
        l3: Some(Property::Packages),
        caches: [64 * KIB, 64 * KIB, 512 * KIB, 5 * MIB],
        examples: &[PLAIN, FOUR, UNI],
        ..AMD
    },
    // The L2 of its efficiency cores is of a module, and each performance core is a module of its own.
    Host {
        name: "one-socket-intel-core-i7-1370p",
        word: "i7-1370P",
        l2: Property::Modules,
        caches: [48 * KIB, 32 * KIB, 1280 * KIB, 24 * MIB],
        efficiency: Some([32 * KIB, 64 * KIB, 2 * MIB, 24 * MIB]),
        examples: &[
            ("raptor-lake", "made for it"),
            ("hybrid-intel", "modules and types of its own kind"),
            ("hybrid-caches", "caches of types that are not the host's"),
            ("low-power-island", "efficiency cores without modules, and without an L3"),
            ("uneven-dies", "cores of no type: they take after the first"),
            PLAIN,
        ],
        ..INTEL
    },
    Host {
        name: "one-socket-amd-ryzen-ai-9-hx-370",
        word: "Ryzen AI 9 HX 370",
        caches: [48 * KIB, 32 * KIB, MIB, 16 * MIB],
        efficiency: Some([48 * KIB, 32 * KIB, MIB, 8 * MIB]),
        examples: &[
            ("hybrid-amd", "made for it"),
            ("unlike-l3s", "unlike L3s that the spec says"),
            ("low-power-island", "types that share a die"),
            ("epyc-complexes", "cores of no type: they take after the first"),
            PLAIN,
        ],
        ..AMD
    },
];
