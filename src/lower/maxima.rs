//! Leaves 0 and 80000000H: how far the guest may look, and the vendor.

use super::levels::has_extended_levels;
use super::writer::Writer;
use super::{LowerError, Machine};
use crate::cpuid::Vendor;
use crate::cpuid::field;
use crate::topology::Domain;

/// The highest leaves that topoc knows, and so lets a guest look at.
const LAST_BASIC: u32 = 0x24;
const LAST_EXTENDED_INTEL: u32 = 0x8000_0008;
const LAST_EXTENDED_AMD: u32 = 0x8000_0025;

pub(super) fn write(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    let basic = writer.table().lookup(0x0, 0).eax.min(LAST_BASIC);
    let extended = writer.table().lookup(0x8000_0000, 0).eax;
    let (basic, extended) = match machine.processor.vendor {
        Vendor::Intel => {
            let need = if needs_leaf_1f(machine) { 0x1f } else { 0xb };
            (basic.max(need), LAST_EXTENDED_INTEL)
        }
        Vendor::Amd | Vendor::Hygon => {
            let extended = extended.clamp(0x8000_001e, LAST_EXTENDED_AMD);
            (basic.max(0xb), if has_extended_levels(machine) { 0x8000_0026 } else { extended })
        }
    };
    let (ebx, ecx, edx) = machine.processor.vendor.words();
    writer.put(&field::MAX_LEAF, None, basic)?;
    writer.put(&field::VENDOR_1, None, ebx)?;
    writer.put(&field::VENDOR_3, None, ecx)?;
    writer.put(&field::VENDOR_2, None, edx)?;
    let (ebx, ecx, edx) = if machine.processor.vendor.is_amd_like() { (ebx, ecx, edx) } else { (0, 0, 0) };
    writer.put(&field::MAX_EXTENDED_LEAF, None, extended)?;
    writer.put(&field::EXTENDED_VENDOR_1, None, ebx)?;
    writer.put(&field::EXTENDED_VENDOR_3, None, ecx)?;
    writer.put(&field::EXTENDED_VENDOR_2, None, edx)
}

/// Whether the machine has levels that only leaf 1FH can enumerate.
fn needs_leaf_1f(machine: &Machine<'_>) -> bool {
    [Domain::Module, Domain::Tile, Domain::Die, Domain::DieGroup].into_iter().any(|d| machine.topology.has(d))
}
