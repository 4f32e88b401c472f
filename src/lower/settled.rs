//! What the spec and KVM's table settle between them before any leaf is written.

use crate::cpuid::CpuidTable;
use crate::spec::{Frequency, Irqchip, KvmFeature, KvmHint, Spec, TscRatio};

/// What the guest's CPU says of itself beside family, model and stepping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The brand string.
    pub brand: &'a str,
    /// Bits of a physical address; `None` where neither spec nor KVM's table says: KVM then takes 36.
    pub physical_bits: Option<u32>,
    /// Bits of a guest's physical address: as in KVM's table, but no more than those of a physical one. 0: the same.
    pub guest_physical_bits: u32,
    /// The rate of the time-stamp counter, where it is told.
    pub tsc: Option<TscRatio>,
    /// Base, highest and bus frequency in MHz, where they are told; each that is not is 0.
    pub frequencies: Option<[u64; 3]>,
}

impl<'a> Identity<'a> {
    /// What the spec writes; the address's bits else as in KVM's table.
    #[must_use]
    pub fn of(spec: &'a Spec, base: &CpuidTable) -> Self {
        let cpu = spec.cpu.as_ref();
        let identity = cpu.and_then(|cpu| cpu.identity.as_ref());
        let clock = cpu.and_then(|cpu| cpu.clock.clone()).unwrap_or_default();
        let apic_bus = spec.vmm.as_ref().and_then(|vmm| vmm.apic_bus);
        let frequencies = [clock.base, clock.max, clock.bus];
        let [offered, _, of_guests, _] = base.lookup(0x8000_0008, 0).eax.to_le_bytes().map(u32::from);
        let physical_bits = identity
            .and_then(|identity| identity.physical_address_bits)
            .or(Some(offered).filter(|bits| *bits != 0));
        Self {
            brand: identity.and_then(|identity| identity.brand.as_deref()).unwrap_or_default(),
            physical_bits,
            guest_physical_bits: of_guests.min(physical_bits.unwrap_or(of_guests)),
            tsc: clock.ratio(apic_bus),
            frequencies: (frequencies != [None; 3])
                .then(|| frequencies.map(|f| f.and_then(Frequency::mhz).unwrap_or(0))),
        }
    }
}

/// What the hypervisor says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hypervisor {
    /// Whether it says that it is KVM. If not, it has neither features nor hints.
    pub is_kvm: bool,
    /// EAX of 40000001H.
    pub features: u32,
    /// EDX of 40000001H.
    pub hints: u32,
}

/// What KVM itself serves: clock source, I/O delay, asynchronous page faults, steal time, EOI,
/// unhalt, TLB flush, IPIs, poll control, yield, stable clock.
const SERVED_BY_KVM: u32 = 0x0100_7efb;

/// EOI, unhalt and IPIs work on KVM's own local APIC only.
const NEED_APIC: u32 = 1 << 6 | 1 << 7 | 1 << 11;

const MSI_EXT_DEST_ID: u32 = 1 << 15;
const HINTS_REALTIME: u32 = 1;

impl Hypervisor {
    /// What KVM serves of its features, without those that the spec switches off or that need the local APIC in the
    /// kernel. Bits of which the VMM has its part are set only where the spec says so.
    #[must_use]
    pub fn of(spec: &Spec, base: &CpuidTable) -> Self {
        let written = spec.cpu.as_ref().and_then(|cpu| cpu.hypervisor.clone()).unwrap_or_default();
        if !written.is_kvm() {
            return Self { is_kvm: false, features: 0, hints: 0 };
        }
        let mut features = base.lookup(0x4000_0001, 0).eax & SERVED_BY_KVM;
        if spec.vmm.as_ref().and_then(|vmm| vmm.irqchip) == Some(Irqchip::User) {
            features &= !NEED_APIC;
        }
        features &= !written.without().into_iter().map(KvmFeature::bit).fold(0, |bits, bit| bits | bit);
        if written.msi_ext_dest_id == Some(true) {
            features |= MSI_EXT_DEST_ID;
        }
        let hints = if written.hints_at(KvmHint::Realtime) { HINTS_REALTIME } else { 0 };
        Self { is_kvm: true, features, hints }
    }

