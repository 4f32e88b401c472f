//! Leaves 0, 80000000H and C0000000H: how far the guest may look, and the vendor.

use super::levels::{self, has_extended_levels};
use super::writer::Writer;
use super::{LowerError, Machine, Why};
use crate::cpuid::{Key, Vendor, field, quirk};
use crate::topology::Domain;

/// The highest leaves that topoc knows, and so lets a guest look at.
const LAST_BASIC: u32 = 0x24;
/// The first leaf of Centaur's range.
const CENTAUR: u32 = 0xc000_0000;
const LAST_EXTENDED_INTEL: u32 = 0x8000_0008;
const LAST_EXTENDED_AMD: u32 = 0x8000_0025;

pub(super) fn write(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    let basic = writer.table().lookup(0x0, 0).eax.min(LAST_BASIC);
    let extended = writer.table().lookup(0x8000_0000, 0).eax;
    let processor = &machine.processor;
    let basic = match (processor.has_leaf_b(), needs_leaf_1f(machine)) {
        (false, _) => basic.max(0x1),
        (true, true) if !processor.vendor.is_amd_like() => basic.max(0x1f),
        (true, _) => basic.max(0xb),
    };
    let basic = basic.max(if machine.identity.tsc.is_some() { 0x15 } else { 0 });
    let basic = basic.max(if machine.identity.frequencies.is_some() { 0x16 } else { 0 });
    // Leaf 1AH tells each core's type.
    let typed = processor.vendor == Vendor::Intel && !machine.topology.core_types().is_empty();
    let basic = if typed { basic.max(0x1a) } else { basic };
    let extended = match processor.vendor {
        Vendor::Intel | Vendor::Zhaoxin | Vendor::Centaur => LAST_EXTENDED_INTEL,
        Vendor::Amd | Vendor::Hygon if has_extended_levels(machine) => 0x8000_0026,
        Vendor::Amd | Vendor::Hygon => {
            let least = if processor.has_topology_extensions() { 0x8000_001e } else { 0x8000_0008 };
            extended.clamp(least, LAST_EXTENDED_AMD)
        }
    };
    if quirk::CENTAUR_RANGE.applies(processor) {
        let last = if writer.table().get(Key::leaf(CENTAUR + 1)).is_some() { CENTAUR + 1 } else { CENTAUR };
        writer.put(&field::MAX_CENTAUR_LEAF, None, last, Why::HighestCentaurLeaf)?;
    }
    let (ebx, ecx, edx) = machine.processor.vendor.words();
    writer.put(&field::MAX_LEAF, None, basic, Why::HighestBasicLeaf)?;
    writer.put(&field::VENDOR_1, None, ebx, Why::Vendor)?;
    writer.put(&field::VENDOR_3, None, ecx, Why::Vendor)?;
    writer.put(&field::VENDOR_2, None, edx, Why::Vendor)?;
    let (ebx, ecx, edx) = if machine.processor.vendor.is_amd_like() { (ebx, ecx, edx) } else { (0, 0, 0) };
    writer.put(&field::MAX_EXTENDED_LEAF, None, extended, Why::HighestExtendedLeaf)?;
    writer.put(&field::EXTENDED_VENDOR_1, None, ebx, Why::Vendor)?;
    writer.put(&field::EXTENDED_VENDOR_3, None, ecx, Why::Vendor)?;
    writer.put(&field::EXTENDED_VENDOR_2, None, edx, Why::Vendor)
}

/// Whether the machine has levels that only leaf 1FH can enumerate.
fn needs_leaf_1f(machine: &Machine<'_>) -> bool {
    levels::TYPES_1F
        .into_iter()
        .filter(|(_, domain)| *domain > Domain::Core)
        .any(|(_, domain)| levels::is_listed(machine, domain))
}
