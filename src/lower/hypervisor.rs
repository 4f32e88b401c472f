//! Leaves 40000000H and 40000001H: KVM's signature and its paravirtual features.
//!
//! Always there: without them an Intel guest that looks for a hypervisor is sent to the highest
//! basic leaf. Source: Linux `Documentation/virt/kvm/x86/cpuid.rst`.

use super::writer::Writer;
use super::{LowerError, Machine};
use crate::cpuid::field;
use crate::spec::Irqchip;

/// What KVM itself serves: clock source, I/O delay, asynchronous page faults, steal time, EOI,
/// unhalt, TLB flush, IPIs, poll control, yield, stable clock.
const SERVED_BY_KVM: u32 = 0x0100_7efb;

/// EOI, unhalt and IPIs work on KVM's own local APIC only.
const NEED_APIC: u32 = 1 << 6 | 1 << 7 | 1 << 11;

const MSI_EXT_DEST_ID: u32 = 1 << 15;

pub(super) fn write(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    let mut features = writer.table().lookup(0x4000_0001, 0).eax & SERVED_BY_KVM;
    if machine.irqchip == Irqchip::User {
        features &= !NEED_APIC;
    }
    if machine.msi_ext_dest_id {
        features |= MSI_EXT_DEST_ID;
    }
    writer.put(&field::MAX_HYPERVISOR_LEAF, None, 0x4000_0001_u32)?;
    for (field, word) in [
        (&field::HYPERVISOR_1, *b"KVMK"),
        (&field::HYPERVISOR_2, *b"VMKV"),
        (&field::HYPERVISOR_3, *b"M\0\0\0"),
    ] {
        writer.put(field, None, u32::from_le_bytes(word))?;
    }
    writer.put(&field::KVM_FEATURES, None, features)
}
