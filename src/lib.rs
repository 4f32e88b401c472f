//! topoc compiles a YAML description of a virtual machine's CPU topology into the CPUID that its
//! guest will read: one `struct kvm_cpuid2` per vCPU, ready for `KVM_SET_CPUID2`.
//!
//! ```text
//! YAML text ──spec──▶ Spec ──topology──▶ Topology, Numbered, Caches ──lint──▶ Report
//!                                               │
//! HostProfile ──────────────────────────────────┴──lower──▶ CpuidTable ──emit──▶ bytes
//!                                                                                  │
//!                       Compiled ◀──verify── what decode reads in the bytes ◀──────┘
//! ```

#[cfg(feature = "cli")]
pub mod cli;
pub mod compile;
pub mod cpuid;
pub mod decode;
pub mod diag;
pub mod emit;
pub mod features;
pub mod fleet;
pub mod lint;
pub mod lower;
pub mod mirror;
pub mod place;
pub mod policy;
pub mod profile;
pub mod prove;
pub mod source;
pub mod spec;
pub mod topology;
pub mod verify;
pub mod yaml;

pub use compile::{CompileError, Compiled, check, compile};
pub use profile::HostProfile;
pub use spec::Spec;

/// The examples in README.md, as documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
