//! A machine and what KVM supports to one CPUID table per vCPU.
//!
//! An ordered list of passes; each owns its fields and writes them through `Writer`. What all
//! vCPUs share is written once; each vCPU's table is a copy with its own IDs put in.

mod amd;
mod base;
mod caches;
mod hypervisor;
mod identity;
mod levels;
mod maxima;
mod writer;

use std::fmt;

pub use levels::has_extended_levels;
use writer::Writer;

use crate::cpuid::field::{Field, Owner};
use crate::cpuid::{CpuidTable, Signature, TableError, Vendor};
use crate::spec::Irqchip;
use crate::topology::{Cache, Numbered, Topology, VcpuIndex};

/// The most entries that KVM_SET_CPUID2 takes: KVM_MAX_CPUID_ENTRIES.
pub const MAX_ENTRIES: usize = 256;

/// All that lowering needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Machine<'a> {
    /// The resolved topology.
    pub topology: &'a Topology,
    /// Its IDs.
    pub numbered: &'a Numbered,
    /// Its caches, in the order in which CPUID lists them.
    pub caches: &'a [Cache],
    /// The vendor of the guest's CPU.
    pub vendor: Vendor,
    /// The signature of the guest's CPU.
    pub signature: Signature,
    /// The highest extended leaf of the host's own CPUID, where the profile has it.
    pub native_max_extended: Option<u32>,
    /// Who emulates the local APIC.
    pub irqchip: Irqchip,
    /// Whether the guest may use 15-bit destination IDs: the VMM decodes them.
    pub msi_ext_dest_id: bool,
}

/// A table could not be written. Rules refuse every machine for which this would happen, so it is
/// topoc's own bug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LowerError {
    /// A value does not fit its field.
    Overflow {
        /// The field as the manuals write it.
        field: String,
        /// The value.
        value: u64,
        /// The largest that fits.
        max: u32,
    },
    /// A pass wrote another pass's field.
    NotOwner {
        /// The field as the manuals write it.
        field: String,
        /// Who wrote.
        pass: Owner,
    },
    /// An entry cannot stand beside the others.
    Table(TableError),
    /// More entries than KVM takes.
    TooManyEntries(usize),
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overflow { field, value, max } => write!(f, "{field} holds at most {max}, not {value}"),
            Self::NotOwner { field, pass } => write!(f, "the {pass:?} pass does not own {field}"),
            Self::Table(error) => error.fmt(f),
            Self::TooManyEntries(n) => write!(f, "{n} entries; KVM_SET_CPUID2 takes {MAX_ENTRIES}"),
        }
    }
}

impl std::error::Error for LowerError {}

impl From<TableError> for LowerError {
    fn from(error: TableError) -> Self {
        Self::Table(error)
    }
}

/// Writes what all vCPUs share.
type Shared = fn(&Machine<'_>, &mut Writer<'_>) -> Result<(), LowerError>;

/// Writes what is one vCPU's own.
type Own = fn(&Machine<'_>, VcpuIndex, &mut Writer<'_>) -> Result<(), LowerError>;

/// A pass: the fields of one owner.
struct Pass {
    owner: Owner,
    shared: Shared,
    own: Option<Own>,
}

/// The passes in order. `Maxima` comes first: others ask it which leaves are within reach.
const PASSES: &[Pass] = &[
    Pass { owner: Owner::Maxima, shared: maxima::shared, own: None },
    Pass { owner: Owner::Identity, shared: identity::shared, own: Some(identity::own) },
    Pass { owner: Owner::Caches, shared: caches::shared, own: None },
    Pass { owner: Owner::Levels, shared: levels::shared, own: Some(levels::own) },
    Pass { owner: Owner::Amd, shared: amd::shared, own: Some(amd::own) },
    Pass { owner: Owner::Hypervisor, shared: hypervisor::shared, own: None },
];

/// The tables of all vCPUs, by index. `base` is what KVM supports, or is assumed to.
///
/// # Errors
/// Only by topoc's own bug: the rules refuse what does not fit.
pub fn lower(machine: &Machine<'_>, base: &CpuidTable) -> Result<Vec<CpuidTable>, LowerError> {
    let shared = shared(machine, base)?;
    machine
        .topology
        .vcpus()
        .map(|vcpu| {
            let mut table = shared.clone();
            for pass in PASSES {
                if let Some(own) = pass.own {
                    own(machine, vcpu, &mut Writer::new(&mut table, pass.owner))?;
                }
            }
            Ok(table)
        })
        .collect()
}

/// The table that all vCPUs share, without their own IDs.
fn shared(machine: &Machine<'_>, base: &CpuidTable) -> Result<CpuidTable, LowerError> {
    let mut table = base::sanitise(base, machine.vendor)?;
    for pass in PASSES {
        (pass.shared)(machine, &mut Writer::new(&mut table, pass.owner))?;
    }
    base::within_reach(&mut table);
    if table.len() > MAX_ENTRIES {
        return Err(LowerError::TooManyEntries(table.len()));
    }
    Ok(table)
}

/// Whether `field` holds `value`.
fn fits(field: &Field, value: u64) -> Option<u32> {
    u32::try_from(value).ok().filter(|value| *value <= field.max())
}
