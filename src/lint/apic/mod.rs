//! Rules on x2APIC IDs.

pub(super) mod beyond_kvm_limit;
pub(super) mod broadcast;
pub(super) mod feature_dropped;
pub(super) mod no_extended_destination;
pub(super) mod not_x2apic_at_boot;
pub(super) mod x2apic_missing;
