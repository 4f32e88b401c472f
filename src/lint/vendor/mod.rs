//! Rules on whose processor the guest sees, and which.

pub(super) mod family_beyond_host;
pub(super) mod family_unlike_features;
pub(super) mod mismatch;
pub(super) mod not_supported;
pub(super) mod signature_in_part;
