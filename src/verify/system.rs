//! What the processor and the hypervisor say of themselves, against what was meant.

use std::fmt::Debug;

use crate::decode::{Answers, System, system};
use crate::lower::Machine;

/// All differences in one table. That the others are alike is held elsewhere.
pub(super) fn differences(machine: &Machine<'_>, table: &Answers) -> Vec<String> {
    let mut compare = Compare { read: &system(table), differences: Vec::new() };
    compare.identity(machine);
    compare.clock(machine);
    compare.hypervisor(machine);
    compare.differences
}

struct Compare<'a> {
    read: &'a System,
    differences: Vec<String>,
}

impl Compare<'_> {
    fn expect<T: Copy + PartialEq + Debug>(&mut self, what: &str, read: T, meant: T) {
        if read != meant {
            self.differences.push(format!("{what}: read {read:?}, meant {meant:?}"));
        }
    }

    fn identity(&mut self, machine: &Machine<'_>) {
        let read = self.read;
        let meant = &machine.identity;
        self.expect("brand string", (read.brand.as_str(), read.brand_is_padded), (meant.brand, true));
        if let Some(signature) = machine.processor.signature {
            let of_amd = if machine.processor.vendor.is_amd_like() { signature.0 } else { 0 };
            self.expect("signature in 80000001H", read.extended_signature, of_amd);
            self.expect("signature in C0000001H", read.centaur_signature.unwrap_or(signature.0), signature.0);
        }
        if let Some(bits) = meant.physical_bits {
            self.expect("bits of a physical address", read.physical_bits, bits);
            self.expect("bits of a linear address", read.linear_bits, if read.la57 { 57 } else { 48 });
            let of_guests = if meant.guest_physical_bits == 0 { bits } else { meant.guest_physical_bits };
            self.expect("bits of a guest's physical address", read.guest_physical_bits, of_guests);
        }
    }

    fn clock(&mut self, machine: &Machine<'_>) {
        let read = self.read;
        let meant = machine.identity.tsc;
        let rate = meant.map(|tsc| tsc.crystal / tsc.denominator.max(1) * tsc.numerator);
        self.expect("rate of the TSC", read.tsc, rate);
        self.expect("rate of the crystal", read.crystal.map(u64::from), meant.map(|tsc| tsc.crystal));
        let frequencies = machine.identity.frequencies.unwrap_or_default();
        self.expect("frequencies", read.frequencies.map(u64::from), frequencies);
    }

    fn hypervisor(&mut self, machine: &Machine<'_>) {
        let read = self.read;
        let meant = &machine.hypervisor;
        let (name, last) =
            if meant.is_kvm { (*b"KVMKVMKVM\0\0\0", 0x4000_0001) } else { ([0; 12], 0x4000_0000) };
        self.expect("hypervisor", read.hypervisor, true);
        self.expect("hypervisor's signature", read.hypervisor_signature, name);
        self.expect("hypervisor's highest leaf", read.max_hypervisor, last);
        self.expect("KVM's features", read.pv_features, meant.features);
        self.expect("KVM's hints", read.pv_hints, meant.hints);
    }
}
