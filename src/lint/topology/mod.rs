//! Rules on counts and levels.

pub(super) mod beyond_field;
pub(super) mod count_zero;
pub(super) mod level_not_enumerable;
pub(super) mod linux_reads_legacy;
pub(super) mod number_truncated;
pub(super) mod odd_threads;
pub(super) mod too_many_vcpus;
