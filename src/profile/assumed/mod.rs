//! The table that lowering starts from: what KVM said that it supports, or, where a profile does
//! not tell, what it can be assumed to.

mod kvm_mask_v1;
#[cfg(test)]
mod tests;
mod xsave;

use std::fmt;

use super::HostProfile;
use crate::cpuid::{CpuidTable, Key, Register, Registers, UnknownVendor, Vendor};

/// The version of the mask.
pub const MASK_VERSION: u32 = 1;

/// What a guest's table is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseTable {
    /// What KVM supports.
    pub table: CpuidTable,
    /// Whether the table is an assumption, made from the CPUs' own CPUID through the mask of version
    /// [`MASK_VERSION`], and not KVM's own.
    pub assumed: bool,
}

/// Why there is no base table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaseError {
    /// The profile has neither KVM's table nor the CPUs' own CPUID.
    Missing,
    /// The CPUs are of a vendor whose CPUID the mask does not cover.
    Vendor(UnknownVendor),
}

impl fmt::Display for BaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the profile has neither `kvm.supported_cpuid` nor `cpus.cpuid`"),
            Self::Vendor(vendor) => {
                write!(f, "the profile is of vendor {vendor}, which has no rules in this version")
            }
        }
    }
}

impl std::error::Error for BaseError {}

/// KVM's own table where the profile has one; else the first CPU's CPUID through the mask.
///
/// The table still holds what belongs to the capturing CPU (leaf 1 EBX, cache sharing): it is where
/// lowering starts, nothing that a guest could load.
///
/// # Errors
/// The profile has neither, or is of a vendor that the mask does not cover.
pub fn base_table(profile: &HostProfile) -> Result<BaseTable, BaseError> {
    let kvm = profile.kvm.as_ref().and_then(|kvm| kvm.supported_cpuid.as_ref());
    if let Some(table) = kvm.filter(|table| !table.is_empty()) {
        return Ok(BaseTable { table: table.clone(), assumed: false });
    }
    let native = profile.cpus.as_ref().map(|cpus| &cpus.cpuid).filter(|table| !table.is_empty());
    let native = native.ok_or(BaseError::Missing)?;
    let leaf0 = native.lookup(0, 0);
    let vendor = Vendor::from_words(leaf0.ebx, leaf0.ecx, leaf0.edx).map_err(BaseError::Vendor)?;
    Ok(BaseTable { table: masked(native, vendor), assumed: true })
}

/// One fact of the mask: what becomes of some registers of a leaf.
struct Line {
    leaf: u32,
    /// The one subleaf that is meant; `None` for all that the leaf has.
    subleaf: Option<u32>,
    registers: &'static [Register],
    /// The one vendor that it holds for.
    on: Option<Vendor>,
    rule: Rule,
    /// Where the fact stands in the kernel.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and by the tests"))]
    source: &'static str,
}

/// What becomes of a register. Where several lines name one, their results are joined.
enum Rule {
    /// These bits as the CPU has them.
    Keep(u32),
    /// These bits set, whatever the CPU has.
    Set(u32),
    /// The value of these low bits, but no more than that.
    AtMost { field: u32, most: u32 },
}

impl Rule {
    fn apply(&self, native: u32) -> u32 {
        match self {
            Self::Keep(bits) => native & bits,
            Self::Set(bits) => *bits,
            Self::AtMost { field, most } => (native & field).min(*most),
        }
    }
}

/// The CPU's own table reduced to what KVM passes of it.
fn masked(native: &CpuidTable, vendor: Vendor) -> CpuidTable {
    let mut table = CpuidTable::new();
    let lines = kvm_mask_v1::LINES.iter().filter(|line| line.on.is_none_or(|on| on == vendor));
    for line in lines.filter(|line| reaches(native, line.leaf)) {
        for key in keys(native, line) {
            let from = native.lookup(key.leaf, key.subleaf.unwrap_or(0));
            let mut words = table.get(key).copied().unwrap_or_default();
            for register in line.registers {
                *words.get_mut(*register) |= line.rule.apply(from.get(*register));
            }
            put(&mut table, key, words);
        }
    }
    // An entry of zeros says nothing, but where it ends a list of subleaves.
    table.retain(|key, words| !words.is_zero() || matches!(key.leaf, 0x4 | 0x8000_001d));
    for (key, words) in xsave::entries(native, &table) {
        put(&mut table, key, words);
    }
    table
}

/// Whether the CPU has the leaf. KVM's own leaves are there on every host.
fn reaches(native: &CpuidTable, leaf: u32) -> bool {
    let base = leaf & 0xc000_0000;
    base == 0x4000_0000 || native.lookup(base, 0).eax >= leaf
}

/// The entries that a line is about: the one it names, else all that the CPU has of the leaf.
fn keys(native: &CpuidTable, line: &Line) -> Vec<Key> {
    match line.subleaf {
        Some(subleaf) => vec![Key::subleaf(line.leaf, subleaf)],
        None if Key::is_indexed(line.leaf) => native.leaf(line.leaf).map(|(key, _)| key).collect(),
        None => vec![Key::leaf(line.leaf)],
    }
}

/// Puts an entry in. The mask has each leaf in one form (held by a test), so that it always fits.
fn put(table: &mut CpuidTable, key: Key, words: Registers) {
    let fits = table.set(key, words);
    debug_assert_eq!(fits, Ok(()));
}
