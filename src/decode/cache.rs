//! Caches: leaf 4, 8000001DH, and AMD's 80000005H with 80000006H before it.

use serde::Serialize;

use super::answers::{Answers, Registers};
use super::bits::{bit, bits, block, ceil_log2, power};
use super::domain::{Domain, DomainShift, Ground};
use super::vendor::Vendor;

/// More caches than any processor lists: a walk stops here whatever the table says.
pub(super) const MAX_CACHES: u32 = 32;

/// Deterministic cache parameters (Intel, Zhaoxin, Centaur).
pub const LEAF_4: u32 = 4;
/// Cache properties (AMD, Hygon).
pub const LEAF_1D: u32 = 0x8000_001D;

/// What a cache holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheKind {
    /// Data
    Data,
    /// Instructions
    Instruction,
    /// Both
    Unified,
    /// A type that the manuals reserve
    Reserved(u32),
}

/// Which cache of a core it is: level and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheName {
    /// Level, 1 to 7
    pub level: u32,
    /// What it holds
    pub kind: CacheKind,
}

impl std::fmt::Display for CacheName {
    /// `L1D`, `L1I`, `L2U`, `L3U`; `L2T9` for a reserved type 9.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "L{}", self.level)?;
        match self.kind {
            CacheKind::Data => f.write_str("D"),
            CacheKind::Instruction => f.write_str("I"),
            CacheKind::Unified => f.write_str("U"),
            CacheKind::Reserved(kind) => write!(f, "T{kind}"),
        }
    }
}

impl Serialize for CacheName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A run of APIC IDs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Window {
    /// The lowest ID
    pub first: u32,
    /// How many IDs
    pub ids: u32,
}

/// One cache as one vCPU sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cache {
    /// Level and kind
    pub name: CacheName,
    /// Bytes of one instance: line × partitions × ways × sets
    pub size: u64,
    /// Bytes of a line
    pub line: u32,
    /// Physical line partitions
    pub partitions: u32,
    /// Ways of associativity; 0 where the leaf does not say
    pub ways: u32,
    /// Sets
    pub sets: u64,
    /// `EAX[8]`
    pub self_initializing: bool,
    /// `EAX[9]`
    pub fully_associative: bool,
    /// `EDX[0]`: WBINVD is not sure to reach the lower caches of other threads that share this one
    pub wbinvd_excludes_sharers: bool,
    /// `EDX[1]`
    pub inclusive: bool,
    /// `EDX[2]`: sets are picked by a hash (leaf 4)
    pub complex_indexing: bool,
    /// `EAX[25:14]` as it stands, threads or IDs that share the cache, minus 1; `None` from 80000005H and 80000006H
    pub share_field: Option<u32>,
    /// The APIC IDs that share it
    pub window: Window,
    /// The leaf that describes it
    pub leaf: u32,
    /// The subleaf that describes it
    pub subleaf: u32,
}

impl Cache {
    /// The APIC ID bits below the cache's own name, where its IDs are a power of two.
    pub fn shift(&self) -> Option<u32> {
        self.window.ids.is_power_of_two().then(|| self.window.ids.trailing_zeros())
    }
}

/// The caches in the order of their leaf, for the vCPU with this x2APIC ID.
pub(super) fn read(ground: &Ground<'_>, apic_id: u32, shifts: &[DomainShift]) -> Vec<Cache> {
    if !ground.vendor.is_amd_like() {
        return if ground.max_basic >= LEAF_4 {
            deterministic(ground.answers, LEAF_4, apic_id)
        } else {
            Vec::new()
        };
    }
    if ground.topoext {
        return deterministic(ground.answers, LEAF_1D, apic_id);
    }
    amd_legacy(ground, apic_id, shifts)
}

/// Leaf 4 or 8000001DH, which share one format, up to the first type 0.
fn deterministic(answers: &Answers, leaf: u32, apic_id: u32) -> Vec<Cache> {
    (0..MAX_CACHES)
        .map(|subleaf| (subleaf, answers.get(leaf, subleaf)))
        .take_while(|(_, [eax, ..])| bits(*eax, 4, 0) != 0)
        .map(|(subleaf, registers)| deterministic_one(leaf, subleaf, registers, apic_id))
        .collect()
}

/// One subleaf. The share field plus 1 is rounded up to a power of two: silicon writes actual counts too.
fn deterministic_one(leaf: u32, subleaf: u32, [eax, ebx, ecx, edx]: Registers, apic_id: u32) -> Cache {
    let (line, partitions, ways) = (bits(ebx, 11, 0) + 1, bits(ebx, 21, 12) + 1, bits(ebx, 31, 22) + 1);
    let sets = u64::from(ecx) + 1;
    let share = bits(eax, 25, 14);
    let shift = ceil_log2(share + 1);
    let kind = match bits(eax, 4, 0) {
        1 => CacheKind::Data,
        2 => CacheKind::Instruction,
        3 => CacheKind::Unified,
        other => CacheKind::Reserved(other),
    };
    Cache {
        name: CacheName { level: bits(eax, 7, 5), kind },
        size: (u64::from(line) * u64::from(partitions) * u64::from(ways)).saturating_mul(sets),
        line,
        partitions,
        ways,
        sets,
        self_initializing: bit(eax, 8),
        fully_associative: bit(eax, 9),
        wbinvd_excludes_sharers: bit(edx, 0),
        inclusive: bit(edx, 1),
        complex_indexing: leaf == LEAF_4 && bit(edx, 2),
        share_field: Some(share),
        window: Window { first: block(apic_id, shift), ids: power(shift) },
        leaf,
        subleaf,
    }
}

