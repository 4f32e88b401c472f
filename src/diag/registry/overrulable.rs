//! Errors that a policy may lower.

/// Rules whose errors a policy may lower, by name: the tables can be made all the same, and it is the guest that would
/// be badly off. Every other error says that the machine cannot be, that the host cannot run it, or that the spec
/// contradicts itself.
pub static OVERRULABLE: &[&str] = &[
    "apic::broadcast",
    "guest::kernel_not_linux",
    "numa::cuts_core",
    "numa::empty_node",
    "numa::no_memory",
    "vendor::signature_in_part",
];
