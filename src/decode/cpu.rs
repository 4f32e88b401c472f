//! One vCPU as its own table describes it.

use serde::Serialize;

use super::answers::Answers;
use super::bits::{bit, bits};
use super::cache::{self, Cache, CacheKind};
use super::check;
use super::domain::{self, Domain, DomainShift, Ground, IdSource};
use super::finding::Finding;
use super::rows::{self, LEAF_1F, LEAF_26, LEAF_B, Row};
use super::vendor::{Signature, Vendor, vendor_of};

/// AMD's node, from CPUID.(EAX=8000001EH):ECX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AmdNode {
    /// `ECX[7:0]`: number of the node in the system
    pub id: u32,
    /// `ECX[10:8]` + 1: nodes of this processor
    pub per_processor: u32,
}

/// What sort of core the vCPU runs on, on machines that have several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CoreType {
    /// Intel Core (1AH type 40H), AMD type 0
    Performance,
    /// Intel Atom (1AH type 20H), AMD type 1
    Efficiency,
    /// AMD type 2
    LowPower,
    /// Any other code, as it stands
    Other(u32),
}

/// One vCPU as its own table describes it, by the vendor's manual.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cpu {
    /// From leaf 0
    pub vendor: Vendor,
    /// Family, model, stepping, from leaf 1
    pub signature: Signature,
    /// The x2APIC ID
    pub x2apic_id: u32,
    /// The register that it was read from
    pub id_source: IdSource,
    /// The shifts of the enumerated domains, inner to outer, core and package always among them
    pub shifts: Vec<DomainShift>,
    /// Every valid row of leaves 0BH, 1FH and 80000026H, whichever of them decided
    pub rows: Vec<Row>,
    /// The caches, in the order of their leaf
    pub caches: Vec<Cache>,
    /// The node that AMD's 8000001EH names
    pub node: Option<AmdNode>,
    /// The core's type, where the table tells
    pub core_type: Option<CoreType>,
    /// The native model ID beside the core's type
    pub native_model: Option<u32>,
    /// `7H:EDX[15]`, HYBRID
    pub hybrid: bool,
    /// `80000006H:EDX[31:18]`, AMD's L3 of the package in units of 512 KiB, beside the 8000001DH that details it
    pub l3_units: Option<u32>,
    /// Threads of the package as the outermost row counts them, else as AMD's `80000008H:ECX[7:0]` does, which ends
    /// at 256
    pub package_threads: Option<u32>,
    /// Threads of this core, as the table counts them
    pub threads_per_core: u32,
    /// What does not fit together in this table
    pub findings: Vec<Finding>,
}

impl Cpu {
    /// The shift of a domain that the table enumerates.
    pub fn shift(&self, domain: Domain) -> Option<u32> {
        self.shifts.iter().find(|s| s.domain == domain).map(|s| s.shift)
    }

    /// The rows of one leaf.
    pub fn rows_of(&self, leaf: u32) -> impl DoubleEndedIterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.leaf == leaf)
    }
}

/// Reads one vCPU's table. Never fails: what the table does not say is absent or 0, and what does not fit together
/// is a finding.
pub fn cpu(answers: &Answers) -> Cpu {
    let vendor = vendor_of(answers);
    let leaf_1 = answers.get(1, 0);
    let signature = Signature::from_eax(leaf_1[0]);
    let ground = Ground::new(answers, &vendor, signature);

    let mut all = rows::read(answers, LEAF_B);
    all.extend(rows::read(answers, LEAF_1F));
    all.extend(rows::read(answers, LEAF_26));
    let (x2apic_id, id_source) = domain::apic_id(&ground, &all);
    let mut shifts = domain::shifts(&ground, &all);
    let caches = cache::read(&ground, x2apic_id, &shifts);
    add_complex(&ground, &mut shifts, &caches);

    let [_, threads_and_core, node, _] = if ground.topoext { answers.get(0x8000_001E, 0) } else { [0; 4] };
    let innermost = all.iter().find(|row| ground.reads(row.leaf) && row.subleaf == 0);
    let threads_per_core = match innermost {
        Some(row) => row.count,
        None if ground.is_zen() => bits(threads_and_core, 15, 8) + 1,
        None => domain_ids(&shifts, Domain::Core),
    };
    let (core_type, native_model) = core_type(&ground, &all).unzip();
    let mut cpu = Cpu {
        signature,
        x2apic_id,
        id_source,
        core_type,
        native_model,
        hybrid: !vendor.is_amd_like() && ground.max_basic >= 7 && bit(answers.get(7, 0)[3], 15),
        node: ground.topoext.then(|| AmdNode { id: bits(node, 7, 0), per_processor: bits(node, 10, 8) + 1 }),
        l3_units: ground.topoext.then(|| bits(answers.get(0x8000_0006, 0)[3], 31, 18)),
        package_threads: package_threads(&ground, &all, &shifts),
        shifts,
        rows: all,
        caches,
        threads_per_core,
        findings: Vec::new(),
        vendor: vendor.clone(),
    };
    cpu.findings = check::one(&ground, &cpu);
    cpu
}

