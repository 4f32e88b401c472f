//! Errors that a policy may lower.

/// Rules whose errors a policy may lower, by name: the tables can be made all the same, and it is the guest that would
/// be badly off. Every other error says that the machine cannot be.
pub static OVERRULABLE: &[&str] = &[];
