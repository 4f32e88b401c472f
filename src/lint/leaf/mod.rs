//! Rules on values of single leaves.

pub(super) mod address_bits;
pub(super) mod beyond_field;
pub(super) mod clock_not_told;
pub(super) mod crystal_not_apic_bus;
pub(super) mod la57_width;
pub(super) mod tsc_not_host;
