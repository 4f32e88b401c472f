//! Rules on counts, levels and parts.

pub(super) mod beyond_field;
pub(super) mod core_type_missing;
pub(super) mod core_type_not_told;
pub(super) mod count_zero;
pub(super) mod dies_in_linux;
pub(super) mod id_bits_misfit;
pub(super) mod level_not_enumerable;
pub(super) mod linux_reads_legacy;
pub(super) mod no_order;
pub(super) mod number_truncated;
pub(super) mod odd_threads;
pub(super) mod part_misplaced;
pub(super) mod too_many_vcpus;
pub(super) mod uneven_in_linux;
pub(super) mod wrong_present;
