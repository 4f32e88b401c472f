//! What the fields mean that topoc writes: how their values are read, and which processors have them.

use super::Register;
use super::field::{self, Field, Owner};

/// How a field's value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// A number of these.
    Number(&'static str),
    /// A number of these, less 1.
    MinusOne(&'static str),
    /// A size, in units of this many bytes.
    Size(u64),
    /// Bytes, in units of this many.
    Bytes(u32),
    /// The number by which one of these is known.
    Index(&'static str),
    /// A frequency in this unit; 0 is not told.
    Frequency(&'static str),
    /// Set or not.
    Flag,
    /// An ID or a mask, read in hexadecimal.
    Hex,
    /// Four characters, the first in the lowest byte.
    Text,
    /// A code, and what each stands for.
    Codes(&'static [(u32, &'static str)]),
}

impl Encoding {
    /// How the value is encoded, as an end of a sentence.
    #[must_use]
    pub fn rule(self) -> String {
        match self {
            Self::Number(noun) => format!("the number of {noun}"),
            Self::MinusOne(noun) => format!("the number of {noun}, less 1"),
            Self::Size(unit) => format!("a size in units of {} KiB", unit >> 10),
            Self::Index(noun) => format!("the number of the {noun}"),
            Self::Bytes(1) => "bytes".to_owned(),
            Self::Bytes(unit) => format!("bytes in units of {unit}"),
            Self::Frequency(unit) => format!("a frequency in {unit}; 0 is not told"),
            Self::Flag => "1 is set, 0 is not".to_owned(),
            Self::Hex => "a number, best read in hexadecimal".to_owned(),
            Self::Text => "four characters, the first in the lowest byte".to_owned(),
            Self::Codes(codes) => {
                let codes: Vec<_> = codes.iter().map(|(code, words)| format!("{code} {words}")).collect();
                format!("a code: {}", codes.join(", "))
            }
        }
    }

    /// What a value says.
    #[must_use]
    pub fn words(self, value: u32) -> String {
        match self {
            Self::Number(noun) => counted(value.into(), noun),
            Self::MinusOne(noun) => counted(u64::from(value) + 1, noun),
            Self::Size(unit) => format!("{} KiB", u64::from(value) * (unit >> 10)),
            Self::Bytes(unit) => counted(u64::from(value) * u64::from(unit), "bytes"),
            Self::Index(noun) => format!("{noun} {value}"),
            Self::Frequency(_) if value == 0 => "not told".to_owned(),
            Self::Frequency(unit) => format!("{value} {unit}"),
            Self::Flag => if value == 0 { "not set" } else { "set" }.to_owned(),
            Self::Hex => format!("{value:#x}"),
            Self::Text => format!("\"{}\"", value.to_le_bytes().escape_ascii()),
            Self::Codes(codes) => {
                let known = codes.iter().find(|(code, _)| *code == value);
                known.map_or("a code of no meaning", |(_, words)| words).to_owned()
            }
        }
    }
}

/// A number with its noun, which stands in the plural.
fn counted(n: u64, nouns: &str) -> String {
    match (n, nouns.split_once(' ')) {
        (1, None) => format!("1 {}", nouns.strip_suffix('s').unwrap_or(nouns)),
        // The noun that is counted comes first, or behind an adjective.
        (1, Some(_)) => format!("1 {}", singular(nouns)),
        _ => format!("{n} {nouns}"),
    }
}

fn singular(nouns: &str) -> String {
    let mut done = false;
    let word = |word: &str| {
        let plural = word.strip_suffix('s').filter(|_| !done && !word.ends_with("ss") && word.len() > 2);
        done |= plural.is_some();
        plural.unwrap_or(word).to_owned()
    };
    nouns.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

const CACHE_TYPES: Encoding =
    Encoding::Codes(&[(0, "no more caches"), (1, "data"), (2, "instructions"), (3, "both")]);
const MEMBERS: Encoding = Encoding::Codes(&[
    (0, "no level: the end"),
    (1, "logical processor"),
    (2, "core"),
    (3, "module"),
    (4, "tile"),
    (5, "die"),
    (6, "die group"),
]);
const CONTAINERS: Encoding =
    Encoding::Codes(&[(0, "no level: the end"), (1, "core"), (2, "complex"), (3, "die"), (4, "socket")]);
const ASSOCIATIVITY: Encoding = Encoding::Codes(&[
    (0, "no cache"),
    (1, "1 way"),
    (2, "2 ways"),
    (3, "3 ways"),
    (4, "4 ways"),
    (5, "6 ways"),
    (6, "8 ways"),
    (7, "leaf 4 tells"),
    (8, "16 ways"),
    (9, "8000001DH tells"),
    (10, "32 ways"),
    (11, "48 ways"),
    (12, "64 ways"),
    (13, "96 ways"),
    (14, "128 ways"),
    (15, "fully associative"),
]);
const PROPERTIES: Encoding = Encoding::Codes(&[
    (0, "WBINVD reaches all who share it, not inclusive, sets by plain index"),
    (1, "WBINVD may not reach those who share it"),
    (2, "inclusive of the caches within it"),
    (3, "inclusive, and WBINVD may not reach those who share it"),
    (4, "sets picked by a hash"),
    (5, "sets picked by a hash, and WBINVD may not reach those who share it"),
    (6, "inclusive, sets picked by a hash"),
    (7, "inclusive, sets picked by a hash, and WBINVD may not reach those who share it"),
]);

/// Fields that are read alike, and what they are for.
const MEANINGS: &[(&[&Field], Encoding, &str)] = &[
    (
        &[&field::MAX_LEAF, &field::MAX_EXTENDED_LEAF, &field::MAX_CENTAUR_LEAF, &field::MAX_HYPERVISOR_LEAF],
        Encoding::Hex,
        "The last leaf of its range that a guest looks at",
    ),
    (
        &[
            &field::VENDOR_1,
            &field::VENDOR_2,
            &field::VENDOR_3,
            &field::EXTENDED_VENDOR_1,
            &field::EXTENDED_VENDOR_2,
            &field::EXTENDED_VENDOR_3,
        ],
        Encoding::Text,
        "The vendor's name, by which a guest knows whose manual holds",
    ),
    (
        &[&field::HYPERVISOR_1, &field::HYPERVISOR_2, &field::HYPERVISOR_3],
        Encoding::Text,
        "The hypervisor's name: KVMKVMKVM makes a guest use KVM's own interfaces",
    ),
    (
        &[&field::SIGNATURE, &field::EXTENDED_SIGNATURE, &field::CENTAUR_SIGNATURE],
        Encoding::Hex,
        "Family, model and stepping, by which a guest knows errata and what no other leaf tells",
    ),
    (&[&field::BRAND_INDEX], Encoding::Hex, "An index into a table of names of processors of around 2000"),
    (&[&field::CLFLUSH_SIZE], Encoding::Bytes(8), "The line that CLFLUSH flushes"),
    (
        &[&field::LOGICAL_PROCESSORS],
        Encoding::Number("addressable IDs (Intel) or threads (AMD)"),
        "How large a package is: guests that know no better leaf divide it by cores to find threads",
    ),
    (&[&field::INITIAL_APIC_ID], Encoding::Hex, "The lowest eight bits of the x2APIC ID"),
    (
        &[
            &field::MONITOR,
            &field::X2APIC,
            &field::TSC_DEADLINE,
            &field::OSXSAVE,
            &field::HYPERVISOR,
            &field::APIC,
        ],
        Encoding::Flag,
        "A feature of the processor or of its local APIC",
    ),
    (
        &[&field::HTT, &field::CMP_LEGACY],
        Encoding::Flag,
        "Whether the package has several threads, so that the counts beside it mean something",
    ),
    (
        &[
            &field::BRAND_1,
            &field::BRAND_2,
            &field::BRAND_3,
            &field::BRAND_4,
            &field::BRAND_5,
            &field::BRAND_6,
            &field::BRAND_7,
            &field::BRAND_8,
            &field::BRAND_9,
            &field::BRAND_10,
            &field::BRAND_11,
            &field::BRAND_12,
        ],
        Encoding::Text,
        "The processor's name, as /proc/cpuinfo shows it",
    ),
    (
        &[&field::PHYSICAL_BITS, &field::LINEAR_BITS, &field::GUEST_PHYSICAL_BITS],
        Encoding::Number("bits"),
        "How wide an address is: KVM takes bits above as reserved",
    ),
    (
        &[&field::TSC_DENOMINATOR, &field::TSC_NUMERATOR],
        Encoding::Number("parts of the ratio"),
        "TSC and crystal: crystal times numerator by denominator is the TSC's rate",
    ),
    (&[&field::CRYSTAL], Encoding::Frequency("Hz"), "The crystal that TSC and APIC timer count by"),
    (
        &[&field::BASE_FREQUENCY, &field::MAX_FREQUENCY, &field::BUS_FREQUENCY],
        Encoding::Frequency("MHz"),
        "What the processor says of its own speed",
    ),
    (
        &[&field::DESCRIPTORS_EAX, &field::DESCRIPTORS_EBX, &field::DESCRIPTORS_ECX, &field::DESCRIPTORS_EDX],
        Encoding::Hex,
        "One-byte descriptors of caches and TLBs; FFH sends the reader to leaf 4",
    ),
    (
        &[&field::CACHE_TYPE, &field::AMD_CACHE_TYPE],
        CACHE_TYPES,
        "What the cache of this subleaf holds; type 0 ends the list",
    ),
    (
        &[&field::CACHE_LEVEL, &field::AMD_CACHE_LEVEL],
        Encoding::Index("level"),
        "The cache's level, 1 being the core's own",
    ),
    (
        &[
            &field::CACHE_SELF_INIT,
            &field::AMD_CACHE_SELF_INIT,
            &field::CACHE_FULLY_ASSOCIATIVE,
            &field::AMD_CACHE_FULLY_ASSOCIATIVE,
        ],
        Encoding::Flag,
        "A property of the cache",
    ),
    (
        &[&field::CACHE_SHARING],
        Encoding::MinusOne("addressable IDs"),
        "Who shares one instance: vCPUs whose x2APIC IDs are equal above that power of two",
    ),
    (
        &[&field::AMD_CACHE_SHARING],
        Encoding::MinusOne("addressable IDs"),
        "Who shares one instance. Linux takes the sharers from ID ranges of that size, so topoc writes a power of two",
    ),
    (
        &[&field::CACHE_CORES],
        Encoding::MinusOne("addressable core IDs in the package"),
        "How many cores a package has room for; guests without leaf 0BH find their cores by it",
    ),
    (&[&field::CACHE_LINE, &field::AMD_CACHE_LINE], Encoding::MinusOne("bytes"), "The cache's line"),
    (
        &[&field::CACHE_PARTITIONS, &field::AMD_CACHE_PARTITIONS],
        Encoding::MinusOne("partitions"),
        "Lines under one tag",
    ),
    (&[&field::CACHE_WAYS, &field::AMD_CACHE_WAYS], Encoding::MinusOne("ways"), "The cache's associativity"),
    (
        &[&field::CACHE_SETS, &field::AMD_CACHE_SETS],
        Encoding::MinusOne("sets"),
        "The cache's sets: its size is line times partitions times ways times sets",
    ),
    (&[&field::CACHE_PROPERTIES, &field::AMD_CACHE_PROPERTIES], PROPERTIES, "Three properties of the cache"),
    (&[&field::L1D_SIZE, &field::L1I_SIZE, &field::L2_SIZE], Encoding::Size(1 << 10), "The cache's size"),
    (&[&field::L3_SIZE], Encoding::Size(512 << 10), "The size of all L3s of the package together"),
    (
        &[&field::L1D_WAYS, &field::L1I_WAYS],
        Encoding::Number("ways (255: fully associative)"),
        "The cache's associativity",
    ),
    (&[&field::L2_WAYS, &field::L3_WAYS], ASSOCIATIVITY, "The cache's associativity"),
    (
        &[
            &field::L1D_LINES_PER_TAG,
            &field::L1I_LINES_PER_TAG,
            &field::L2_LINES_PER_TAG,
            &field::L3_LINES_PER_TAG,
        ],
        Encoding::Number("lines"),
        "Lines under one tag",
    ),
    (
        &[&field::L1D_LINE, &field::L1I_LINE, &field::L2_LINE, &field::L3_LINE],
        Encoding::Bytes(1),
        "The cache's line",
    ),
    (
        &[&field::LEVEL_SHIFT, &field::LEVEL_2_SHIFT, &field::AMD_LEVEL_SHIFT],
        Encoding::Number("bits"),
        "How far to shift an x2APIC ID to the right to number the next level: the width of all within",
    ),
    (
        &[&field::LEVEL_COUNT, &field::LEVEL_2_COUNT, &field::AMD_LEVEL_COUNT],
        Encoding::Number("threads"),
        "How many threads the vCPU's own instance has; for show, as IDs follow from the shift",
    ),
    (
        &[&field::LEVEL_SUBLEAF, &field::LEVEL_2_SUBLEAF, &field::AMD_LEVEL_SUBLEAF],
        Encoding::Index("subleaf"),
        "The subleaf's own number",
    ),
    (&[&field::LEVEL_TYPE, &field::LEVEL_2_TYPE], MEMBERS, "Which level the row is of; type 0 ends the list"),
    (&[&field::AMD_LEVEL_TYPE], CONTAINERS, "Which level the row is of; type 0 ends the list"),
    (
        &[&field::LEVEL_ID, &field::LEVEL_2_ID, &field::AMD_LEVEL_ID, &field::EXTENDED_APIC_ID],
        Encoding::Hex,
        "The vCPU's x2APIC ID, which is also its vcpu_id for KVM, and its ID in MADT and SRAT",
    ),
    (
        &[
            &field::AMD_LEVEL_RANKED,
            &field::AMD_LEVEL_HETEROGENEOUS,
            &field::AMD_LEVEL_ASYMMETRIC,
            &field::HYBRID,
        ],
        Encoding::Flag,
        "Whether cores, or what holds them, are unlike",
    ),
    (&[&field::AMD_EFFICIENCY_RANK], Encoding::Index("rank"), "How efficient the core is beside the others"),
    (&[&field::AMD_NATIVE_MODEL, &field::NATIVE_MODEL], Encoding::Hex, "Which model cores of this type are"),
    (
        &[&field::AMD_CORE_TYPE],
        Encoding::Codes(&[(0, "performance"), (1, "efficiency"), (2, "low power")]),
        "The core's type",
    ),
    (
        &[&field::CORE_TYPE],
        Encoding::Codes(&[(0, "not told"), (0x20, "efficiency (Atom)"), (0x40, "performance (Core)")]),
        "The core's type",
    ),
    (&[&field::TOPOLOGY_EXTENSIONS], Encoding::Flag, "Whether leaves 8000001DH and 8000001EH are there"),
    (&[&field::PACKAGE_THREADS], Encoding::MinusOne("threads in the package"), "How large the package is"),
    (
        &[&field::APIC_ID_SIZE],
        Encoding::Number("bits"),
        "How many bits of an ID number the threads of a package",
    ),
    (&[&field::CORE_ID], Encoding::Index("core"), "The core's number in its package, as the ID has it"),
    (
        &[&field::THREADS_PER_CORE],
        Encoding::MinusOne("threads in the core"),
        "How many threads the core has; Linux 6.9 and later take the width of the thread's field from it",
    ),
    (&[&field::NODE_ID], Encoding::Index("node"), "The node's number in the machine"),
    (
        &[&field::NODES_PER_PROCESSOR],
        Encoding::MinusOne("nodes in the package"),
        "How many nodes a package has",
    ),
    (&[&field::KVM_FEATURES], Encoding::Hex, "What a guest may ask of KVM, bit by bit"),
    (
        &[&field::KVM_HINTS],
        Encoding::Hex,
        "What a guest may expect of KVM: bit 0 that vCPUs are never preempted for long",
    ),
];

/// How a field is read, and what it is for.
#[must_use]
pub fn of(field: &Field) -> (Encoding, &'static str) {
    let known = MEANINGS.iter().find(|(fields, ..)| fields.contains(&field));
    known.map_or((Encoding::Hex, field.name), |(_, encoding, what)| (*encoding, what))
}

/// Which processors have a leaf, and where their manual tells of it.
#[must_use]
pub const fn leaf(leaf: u32) -> (&'static str, &'static str) {
    const SDM: &str = "Intel SDM Vol. 2A, CPUID";
    const APM: &str = "AMD APM Vol. 3, appendix E";
    const BOTH: &str = "Intel SDM Vol. 2A, CPUID; AMD APM Vol. 3, appendix E";
    match leaf {
        0x2 | 0x4 | 0x1f => ("Intel, Zhaoxin and Centaur", SDM),
        0x3 | 0x9 | 0xa | 0xf..=0x20 => ("Intel", SDM),
        0x4000_0000..=0x4fff_ffff => {
            ("guests of KVM, whatever their processor", "Linux Documentation/virt/kvm/x86/cpuid.rst")
        }
        0x8000_0005 => ("all but Intel", APM),
        0x8000_000a | 0x8000_0019..=0x8fff_ffff => ("AMD and Hygon", APM),
        0xc000_0000..=0xcfff_ffff => {
            ("Zhaoxin and Centaur", "Zhaoxin's and Centaur's own range; Linux arch/x86/kernel/cpu/centaur.c")
        }
        0x0..=0xffff | 0x8000_0000..=0x8000_ffff => ("all", BOTH),
        _ => ("none that topoc knows", "no manual that topoc follows"),
    }
}

/// Whose word a field is, in words.
#[must_use]
pub const fn owner(owner: Owner) -> &'static str {
    match owner {
        Owner::Maxima => "maxima",
        Owner::Identity => "identity",
        Owner::Clock => "clock",
        Owner::Caches => "caches",
        Owner::Levels => "levels",
        Owner::CoreTypes => "core_types",
        Owner::Amd => "amd",
        Owner::Hypervisor => "hypervisor",
    }
}

/// Whether a field may differ between the vCPUs of one machine.
#[must_use]
pub fn may_differ(field: &Field) -> bool {
    let by_place = [
        &field::LOGICAL_PROCESSORS,
        &field::INITIAL_APIC_ID,
        &field::LEVEL_COUNT,
        &field::LEVEL_ID,
        &field::LEVEL_2_COUNT,
        &field::LEVEL_2_ID,
        &field::AMD_LEVEL_COUNT,
        &field::AMD_LEVEL_ID,
        &field::AMD_NATIVE_MODEL,
        &field::AMD_CORE_TYPE,
        &field::NATIVE_MODEL,
        &field::CORE_TYPE,
        &field::PACKAGE_THREADS,
        &field::EXTENDED_APIC_ID,
        &field::CORE_ID,
        &field::THREADS_PER_CORE,
        &field::NODE_ID,
    ];
    // Each type of core has caches of its own; leaf 2 and the IDs for cores are the platform's.
    let by_type = field.owner == Owner::Caches && field.leaf != 0x2;
    by_type || by_place.contains(&field)
}

/// The fields of a register, or of all four, lowest bit first.
pub fn fields(leaf: u32, register: Option<Register>) -> impl Iterator<Item = &'static Field> {
    let mut found: Vec<&Field> = field::ALL
        .iter()
        .copied()
        .filter(|field| field.leaf == leaf && register.is_none_or(|register| register == field.register))
        .collect();
    found.sort_by_key(|field| (field.register, field.low));
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_one_meaning() {
        for field in field::ALL {
            let count = MEANINGS.iter().filter(|(fields, ..)| fields.contains(field)).count();
            assert_eq!(count, 1, "{} of {}", field.name, field.at(None));
        }
    }

    /// A code must fit its field, and a flag is one bit.
    #[test]
    fn meanings_fit_their_fields() {
        for (fields, encoding, what) in MEANINGS {
            assert!(!what.ends_with('.'), "{what}");
            for field in *fields {
                match encoding {
                    Encoding::Flag => assert_eq!(field.max(), 1, "{}", field.name),
                    Encoding::Text => assert_eq!(field.max(), u32::MAX, "{}", field.name),
                    _ => assert!(field.max() > 1, "{}", field.name),
                }
            }
        }
    }

    #[test]
    fn values_are_read_as_the_manuals_say() {
        let words = |field: &Field, value| of(field).0.words(value);
        assert_eq!(words(&field::CACHE_SHARING, 31), "32 addressable IDs");
        assert_eq!(words(&field::CACHE_SHARING, 0), "1 addressable ID");
        assert_eq!(words(&field::CACHE_WAYS, 0), "1 way");
        assert_eq!(words(&field::THREADS_PER_CORE, 1), "2 threads in the core");
        assert_eq!(words(&field::THREADS_PER_CORE, 0), "1 thread in the core");
        assert_eq!(words(&field::L3_SIZE, 512), "262144 KiB");
        assert_eq!(words(&field::CLFLUSH_SIZE, 8), "64 bytes");
        assert_eq!(words(&field::VENDOR_1, 0x756e_6547), "\"Genu\"");
        assert_eq!(words(&field::L2_WAYS, 6), "8 ways");
        assert_eq!(words(&field::CORE_TYPE, 0x40), "performance (Core)");
        assert_eq!(words(&field::CORE_TYPE, 0x41), "a code of no meaning");
        assert_eq!(words(&field::BASE_FREQUENCY, 0), "not told");
        assert_eq!(words(&field::HTT, 1), "set");
    }
}
