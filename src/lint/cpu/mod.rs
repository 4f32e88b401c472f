//! Rules on what kind of CPU the guest sees.

pub(super) mod vendor_mismatch;
