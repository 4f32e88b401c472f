//! Whether KVM, and a guest that it runs, answer as the tables say.
//!
//! `guest` gives a table to a vCPU and brings back what was seen; `compare` holds that against the table.
//! What a KVM module is known to write into tables stands in [`rewrites`].

pub mod compare;
#[cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
mod guest;
mod names;
#[cfg(any(test, all(feature = "kvm", target_os = "linux", target_arch = "x86_64")))]
mod queries;
mod report;
pub mod rewrites;

use std::fmt;
use std::time::Duration;

pub use report::{Coordinate, Counts, Difference, Kind, Report, Unproven};

use crate::decode::{Answers, Entry, Registers};
use crate::profile::CaptureError;

/// One vCPU of a compiled machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vcpu {
    /// Its index in the manifest.
    pub index: u32,
    /// The argument of KVM_CREATE_VCPU, which is its x2APIC ID.
    pub vcpu_id: u32,
    /// Its table.
    pub table: Answers,
}

/// One execution of CPUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Query {
    /// EAX before it.
    pub leaf: u32,
    /// ECX before it.
    pub subleaf: u32,
}

/// What a vCPU with a table was seen to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The entries of KVM_GET_CPUID2, in its order.
    pub got: Vec<Entry>,
    /// Each question to the guest, and what it read.
    pub answers: Vec<(Query, Registers)>,
}

/// Why a vCPU could not be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuestError {
    /// The kernel refuses a call.
    Refused {
        /// The ioctl or system call.
        call: &'static str,
        /// The kernel's error.
        why: String,
    },
    /// The guest left its program: how.
    Astray(String),
    /// The guest ran for this long.
    NeverHalts(Duration),
}

impl fmt::Display for GuestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { call, why } => write!(f, "{call}: {why}"),
            Self::Astray(how) => write!(f, "the guest left its program: {how}"),
            Self::NeverHalts(time) => write!(f, "the guest did not halt within {} s", time.as_secs_f32()),
        }
    }
}

/// Why a machine could be neither proven nor disproven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProveError {
    /// There is no KVM to ask.
    NoKvm(CaptureError),
    /// A vcpu_id is beyond what this KVM takes.
    BeyondLimit {
        /// The vCPU's index.
        vcpu: u32,
        /// Its ID.
        vcpu_id: u32,
        /// KVM_CAP_MAX_VCPU_ID: IDs are below it.
        limit: usize,
    },
    /// A vCPU could not be asked.
    Vcpu {
        /// Its index.
        vcpu: u32,
        /// Its ID.
        vcpu_id: u32,
        /// Why.
        error: GuestError,
    },
}

impl ProveError {
    /// What to do about it, where something can be done.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::NoKvm(CaptureError::NotThere) => Some(
                "load kvm_intel or kvm_amd (virtualization may be off in the firmware, and inside a VM nested \
                 virtualization in its host), or prove on a machine that has it",
            ),
            Self::NoKvm(CaptureError::Unsupported) => {
                Some("prove on Linux x86-64 with a topoc that has the `kvm` feature")
            }
            Self::NoKvm(error) => Some(error.help()),
            Self::BeyondLimit { .. } => {
                Some("prove with a kernel built for more vCPUs (CONFIG_KVM_MAX_NR_VCPUS)")
            }
            Self::Vcpu { error: GuestError::Refused { call, .. }, .. } if is_set_cpuid2(call) => Some(
                "KVM refuses more than 256 entries, address widths in 80000008H:EAX[15:8] other than 0, 48 and \
                 57, and AMX in 0DH without the process's permission (ARCH_REQ_XCOMP_GUEST_PERM)",
            ),
            Self::Vcpu { .. } if self.is_no_kvm() => Some(
                "another hypervisor may hold the CPU's virtualization; look into the kernel's log for kvm",
            ),
            Self::Vcpu { .. } => None,
        }
    }

    /// Whether KVM gives no VM at all, so that nothing is said of the tables.
    #[must_use]
    pub const fn is_no_kvm(&self) -> bool {
        match self {
            Self::NoKvm(_) => true,
            Self::Vcpu { error: GuestError::Refused { call, .. }, .. } => is_create_vm(call),
            Self::BeyondLimit { .. } | Self::Vcpu { .. } => false,
        }
    }
}

const fn is_set_cpuid2(call: &str) -> bool {
    matches!(call.as_bytes(), b"KVM_SET_CPUID2")
}

const fn is_create_vm(call: &str) -> bool {
    matches!(call.as_bytes(), b"KVM_CREATE_VM")
}

impl fmt::Display for ProveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKvm(CaptureError::Unsupported) => {
                f.write_str("proving needs Linux on x86-64 and the `kvm` feature")
            }
            Self::NoKvm(error) => error.fmt(f),
            Self::BeyondLimit { vcpu, vcpu_id, limit } => write!(
                f,
                "vCPU {vcpu} has vcpu_id {vcpu_id}, this KVM takes IDs below {limit} (KVM_CAP_MAX_VCPU_ID)"
            ),
            Self::Vcpu { vcpu, vcpu_id, error } => write!(f, "vCPU {vcpu}, vcpu_id {vcpu_id}: {error}"),
        }
    }
}

impl std::error::Error for ProveError {}

/// Gives every table to a vCPU of its own VM, runs a guest there, and compares. `progress` is told how
/// many vCPUs are done.
///
/// # Errors
/// There is no KVM, it takes none of such IDs, or it refuses a vCPU: the first of these.
#[cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
pub fn prove(vcpus: &[Vcpu], mut progress: impl FnMut(usize)) -> Result<Report, ProveError> {
    let device = guest::Device::open().map_err(ProveError::NoKvm)?;
    let limit = device.max_vcpu_id();
    let beyond = |vcpu: &&Vcpu| usize::try_from(vcpu.vcpu_id).map_or(true, |id| id >= limit);
    if let Some(&Vcpu { index: vcpu, vcpu_id, .. }) = vcpus.iter().find(beyond) {
        return Err(ProveError::BeyondLimit { vcpu, vcpu_id, limit });
    }
    let mut report = Report::new(crate::profile::kvm_module());
    for (done, vcpu) in (1..).zip(vcpus) {
        let witness = device.witness(vcpu.vcpu_id, &vcpu.table).map_err(|error| ProveError::Vcpu {
            vcpu: vcpu.index,
            vcpu_id: vcpu.vcpu_id,
            error,
        })?;
        compare::vcpu(vcpu, &witness, &mut report);
        progress(done);
    }
    Ok(report)
}

/// Nothing can be proven on this system, or by this build.
///
/// # Errors
/// Always.
#[cfg(not(all(feature = "kvm", target_os = "linux", target_arch = "x86_64")))]
pub fn prove(_: &[Vcpu], _: impl FnMut(usize)) -> Result<Report, ProveError> {
    Err(ProveError::NoKvm(CaptureError::Unsupported))
}