/// Ways as 80000005H and 80000006H tell them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AmdWays {
    /// A number; 0 for a cache that is off and for unassigned codes
    Number(u32),
    /// Fully associative
    Full,
    /// Code 9: 8000001DH tells
    Elsewhere,
}

impl AmdWays {
    /// 80000006H's 4-bit code (APM Vol. 3, Fn8000_0006).
    fn from_code(code: u32) -> AmdWays {
        match code {
            1..=4 => AmdWays::Number(code),
            5 => AmdWays::Number(6),
            6 => AmdWays::Number(8),
            8 => AmdWays::Number(16),
            9 => AmdWays::Elsewhere,
            0xA => AmdWays::Number(32),
            0xB => AmdWays::Number(48),
            0xC => AmdWays::Number(64),
            0xD => AmdWays::Number(96),
            0xE => AmdWays::Number(128),
            0xF => AmdWays::Full,
            _ => AmdWays::Number(0),
        }
    }

    /// 80000005H's 8-bit number (APM Vol. 3, Fn8000_0005).
    fn from_number(number: u32) -> AmdWays {
        if number == 0xFF { AmdWays::Full } else { AmdWays::Number(number) }
    }
}

/// One cache of 80000005H or 80000006H.
pub(super) struct AmdFigures {
    pub name: CacheName,
    pub kib: u32,
    pub ways: AmdWays,
    /// Bytes of a line
    pub line: u32,
}

/// The caches of 80000005H and 80000006H. The L3's size is that of the whole package.
pub(super) fn amd_figures(answers: &Answers) -> [AmdFigures; 4] {
    let [_, _, l1d, l1i] = answers.get(0x8000_0005, 0);
    let [_, _, l2, l3] = answers.get(0x8000_0006, 0);
    let of = |level, kind, word, kib| AmdFigures {
        name: CacheName { level, kind },
        kib,
        ways: if level == 1 {
            AmdWays::from_number(bits(word, 23, 16))
        } else {
            AmdWays::from_code(bits(word, 15, 12))
        },
        line: bits(word, 7, 0),
    };
    [
        of(1, CacheKind::Data, l1d, bits(l1d, 31, 24)),
        of(1, CacheKind::Instruction, l1i, bits(l1i, 31, 24)),
        of(2, CacheKind::Unified, l2, bits(l2, 31, 16)),
        of(3, CacheKind::Unified, l3, bits(l3, 31, 18) * 512),
    ]
}

/// L1 and L2 per core, L3 per package; its size and ways are both dies' in a family 10h G34 package (Linux
/// `arch/x86/kernel/cpu/cacheinfo.c` halves them as well).
fn amd_legacy(ground: &Ground<'_>, apic_id: u32, shifts: &[DomainShift]) -> Vec<Cache> {
    if ground.max_extended < 0x8000_0006 {
        return Vec::new();
    }
    let shift = |domain| shifts.iter().find(|s| s.domain == domain).map_or(0, |s| s.shift);
    let halves = g34_node_cores(ground);
    let window = |level: u32| match (level, halves) {
        (3, Some(cores)) => {
            let package = block(apic_id, shift(Domain::Package));
            Window { first: package + (apic_id - package) / cores * cores, ids: cores }
        }
        (3, None) => {
            Window { first: block(apic_id, shift(Domain::Package)), ids: power(shift(Domain::Package)) }
        }
        _ => Window { first: block(apic_id, shift(Domain::Core)), ids: power(shift(Domain::Core)) },
    };
    let mut caches = Vec::new();
    for AmdFigures { name, kib, ways, line } in amd_figures(ground.answers) {
        let nodes = if name.level == 3 && halves.is_some() { 2 } else { 1 };
        let size = u64::from(kib) * 1024 / u64::from(nodes);
        if size == 0 || line == 0 {
            continue;
        }
        let ways_told = if let AmdWays::Number(ways) = ways { ways / nodes } else { 0 };
        let full = ways == AmdWays::Full;
        let sets = if full { 1 } else { size / u64::from(line) / u64::from(ways_told.max(1)) };
        caches.push(Cache {
            name,
            size,
            line,
            partitions: 1,
            ways: ways_told,
            sets,
            self_initializing: false,
            fully_associative: full,
            wbinvd_excludes_sharers: false,
            inclusive: false,
            complex_indexing: false,
            share_field: None,
            window: window(name.level),
            leaf: if name.level == 1 { 0x8000_0005 } else { 0x8000_0006 },
            subleaf: 0,
        });
    }
    caches
}

/// Cores of one node in a family 10h package of type G34, which is always two dies of equal size; CPUID names the
/// package's whole L3, and only the NodeId MSR the node (BKDG 31116, `Fn8000_0001_EBX[PkgType]`, MSRC001_100C).
fn g34_node_cores(ground: &Ground<'_>) -> Option<u32> {
    let g34 = *ground.vendor == Vendor::Amd
        && ground.signature.family == 0x10
        && bits(ground.answers.get(0x8000_0001, 0)[1], 31, 28) == 3;
    let cores = bits(ground.answers.get(0x8000_0008, 0)[2], 7, 0) + 1;
    (g34 && cores.is_multiple_of(2)).then_some(cores / 2)
}
