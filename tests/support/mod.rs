//! Machines for the tests: the golden ones, and the captures of the corpus.

// Each test binary uses its part.
#![allow(dead_code)]

pub mod blob;
pub mod corpus;
pub mod golden;
pub mod imports;
pub mod shape;

/// One CPUID answer of a capture: leaf, subleaf where the leaf has them, EAX to EDX.
pub type Answer = (u32, Option<u32>, [u32; 4]);

/// Leaves with subleaves, as captures print them.
pub fn is_indexed(leaf: u32) -> bool {
    matches!(
        leaf,
        4 | 7 | 0xB | 0xD | 0xF | 0x10 | 0x12 | 0x14 | 0x17 | 0x18 | 0x1B | 0x1D..=0x20 | 0x23 | 0x24
    ) || matches!(leaf, 0x8000_001D | 0x8000_0020 | 0x8000_0026)
}

/// Hexadecimal, without a prefix.
pub fn hex(text: &str) -> u32 {
    u32::from_str_radix(text.trim(), 16).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}
