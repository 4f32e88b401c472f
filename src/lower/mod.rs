//! A machine and what KVM supports to one CPUID table per vCPU.
//!
//! An ordered list of passes; each owns its fields and writes them through `Writer`. What all
//! vCPUs share is written once; a pass names the fields in which they differ, and each vCPU's table
//! is a copy with those put in.

mod amd;
mod base;
mod caches;
mod clock;
mod core_types;
mod hypervisor;
mod identity;
mod levels;
mod maxima;
mod settled;
mod why;
mod writer;
mod xsave;

use std::fmt;

pub use settled::{Hypervisor, Identity};
pub use why::{CachePart, WhichCache, Why};
use writer::Writer;

use crate::cpuid::field::{Field, Owner};
use crate::cpuid::{CpuidTable, Processor, TableError};
use crate::spec::Irqchip;
use crate::topology::{Caches, CoreType, NativeModels, Numbered, Topology, VcpuIndex};

/// The most entries that KVM_SET_CPUID2 takes: KVM_MAX_CPUID_ENTRIES.
pub const MAX_ENTRIES: usize = 256;

/// All that lowering needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Machine<'a> {
    /// The resolved topology.
    pub topology: &'a Topology,
    /// Its IDs.
    pub numbered: &'a Numbered,
    /// Its caches.
    pub caches: &'a Caches,
    /// The guest's processor.
    pub processor: Processor,
    /// Which model each type of core is.
    pub native_models: NativeModels,
    /// Who emulates the local APIC.
    pub irqchip: Irqchip,
    /// What the guest's processor says of itself.
    pub identity: Identity<'a>,
    /// What the hypervisor says of itself.
    pub hypervisor: Hypervisor,
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

/// A pass: the fields of one owner.
struct Pass {
    owner: Owner,
    write: fn(&Machine<'_>, &mut Writer<'_>) -> Result<(), LowerError>,
}

/// The passes in order. `Maxima` comes first: others ask it which leaves are within reach.
const PASSES: &[Pass] = &[
    Pass { owner: Owner::Maxima, write: maxima::write },
    Pass { owner: Owner::Identity, write: identity::write },
    Pass { owner: Owner::Clock, write: clock::write },
    Pass { owner: Owner::Caches, write: caches::write },
    Pass { owner: Owner::Levels, write: levels::write },
    Pass { owner: Owner::CoreTypes, write: core_types::write },
    Pass { owner: Owner::Amd, write: amd::write },
    Pass { owner: Owner::Hypervisor, write: hypervisor::write },
];

/// A field in which vCPUs differ, and what each has there. Bits beyond the field are dropped, as
/// real machines do.
#[derive(Clone, Debug)]
struct Own {
    field: &'static Field,
    subleaf: Option<u32>,
    value: Value,
}

/// What a vCPU has in a field of its own.
#[derive(Clone, Debug)]
enum Value {
    /// What follows from its place.
    Of(fn(&Machine<'_>, VcpuIndex) -> u32),
    /// What cores of its type have.
    ByType(Vec<(Option<CoreType>, u32)>),
}

impl Value {
    fn of(&self, machine: &Machine<'_>, vcpu: VcpuIndex) -> u32 {
        match self {
            Self::Of(value) => value(machine, vcpu),
            Self::ByType(values) => {
                let core_type = machine.topology.core_type(vcpu);
                values.iter().find(|(of, _)| *of == core_type).map_or(0, |(_, value)| *value)
            }
        }
    }
}

/// The tables of a machine: what all vCPUs share, and the few fields in which they differ.
#[derive(Clone, Debug)]
pub struct Lowered<'a> {
    machine: Machine<'a>,
    shared: CpuidTable,
    own: Vec<Own>,
    reasons: Vec<Reason>,
}

/// A field of one entry, and why it has its value.
pub type Reason = (&'static Field, Option<u32>, Why);

impl<'a> Lowered<'a> {
    /// Why each field that a pass wrote has its value, in the order of the passes. A field of [`field::ALL`](crate::cpuid::field::ALL) whose
    /// entry is in the table is among them; what is not of these fields passes from the base.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// The table that all vCPUs share. Their own fields are 0 in it.
    #[must_use]
    pub const fn shared(&self) -> &CpuidTable {
        &self.shared
    }

    /// The fields in which vCPUs differ, each with its subleaf. The shared table has their entries.
    pub fn own_fields(&self) -> impl Iterator<Item = (&'static Field, Option<u32>)> {
        self.own.iter().map(|own| (own.field, own.subleaf))
    }

    /// What a vCPU has in its own fields, in their order.
    pub fn own_values(&self, vcpu: VcpuIndex) -> impl Iterator<Item = u32> {
        self.own.iter().map(move |own| own.value.of(&self.machine, vcpu) & own.field.max())
    }

    /// The whole table of a vCPU.
    #[must_use]
    pub fn table(&self, vcpu: VcpuIndex) -> CpuidTable {
        let mut table = self.shared.clone();
        for ((field, subleaf), value) in self.own_fields().zip(self.own_values(vcpu)) {
            if let Some(registers) = table.get_mut(field.key(subleaf)) {
                *registers.get_mut(field.register) |= value << field.low;
            }
        }
        table
    }
}

/// Lowers a machine. `base` is what KVM supports, or is assumed to.
///
/// # Errors
/// Only by topoc's own bug: the rules refuse what does not fit.
pub fn prepare<'a>(machine: &Machine<'a>, base: &CpuidTable) -> Result<Lowered<'a>, LowerError> {
    let mut shared = base::sanitise(base, &machine.processor)?;
    let mut own = Vec::new();
    let mut reasons = Vec::new();
    for pass in PASSES {
        let mut writer = Writer::new(&mut shared, pass.owner);
        (pass.write)(machine, &mut writer)?;
        let (theirs, why) = writer.into_parts();
        own.extend(theirs);
        reasons.extend(why);
    }
    base::within_reach(&mut shared);
    own.retain(|own| shared.get(own.field.key(own.subleaf)).is_some());
    reasons.retain(|(field, subleaf, _)| shared.get(field.key(*subleaf)).is_some());
    if shared.len() > MAX_ENTRIES {
        return Err(LowerError::TooManyEntries(shared.len()));
    }
    Ok(Lowered { machine: *machine, shared, own, reasons })
}

/// What of KVM's table passes into a guest's: what a host offers. Lowering takes it, or less, as its base
/// and comes to the same tables.
///
/// # Errors
/// As [`prepare`].
pub fn offered(base: &CpuidTable, processor: &Processor) -> Result<CpuidTable, LowerError> {
    base::sanitise(base, processor)
}

/// The tables of all vCPUs, by index. `base` is what KVM supports, or is assumed to.
///
/// # Errors
/// As [`prepare`].
pub fn lower(machine: &Machine<'_>, base: &CpuidTable) -> Result<Vec<CpuidTable>, LowerError> {
    let lowered = prepare(machine, base)?;
    Ok(machine.topology.vcpus().map(|vcpu| lowered.table(vcpu)).collect())
}

/// Whether `field` holds `value`.
fn fits(field: &Field, value: u64) -> Option<u32> {
    u32::try_from(value).ok().filter(|value| *value <= field.max())
}
