//! Which model the host's cores of each type are.

use super::{HostProfile, PreparedHost};
use crate::cpuid::Vendor;
use crate::decode;
use crate::topology::NativeModels;

impl HostProfile {
    /// The native models that the host's own CPUs tell; for a type that it does not have, those of the
    /// vendor's first processor with two types.
    #[must_use]
    pub fn native_models(&self) -> NativeModels {
        PreparedHost::new(self).native_models()
    }
}

/// As [`HostProfile::native_models`].
pub(super) fn of(host: &PreparedHost<'_>) -> NativeModels {
    let is_amd = matches!(host.vendor(), Some(Ok(vendor)) if Vendor::is_amd_like(vendor));
    let mut models = if is_amd { NativeModels::AMD } else { NativeModels::INTEL };
    let told = || host.machine().cpus.iter().filter_map(|cpu| Some((cpu.core_type?, cpu.native_model?)));
    let first = |wanted| told().find(|(core_type, _)| *core_type == wanted).map(|(_, model)| model);
    if let Some(model) = first(decode::CoreType::Performance) {
        models.performance = model;
    }
    if let Some(model) = first(decode::CoreType::Efficiency) {
        models.efficiency = model;
    }
    models
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuid::{CpuidTable, Key};
    use crate::profile::CpusPart;
    use crate::spec::CpuList;

    /// The type and model words of a Core Ultra 7 155H.
    #[test]
    fn the_hosts_own_models_come_first() {
        let mut cpuid = CpuidTable::new();
        cpuid.insert(Key::leaf(0), [0x1f, 0x756e_6547, 0x6c65_746e, 0x4965_6e69].into()).unwrap();
        let own = |word: u32| [(Key::leaf(0x1a), [word, 0, 0, 0].into())].into();
        let of = |words: &[u32]| {
            let mut cpuid = cpuid.clone();
            cpuid.insert(Key::leaf(0x1a), [words[0], 0, 0, 0].into()).unwrap();
            let last = u32::try_from(words.len()).unwrap() - 1;
            let online = CpuList { ranges: vec![(0, last, 1)] };
            let differences = (1..).zip(&words[1..]).map(|(cpu, word)| (cpu, own(*word))).collect();
            let cpus = Some(CpusPart { online, cpuid, differences });
            HostProfile { cpus, ..HostProfile::default() }.native_models()
        };
        assert_eq!(of(&[0x4000_0002, 0x2000_0003]), NativeModels { performance: 2, efficiency: 3 });
        assert_eq!(of(&[0x4000_0002, 0x4000_0002]), NativeModels { performance: 2, efficiency: 1 });
        assert_eq!(HostProfile::default().native_models(), NativeModels::INTEL);
    }
}
