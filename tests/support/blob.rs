//! `struct kvm_cpuid2` by hand, for the tests alone.

use super::Answer;

/// The bytes of a table.
pub fn encode(table: &[Answer]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut word = |value: u32| bytes.extend(value.to_le_bytes());
    word(u32::try_from(table.len()).expect("few entries"));
    word(0);
    for (leaf, subleaf, registers) in table {
        word(*leaf);
        word(subleaf.unwrap_or(0));
        word(u32::from(subleaf.is_some()));
        registers.iter().for_each(|register| word(*register));
        (0..3).for_each(|_| word(0));
    }
    bytes
}

/// The table with the hypervisor range and the first extended leaf, where it lacks them.
pub fn completed(table: &[Answer]) -> Vec<Answer> {
    let mut table = table.to_vec();
    for (leaf, registers) in [
        (0x4000_0000, [0x4000_0001, 0x4B4D_564B, 0x564B_4D56, 0x4D]),
        (0x4000_0001, [0; 4]),
        (0x8000_0000, [0x8000_0008, 0, 0, 0]),
        (0x8000_0008, [0x3030, 0, 0, 0]),
    ] {
        if !table.iter().any(|(there, ..)| *there == leaf) {
            table.push((leaf, None, registers));
        }
    }
    table.sort_by_key(|(leaf, subleaf, _)| (*leaf, *subleaf));
    table
}
