//! The domains of the hierarchy, and the APIC ID bits below each as the vendor's leaves give them.

use serde::Serialize;

use super::answers::Answers;
use super::bits::{bit, bits, ceil_log2};
use super::rows::{LEAF_1F, LEAF_26, LEAF_B, Row};
use super::vendor::{Signature, Vendor};

/// A domain of the hierarchy, inner to outer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Domain {
    /// Logical processor
    Thread,
    /// Core; before AMD family 17h each core of a compute unit
    Core,
    /// Intel module
    Module,
    /// Intel tile
    Tile,
    /// AMD core complex (CCX): cores that share an L3
    Complex,
    /// Intel die, AMD core complex die (CCD)
    Die,
    /// Intel die group
    DieGroup,
    /// Package, socket
    Package,
}

impl Domain {
    /// The word in listings.
    pub const fn name(self) -> &'static str {
        match self {
            Domain::Thread => "thread",
            Domain::Core => "core",
            Domain::Module => "module",
            Domain::Tile => "tile",
            Domain::Complex => "complex",
            Domain::Die => "die",
            Domain::DieGroup => "die group",
            Domain::Package => "socket",
        }
    }
}

/// How many low APIC ID bits to drop for the name of the domain's unit, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DomainShift {
    /// The domain
    pub domain: Domain,
    /// Bits below the domain's own, counted from bit 0; at most 31
    pub shift: u32,
    /// The leaf that gave it
    pub leaf: u32,
    /// The subleaf that gave it
    pub subleaf: u32,
}

/// The register that the x2APIC ID was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum IdSource {
    /// CPUID.(EAX=1FH,ECX=0):EDX
    #[serde(rename = "1f")]
    Leaf1f,
    /// CPUID.(EAX=80000026H,ECX=0):EDX
    #[serde(rename = "80000026")]
    Leaf26,
    /// CPUID.(EAX=0BH,ECX=0):EDX
    #[serde(rename = "b")]
    LeafB,
    /// CPUID.(EAX=8000001EH):EAX
    #[serde(rename = "8000001e")]
    Leaf1e,
    /// `CPUID.(EAX=01H):EBX[31:24]`, 8 bits
    #[serde(rename = "1")]
    Leaf1,
}

impl IdSource {
    /// The register in the manuals' spelling.
    pub const fn register(self) -> &'static str {
        match self {
            IdSource::Leaf1f => "CPUID.(EAX=1FH,ECX=0):EDX",
            IdSource::Leaf26 => "CPUID.(EAX=80000026H,ECX=0):EDX",
            IdSource::LeafB => "CPUID.(EAX=0BH,ECX=0):EDX",
            IdSource::Leaf1e => "CPUID.(EAX=8000001EH):EAX",
            IdSource::Leaf1 => "CPUID.(EAX=01H):EBX[31:24]",
        }
    }
}

/// Facts that the derivations below share.
pub(super) struct Ground<'a> {
    pub answers: &'a Answers,
    pub vendor: &'a Vendor,
    pub signature: Signature,
    pub max_basic: u32,
    pub max_extended: u32,
    /// `80000001H:ECX[22]`, on AMD and Hygon alone
    pub topoext: bool,
}

impl<'a> Ground<'a> {
    pub fn new(answers: &'a Answers, vendor: &'a Vendor, signature: Signature) -> Ground<'a> {
        let max_extended = answers.max_extended();
        let flags = if max_extended >= 0x8000_0001 { answers.get(0x8000_0001, 0)[2] } else { 0 };
        let topoext = vendor.is_amd_like() && bit(flags, 22) && max_extended >= 0x8000_001E;
        Ground { answers, vendor, signature, max_basic: answers.max_basic(), max_extended, topoext }
    }

    /// AMD family 17h and up, and Hygon: cores with threads, complexes with an L3.
    pub fn is_zen(&self) -> bool {
        self.vendor.is_amd_like() && self.signature.family >= 0x17
    }
}

/// The x2APIC ID and its register: the widest one that the vendor's manuals offer and the table fills.
pub(super) fn apic_id(ground: &Ground<'_>, rows: &[Row]) -> (u32, IdSource) {
    let first = |leaf| rows.iter().find(|row| row.leaf == leaf).map(|row| row.x2apic_id);
    let preferred = if ground.vendor.is_amd_like() {
        [(LEAF_26, IdSource::Leaf26), (LEAF_B, IdSource::LeafB)]
    } else {
        [(LEAF_1F, IdSource::Leaf1f), (LEAF_B, IdSource::LeafB)]
    };
    for (leaf, source) in preferred {
        if let Some(id) = first(leaf) {
            return (id, source);
        }
    }
    if ground.topoext {
        return (ground.answers.get(0x8000_001E, 0)[0], IdSource::Leaf1e);
    }
    (bits(ground.answers.get(1, 0)[1], 31, 24), IdSource::Leaf1)
}

