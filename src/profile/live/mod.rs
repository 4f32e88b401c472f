//! Live capture: this machine as a host profile.

#[cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
mod affinity;
#[cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
mod kvm;
#[cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
mod linux;
#[cfg(any(test, all(feature = "kvm", target_os = "linux", target_arch = "x86_64")))]
mod walk;

use std::fmt;

use super::HostProfile;

#[cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
pub(crate) use {kvm::open as open_kvm, linux::kvm_module};

/// What goes into a capture beyond the usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureOptions {
    /// Name the host.
    pub host_name: bool,
    /// Keep the kernel's whole version, not major.minor alone.
    pub full_kernel_version: bool,
}

/// Why this machine could not be captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptureError {
    /// There is no `/dev/kvm`.
    NotThere,
    /// `/dev/kvm` may not be opened by this user.
    NoPermission,
    /// `/dev/kvm` opens, but does not answer as KVM does: what failed.
    NotUsable(String),
    /// This build or this system has no KVM.
    Unsupported,
}

impl CaptureError {
    /// What to do about it.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NotThere => {
                "load kvm_intel or kvm_amd (virtualization may be off in the firmware, and inside a VM \
                 nested virtualization in its host), or compile for a profile captured elsewhere: --host FILE"
            }
            Self::NoPermission => {
                "join the group that owns /dev/kvm (often `sudo usermod -aG kvm $USER`, then log in again)"
            }
            Self::NotUsable(_) => "look into the kernel's log for messages of kvm",
            Self::Unsupported => {
                "capture on a Linux x86-64 host with topoc's `kvm` feature: topoc capture -o host.json"
            }
        }
    }
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere => f.write_str("/dev/kvm is not there"),
            Self::NoPermission => f.write_str("no permission to open /dev/kvm"),
            Self::NotUsable(what) => write!(f, "/dev/kvm is not usable: {what}"),
            Self::Unsupported => f.write_str("live capture needs Linux on x86-64 and the `kvm` feature"),
        }
    }
}

impl std::error::Error for CaptureError {}

/// Captures this machine.
///
/// Each online CPU is read on that CPU itself: the calling thread visits them all, and has its
/// affinity back whatever happens. What could not be read stands in
/// [`unread`](HostProfile::unread). No clock is read: the caller fills in the date.
///
/// # Errors
/// `/dev/kvm` is not there, may not be opened or does not answer.
#[cfg_attr(
    not(all(feature = "kvm", target_os = "linux", target_arch = "x86_64")),
    expect(unused_variables, reason = "the stub of other systems")
)]
pub fn capture(options: &CaptureOptions) -> Result<HostProfile, CaptureError> {
    #[cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
    return linux::capture(*options);
    #[cfg(not(all(feature = "kvm", target_os = "linux", target_arch = "x86_64")))]
    Err(CaptureError::Unsupported)
}