impl Ground<'_> {
    /// Whether the vendor's manual has the extended topology leaf.
    pub fn reads(&self, leaf: u32) -> bool {
        leaf == LEAF_B || leaf == if self.vendor.is_amd_like() { LEAF_26 } else { LEAF_1F }
    }
}

/// Threads of the package, as the table counts them.
fn package_threads(ground: &Ground<'_>, rows: &[Row], shifts: &[DomainShift]) -> Option<u32> {
    let decides = shifts.iter().find(|s| s.domain == Domain::Package)?.leaf;
    match rows.iter().rfind(|row| row.leaf == decides) {
        Some(row) => Some(row.count),
        None if ground.vendor.is_amd_like() && ground.max_extended >= 0x8000_0008 => {
            Some(bits(ground.answers.get(0x8000_0008, 0)[2], 7, 0) + 1)
        }
        None => None,
    }
}

/// Zen without a complex row: cores that share an L3 are a complex (APM Vol. 3, Fn8000_001D, level 3).
fn add_complex(ground: &Ground<'_>, shifts: &mut Vec<DomainShift>, caches: &[Cache]) {
    if !ground.is_zen() || shifts.iter().any(|s| s.domain == Domain::Complex) {
        return;
    }
    let l3 = caches.iter().find(|c| c.name.level == 3 && c.name.kind == CacheKind::Unified);
    if let Some((cache, shift)) = l3.and_then(|cache| Some((cache, cache.shift()?))) {
        shifts.push(DomainShift { domain: Domain::Complex, shift, leaf: cache.leaf, subleaf: cache.subleaf });
        shifts.sort_by_key(|s| s.domain);
    }
}

/// APIC IDs in one unit of the domain.
fn domain_ids(shifts: &[DomainShift], domain: Domain) -> u32 {
    shifts.iter().find(|s| s.domain == domain).map_or(1, |s| super::bits::power(s.shift))
}

/// Type and native model. Intel: `1AH:EAX[31:24]` and `[23:0]`, 0 for none. AMD: `80000026H:EBX[31:28]` and `[27:24]`,
/// where `EAX[30]` says that types differ.
fn core_type(ground: &Ground<'_>, rows: &[Row]) -> Option<(CoreType, u32)> {
    if !ground.vendor.is_amd_like() {
        let eax = if ground.max_basic >= 0x1A { ground.answers.get(0x1A, 0)[0] } else { 0 };
        let kind = match bits(eax, 31, 24) {
            0 => return None,
            0x40 => CoreType::Performance,
            0x20 => CoreType::Efficiency,
            other => CoreType::Other(other),
        };
        return Some((kind, bits(eax, 23, 0)));
    }
    let [eax, ebx, ..] = rows.iter().find(|row| row.leaf == LEAF_26 && row.subleaf == 0)?.registers;
    let kind = match bits(ebx, 31, 28) {
        0 => CoreType::Performance,
        1 => CoreType::Efficiency,
        2 => CoreType::LowPower,
        other => CoreType::Other(other),
    };
    bit(eax, 30).then(|| (kind, bits(ebx, 27, 24)))
}