/// The shifts of the enumerated domains, inner to outer; core and package are always there.
pub(super) fn shifts(ground: &Ground<'_>, rows: &[Row]) -> Vec<DomainShift> {
    let of = |leaf| rows.iter().copied().filter(|row| row.leaf == leaf).collect::<Vec<Row>>();
    let is_amd = ground.vendor.is_amd_like();
    let newest = of(if is_amd { LEAF_26 } else { LEAF_1F });
    let decides = if newest.is_empty() { of(LEAF_B) } else { newest };
    let mut shifts = match decides.first().map(|row| row.leaf) {
        Some(LEAF_26) => containers(&decides),
        Some(_) => members(&decides),
        None if is_amd => amd_legacy(ground),
        None => intel_legacy(ground),
    };
    shifts.sort_by_key(|s| s.domain);
    shifts
}

/// 0BH and 1FH: a row names the member, its shift leads to the next enumerated domain outward, the last one
/// to the package. A domain's own shift is therefore that of the row before it (SDM Vol. 3A, "Hierarchical
/// mapping of CPUID extended topology leaf").
fn members(rows: &[Row]) -> Vec<DomainShift> {
    let mut shifts: Vec<DomainShift> = Vec::new();
    let mut add = |domain, shift, row: &Row| {
        if !shifts.iter().any(|s| s.domain == domain) {
            shifts.push(DomainShift { domain, shift, leaf: row.leaf, subleaf: row.subleaf });
        }
    };
    for (at, row) in rows.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| rows.get(before));
        match row.domain() {
            Some(Domain::Thread) | None => {}
            Some(domain) => add(domain, before.map_or(0, |b| b.shift), before.unwrap_or(row)),
        }
    }
    if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
        let threads = rows.iter().find(|row| row.kind == 1);
        add(Domain::Core, threads.map_or(0, |row| row.shift), threads.unwrap_or(first));
        add(Domain::Package, last.shift, last);
    }
    shifts
}

/// 80000026H: a row names the container whose ID its shift leaves over (APM Vol. 3, Fn8000_0026).
fn containers(rows: &[Row]) -> Vec<DomainShift> {
    let mut shifts: Vec<DomainShift> = Vec::new();
    let mut add = |domain, shift, row: &Row| {
        if !shifts.iter().any(|s| s.domain == domain) {
            shifts.push(DomainShift { domain, shift, leaf: row.leaf, subleaf: row.subleaf });
        }
    };
    for row in rows {
        if let Some(domain) = row.domain() {
            add(domain, row.shift, row);
        }
    }
    if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
        add(Domain::Core, 0, first);
        add(Domain::Package, last.shift, last);
    }
    shifts
}

/// 80000008H for the package; 8000001EH for threads from family 17h on. Before it, that field counts the cores
/// of a compute unit, and every thread is a core (APM Vol. 3, Fn8000_0008 and Fn8000_001E).
fn amd_legacy(ground: &Ground<'_>) -> Vec<DomainShift> {
    let threads = if ground.topoext && ground.is_zen() {
        bits(ground.answers.get(0x8000_001E, 0)[1], 15, 8) + 1
    } else {
        1
    };
    let core = DomainShift {
        domain: Domain::Core,
        shift: ceil_log2(threads),
        leaf: if ground.topoext { 0x8000_001E } else { 0x8000_0008 },
        subleaf: 0,
    };
    let package = if ground.max_extended >= 0x8000_0008 {
        let [_, _, ecx, _] = ground.answers.get(0x8000_0008, 0);
        let size = bits(ecx, 15, 12);
        let shift = if size == 0 { ceil_log2(bits(ecx, 7, 0) + 1) } else { size };
        DomainShift { domain: Domain::Package, shift, leaf: 0x8000_0008, subleaf: 0 }
    } else {
        DomainShift { domain: Domain::Package, shift: leaf_1_width(ground.answers), leaf: 1, subleaf: 0 }
    };
    vec![core, package]
}

/// Leaf 1 for the package, leaf 4 for the cores in it (SDM Vol. 3A, legacy mapping).
fn intel_legacy(ground: &Ground<'_>) -> Vec<DomainShift> {
    let package = leaf_1_width(ground.answers);
    let cores = match ground.answers.get(4, 0) {
        [eax, ..] if ground.max_basic >= 4 && bits(eax, 4, 0) != 0 => ceil_log2(bits(eax, 31, 26) + 1),
        _ => 0,
    };
    vec![
        DomainShift { domain: Domain::Core, shift: package.saturating_sub(cores), leaf: 4, subleaf: 0 },
        DomainShift { domain: Domain::Package, shift: package, leaf: 1, subleaf: 0 },
    ]
}

/// Bits that number the threads of a package by leaf 1: none without HTT, else `EBX[23:16]` rounded up.
fn leaf_1_width(answers: &Answers) -> u32 {
    let [_, ebx, _, edx] = answers.get(1, 0);
    if bit(edx, 28) { ceil_log2(bits(ebx, 23, 16)) } else { 0 }
}
