//! A host with what is derived of its profile, each part once.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::OnceLock;

use super::{BaseError, BaseTable, HostProfile, answers, base_table};
use crate::decode::{self, Answers, Machine};
use crate::topology::{HostCache, NativeModels};

/// A profile to hold many specs against: what is derived of it, such as the decoding of every CPU's table, is
/// derived when it is first asked for and then kept. Threads may share one.
///
/// It stands for its profile wherever one is read.
#[derive(Debug)]
pub struct PreparedHost<'a> {
    profile: &'a HostProfile,
    machine: OnceLock<Machine>,
    caches: OnceLock<Vec<HostCache>>,
    core_of_cpu: OnceLock<HashMap<u32, usize>>,
    native_models: OnceLock<NativeModels>,
    base: OnceLock<Result<BaseTable, BaseError>>,
    digest: OnceLock<String>,
}

impl Deref for PreparedHost<'_> {
    type Target = HostProfile;

    fn deref(&self) -> &HostProfile {
        self.profile
    }
}

impl<'a> From<&'a HostProfile> for PreparedHost<'a> {
    fn from(profile: &'a HostProfile) -> Self {
        Self::new(profile)
    }
}

impl<'a> PreparedHost<'a> {
    /// Derives nothing yet.
    #[must_use]
    pub const fn new(profile: &'a HostProfile) -> Self {
        Self {
            profile,
            machine: OnceLock::new(),
            caches: OnceLock::new(),
            core_of_cpu: OnceLock::new(),
            native_models: OnceLock::new(),
            base: OnceLock::new(),
            digest: OnceLock::new(),
        }
    }

    /// The profile.
    #[must_use]
    pub const fn profile(&self) -> &'a HostProfile {
        self.profile
    }

    /// What the CPUs' own CPUID says of who shares what. Its CPUs are those that were online, in the order of
    /// [`CpusPart::online`](super::CpusPart); it has none where the profile does not have their CPUID.
    pub fn machine(&self) -> &Machine {
        self.machine.get_or_init(|| {
            let tables: Vec<Answers> = self.cpu_tables().map(|(_, table)| answers(&table)).collect();
            // CPUs that are offline are missing, so that nothing counts them.
            decode::part_of_machine(&tables)
        })
    }

    /// As [`HostProfile::caches`].
    pub fn caches(&self) -> &[HostCache] {
        self.caches.get_or_init(|| super::caches::of(self))
    }

    /// As [`HostProfile::core_of_cpu`].
    pub fn core_of_cpu(&self) -> &HashMap<u32, usize> {
        self.core_of_cpu.get_or_init(|| super::tables::core_of_cpu(self))
    }

    /// As [`HostProfile::native_models`].
    pub fn native_models(&self) -> NativeModels {
        *self.native_models.get_or_init(|| super::native_models::of(self))
    }

    /// As [`base_table`].
    ///
    /// # Errors
    /// As [`base_table`].
    pub fn base(&self) -> Result<&BaseTable, &BaseError> {
        self.base.get_or_init(|| base_table(self.profile)).as_ref()
    }

    /// As [`HostProfile::digest`].
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| self.profile.digest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENOA: &[u8] = include_bytes!("../../examples/hosts/two-socket-amd-epyc-9654.json");

    #[test]
    fn each_part_is_the_profiles_own_and_derived_once() {
        let profile = HostProfile::from_slice(GENOA).unwrap();
        let host = PreparedHost::new(&profile);
        assert_eq!(host.caches(), profile.caches());
        assert_eq!(host.core_of_cpu(), &profile.core_of_cpu());
        assert_eq!(host.native_models(), profile.native_models());
        assert_eq!(host.base(), base_table(&profile).as_ref());
        assert_eq!(host.digest(), profile.digest());
        assert_eq!((host.machine().cpus.len(), host.machine().sets(decode::Domain::Core).len()), (384, 192));
        assert!(std::ptr::eq(host.machine(), host.machine()), "decoded twice");
    }

    #[test]
    fn threads_may_share_one() {
        fn shared<T: Sync + Send>() {}
        shared::<PreparedHost<'_>>();
    }

    #[test]
    fn a_profile_without_cpuid_has_no_cpus() {
        let profile = HostProfile::default();
        let host = PreparedHost::new(&profile);
        assert!(host.machine().cpus.is_empty() && host.caches().is_empty() && host.core_of_cpu().is_empty());
        assert_eq!(host.base(), Err(&BaseError::Missing));
    }
}
