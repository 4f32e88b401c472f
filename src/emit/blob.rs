//! `struct kvm_cpuid2`, byte by byte.
//!
//! Source: Linux `arch/x86/include/uapi/asm/kvm.h`.

use crate::cpuid::field::Field;
use crate::cpuid::{CpuidTable, Register};

/// Bytes before the first entry: `nent` and padding.
pub const HEADER_SIZE: usize = 8;

/// Bytes of a `struct kvm_cpuid_entry2`.
pub const ENTRY_SIZE: usize = 40;

/// Words of an entry before EAX: function, index, flags.
const FIRST_REGISTER: usize = 3;

/// `KVM_CPUID_FLAG_SIGNIFCANT_INDEX`: the entry answers for its subleaf alone.
const SIGNIFICANT_INDEX: u32 = 1;

/// A table as KVM_SET_CPUID2 takes it: u32 `nent`, u32 padding, then for each entry function,
/// index, flags, EAX, EBX, ECX, EDX and three words of padding; all little-endian.
#[must_use]
pub fn blob(table: &CpuidTable) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_SIZE + table.len() * ENTRY_SIZE);
    // Lossless: lowering refuses more than 256 entries.
    let nent = u32::try_from(table.len()).unwrap_or(u32::MAX);
    for word in [nent, 0] {
        bytes.extend(word.to_le_bytes());
    }
    for (key, registers) in table.iter() {
        let flags = if key.subleaf.is_some() { SIGNIFICANT_INDEX } else { 0 };
        let [eax, ebx, ecx, edx] = registers.words();
        for word in [key.leaf, key.subleaf.unwrap_or(0), flags, eax, ebx, ecx, edx, 0, 0, 0] {
            bytes.extend(word.to_le_bytes());
        }
    }
    bytes
}

/// The blob that all vCPUs of a machine share, and where each puts its own values.
#[derive(Clone, Debug)]
pub struct Template {
    bytes: Vec<u8>,
    slots: Vec<Slot>,
}

/// A field's register in the bytes.
#[derive(Clone, Copy, Debug)]
struct Slot {
    offset: usize,
    mask: u32,
    low: u32,
}

impl Template {
    /// `own` are the fields in which vCPUs differ, each with its subleaf. `None` if the table has
    /// no entry for one of them.
    #[must_use]
    pub fn new<'f>(
        shared: &CpuidTable,
        own: impl IntoIterator<Item = (&'f Field, Option<u32>)>,
    ) -> Option<Self> {
        let slot = |(field, subleaf): (&Field, _)| {
            let entry = shared.iter().position(|(key, _)| key == field.key(subleaf))?;
            let register = Register::ALL.into_iter().position(|r| r == field.register)?;
            let offset = HEADER_SIZE + entry * ENTRY_SIZE + (FIRST_REGISTER + register) * 4;
            Some(Slot { offset, mask: field.mask(), low: field.low })
        };
        Some(Self { bytes: blob(shared), slots: own.into_iter().map(slot).collect::<Option<_>>()? })
    }

    /// A vCPU's blob: the shared one with its own values, in the order of the fields.
    #[must_use]
    pub fn blob(&self, values: impl IntoIterator<Item = u32>) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for (slot, value) in self.slots.iter().zip(values) {
            if let Some(word) = bytes.get_mut(slot.offset..).and_then(<[u8]>::first_chunk_mut) {
                let other = u32::from_le_bytes(*word) & !slot.mask;
                *word = (other | value << slot.low & slot.mask).to_le_bytes();
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuid::{Key, field};

    #[test]
    fn a_template_fills_in_what_a_table_would_hold() {
        let mut table = CpuidTable::new();
        table.insert(Key::leaf(1), [1, 0x0040_0800, 3, 4].into()).unwrap();
        table.insert(Key::subleaf(0xb, 0), [1, 2, 0x100, 0].into()).unwrap();
        let own = [(&field::INITIAL_APIC_ID, None), (&field::LEVEL_ID, Some(0))];
        let template = Template::new(&table, own).unwrap();
        table.get_mut(Key::leaf(1)).unwrap().ebx = 0x2c40_0800;
        table.get_mut(Key::subleaf(0xb, 0)).unwrap().edx = 0x12c;
        assert_eq!(template.blob([0x12c, 0x12c]), blob(&table));
        assert!(Template::new(&table, [(&field::LEVEL_ID, Some(1))]).is_none());
    }

    #[test]
    fn bytes_lie_as_the_kernel_header_says() {
        let mut table = CpuidTable::new();
        table.insert(Key::subleaf(4, 1), [5, 6, 7, 8].into()).unwrap();
        table.insert(Key::leaf(1), [1, 2, 3, 0x0102_0304].into()).unwrap();
        let bytes = blob(&table);
        assert_eq!(bytes.len(), 88);
        assert_eq!(bytes[..12], [2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(bytes[32..48], [4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes[48..64], [4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0]);
    }

    #[cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
    #[test]
    fn the_kernels_own_structs_have_the_same_sizes_and_offsets() {
        use kvm_bindings::{kvm_cpuid_entry2, kvm_cpuid2};
        use std::mem::{offset_of, size_of};
        assert_eq!(size_of::<kvm_cpuid2>(), HEADER_SIZE);
        assert_eq!(size_of::<kvm_cpuid_entry2>(), ENTRY_SIZE);
        assert_eq!(offset_of!(kvm_cpuid_entry2, flags), 8);
        assert_eq!(offset_of!(kvm_cpuid_entry2, edx), 24);
        assert_eq!(kvm_bindings::KVM_CPUID_FLAG_SIGNIFCANT_INDEX, SIGNIFICANT_INDEX);
    }
}
