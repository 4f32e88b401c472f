//! Leaf 1: the ID in eight bits, the package's size, and the bits that depend on the VMM.

use super::writer::Writer;
use super::{LowerError, Machine};
use crate::cpuid::Vendor;
use crate::cpuid::field;
use crate::spec::Irqchip;
use crate::topology::{Domain, VcpuIndex};

pub(super) fn write(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    if let Some(signature) = machine.processor.signature {
        writer.put(&field::SIGNATURE, None, signature.0)?;
    }
    writer.put(&field::BRAND_INDEX, None, 0_u32)?;
    // 64 bytes, the line of every cache of this century; in units of 8.
    writer.put(&field::CLFLUSH_SIZE, None, 8_u32)?;
    writer.put_saturating(&field::LOGICAL_PROCESSORS, None, logical_processors(machine))?;
    writer.put(&field::HTT, None, u32::from(several_threads(machine)))?;
    writer.put(&field::HYPERVISOR, None, 1_u32)?;
    writer.put(&field::APIC, None, 1_u32)?;
    writer.put(&field::MONITOR, None, 0_u32)?;
    writer.put(&field::OSXSAVE, None, 0_u32)?;
    // KVM offers both on its own local APIC; without that a guest that uses them hangs. x2APIC comes
    // with leaf 0BH (SDM Vol. 3A, "x2APIC"; hwloc takes it for granted), so not on AMD before Zen.
    let in_kernel = machine.irqchip != Irqchip::User;
    writer.put(&field::X2APIC, None, u32::from(in_kernel && machine.processor.has_leaf_b()))?;
    if !in_kernel {
        writer.put(&field::TSC_DEADLINE, None, 0_u32)?;
    }
    // The x2APIC ID modulo 256. Source: Intel x2APIC specification, section 2.4.
    writer.own(&field::INITIAL_APIC_ID, None, |machine, vcpu| machine.numbered.id(vcpu).0)
}

/// Intel counts the IDs that the package can hold, AMD its threads. A package of one ID says 0 on
/// Intel, where the field means nothing without HTT.
fn logical_processors(machine: &Machine<'_>) -> u64 {
    let shift = machine.numbered.layout().shift(Domain::Package);
    match machine.processor.vendor {
        Vendor::Amd | Vendor::Hygon => u64::from(package_threads(machine)),
        _ if shift.0 == 0 => 0,
        _ => shift.span(),
    }
}

/// Whether the package has room for several threads (Intel), or has several (AMD).
pub(super) fn several_threads(machine: &Machine<'_>) -> bool {
    match machine.processor.vendor {
        Vendor::Amd | Vendor::Hygon => package_threads(machine) > 1,
        _ => machine.numbered.layout().shift(Domain::Package).0 > 0,
    }
}

/// The threads of a package; all packages are alike.
pub(super) fn package_threads(machine: &Machine<'_>) -> u32 {
    machine.topology.population(VcpuIndex(0), Domain::Package)
}
