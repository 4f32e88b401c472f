//! Leaves 40000000H and 40000001H: the hypervisor's signature and KVM's paravirtual features.
//!
//! 40000000H is always there (`quirk::HYPERVISOR_RANGE`). Source: Linux `Documentation/virt/kvm/x86/cpuid.rst`.

use super::writer::Writer;
use super::{LowerError, Machine, Why};
use crate::cpuid::field;

/// The leaf that names the hypervisor.
const SIGNATURE: u32 = 0x4000_0000;

pub(super) fn write(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    let hypervisor = &machine.hypervisor;
    let (last, name) = if hypervisor.is_kvm {
        (SIGNATURE + 1, [*b"KVMK", *b"VMKV", *b"M\0\0\0"])
    } else {
        // Of nobody: what is above is dropped as out of reach.
        (SIGNATURE, [[0; 4]; 3])
    };
    writer.put(&field::MAX_HYPERVISOR_LEAF, None, last, Why::HypervisorName)?;
    let fields = [&field::HYPERVISOR_1, &field::HYPERVISOR_2, &field::HYPERVISOR_3];
    for (field, word) in fields.into_iter().zip(name) {
        writer.put(field, None, u32::from_le_bytes(word), Why::HypervisorName)?;
    }
    writer.put(&field::KVM_FEATURES, None, hypervisor.features, Why::KvmFeatures)?;
    writer.put(&field::KVM_HINTS, None, hypervisor.hints, Why::KvmHints)
}