    /// Whether the guest may use 15-bit destination IDs, which the VMM must decode.
    #[must_use]
    pub const fn msi_ext_dest_id(self) -> bool {
        self.features & MSI_EXT_DEST_ID != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuid::Key;
    use crate::spec::parse;

    /// EAX of 40000001H for a KVM that offers everything.
    fn features(keys: &str) -> Hypervisor {
        let text = format!("version: 1\ntopology: {{cores: 1}}\n{keys}\n");
        let parsed = parse(text.as_bytes()).unwrap();
        let mut base = CpuidTable::new();
        base.insert(Key::leaf(0x4000_0001), [u32::MAX; 4].into()).unwrap();
        Hypervisor::of(parsed.spec(), &base)
    }

    /// Bits by their numbers in `Documentation/virt/kvm/x86/cpuid.rst`: 0 CLOCKSOURCE, 1 NOP_IO_DELAY,
    /// 3 CLOCKSOURCE2, 4 ASYNC_PF, 5 STEAL_TIME, 6 PV_EOI, 7 PV_UNHALT, 9 PV_TLB_FLUSH, 10 ASYNC_PF_VMEXIT,
    /// 11 PV_SEND_IPI, 12 POLL_CONTROL, 13 PV_SCHED_YIELD, 14 ASYNC_PF_INT, 15 MSI_EXT_DEST_ID,
    /// 24 CLOCKSOURCE_STABLE; hint 0 REALTIME.
    #[test]
    fn features_are_those_that_kvm_serves() {
        let bits = |bits: &[u32]| bits.iter().fold(0, |word, bit| word | 1 << bit);
        let kernel = bits(&[0, 1, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 24]);
        let plain = features("");
        assert_eq!((plain.is_kvm, plain.features, plain.hints), (true, kernel, 0));
        let ext = features("cpu: {hypervisor: {msi_ext_dest_id: true}}");
        assert_eq!((ext.features, ext.msi_ext_dest_id()), (kernel | bits(&[15]), true));
        assert_eq!(features("vmm: {irqchip: user}").features, kernel & !bits(&[6, 7, 11]));
        assert_eq!(features("vmm: {irqchip: split}").features, kernel);
        assert!(!plain.msi_ext_dest_id());
        let twice = features("cpu: {hypervisor: {disable: [pv_unhalt, pv_unhalt]}}");
        assert_eq!(twice.features, kernel & !bits(&[7]), "said twice is said once");
        let less = features("cpu: {hypervisor: {disable: [steal_time, pv_unhalt], hints: [realtime]}}");
        assert_eq!((less.features, less.hints), (kernel & !bits(&[5, 7, 9, 13]), 1));
        let hidden = features("cpu: {hypervisor: {kvm: false}}");
        assert_eq!((hidden.is_kvm, hidden.features, hidden.hints), (false, 0, 0));
    }

    #[test]
    fn address_bits_are_the_specs_then_kvms() {
        let of = |keys: &str, eax: u32| {
            let text = format!("version: 1\ntopology: {{cores: 1}}\n{keys}\n");
            let parsed = parse(text.as_bytes()).unwrap();
            let mut base = CpuidTable::new();
            base.insert(Key::leaf(0x8000_0008), [eax, 0, 0, 0].into()).unwrap();
            let identity = Identity::of(parsed.spec(), &base);
            (identity.physical_bits, identity.guest_physical_bits)
        };
        assert_eq!(of("", 0x0030_3934), (Some(52), 48));
        assert_eq!(of("cpu: {identity: {physical_address_bits: 50}}", 0x0030_3934), (Some(50), 48));
        assert_eq!(of("cpu: {identity: {physical_address_bits: 46}}", 0x0030_3934), (Some(46), 46));
        assert_eq!(of("cpu: {identity: {physical_address_bits: 46}}", 0x3934), (Some(46), 0));
        assert_eq!(of("", 0), (None, 0));
    }
}
