//! Rules on what kind of CPU the guest sees.

pub(super) mod address_bits;
pub(super) mod beyond_field;
pub(super) mod clock_not_told;
pub(super) mod crystal_not_apic_bus;
pub(super) mod family_beyond_host;
pub(super) mod family_unlike_features;
pub(super) mod perfctr_core_dropped;
pub(super) mod pv_taken_along;
pub(super) mod pv_without_kvm;
pub(super) mod realtime_unpinned;
pub(super) mod signature_in_part;
pub(super) mod tsc_not_host;
pub(super) mod vendor_mismatch;
