//! topoc compiles a YAML description of a virtual machine's CPU topology into the CPUID that its
//! guest will read: one `struct kvm_cpuid2` per vCPU, ready for `KVM_SET_CPUID2`.

pub mod cpuid;
pub mod decode;
pub mod diag;
pub mod lint;
pub mod lower;
pub mod profile;
pub mod source;
pub mod spec;
pub mod topology;
pub mod yaml;
