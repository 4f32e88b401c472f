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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuid::field::Owner;
    use crate::cpuid::{CpuidTable, Key, Processor, Vendor};
    use crate::spec::Spec;
    use crate::spec::Topology as Counts;
    use crate::topology::{Numbered, Topology};

    /// EAX of 40000001H for a KVM that offers everything.
    fn features(irqchip: Irqchip, msi_ext_dest_id: bool) -> u32 {
        let counts = Counts { cores: Some(1), ..Counts::default() };
        let topology = Topology::resolve(&Spec { topology: Some(counts), ..Spec::default() }).unwrap();
        let processor = Processor::from(Vendor::Intel);
        let numbered = Numbered::number(&topology, Some(processor));
        let machine = Machine {
            topology: &topology,
            numbered: &numbered,
            caches: &[],
            processor,
            irqchip,
            msi_ext_dest_id,
        };
        let mut table = CpuidTable::new();
        table.insert(Key::leaf(0x4000_0001), [u32::MAX; 4].into()).unwrap();
        write(&machine, &mut Writer::new(&mut table, Owner::Hypervisor)).unwrap();
        table.lookup(0x4000_0001, 0).eax
    }

    /// Bits by their numbers in `Documentation/virt/kvm/x86/cpuid.rst`: 0 CLOCKSOURCE, 1 NOP_IO_DELAY,
    /// 3 CLOCKSOURCE2, 4 ASYNC_PF, 5 STEAL_TIME, 6 PV_EOI, 7 PV_UNHALT, 9 PV_TLB_FLUSH, 10 ASYNC_PF_VMEXIT,
    /// 11 PV_SEND_IPI, 12 POLL_CONTROL, 13 PV_SCHED_YIELD, 14 ASYNC_PF_INT, 15 MSI_EXT_DEST_ID,
    /// 24 CLOCKSOURCE_STABLE.
    #[test]
    fn features_are_those_that_kvm_serves() {
        let bits = |bits: &[u32]| bits.iter().fold(0, |word, bit| word | 1 << bit);
        let kernel = bits(&[0, 1, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 24]);
        assert_eq!(features(Irqchip::Kernel, false), kernel);
        assert_eq!(features(Irqchip::Kernel, true), kernel | bits(&[15]));
        assert_eq!(features(Irqchip::User, false), kernel & !bits(&[6, 7, 11]));
    }
}
