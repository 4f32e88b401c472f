//! Rules on what the guest can do.

pub(super) mod alias;
pub(super) mod baseline_beyond_host;
pub(super) mod baseline_mismatch;
pub(super) mod baseline_unread;
pub(super) mod decided;
pub(super) mod missing;
pub(super) mod model_beyond_host;
pub(super) mod not_migratable;
pub(super) mod perfctr_core_dropped;
pub(super) mod pmu_excluded;
pub(super) mod pmu_missing;
pub(super) mod pmu_on_hybrid;
pub(super) mod prerequisite_missing;
pub(super) mod pv_taken_along;
pub(super) mod pv_without_kvm;
pub(super) mod realtime_unpinned;
pub(super) mod required_and_disabled;
pub(super) mod takes_along;
pub(super) mod unknown;
pub(super) mod xsave_incomplete;

use super::{Facts, profile, value};
use crate::cpuid::feature::Feature;
use crate::diag::{At, Diagnostic};
use crate::features::{FeatureSet, known};
use crate::spec::{Cpu, FeatureName};

/// The entries of a list of `cpu`, each with where it stands.
fn entries<'a>(
    list: &'static str,
    names: Option<&'a Vec<FeatureName>>,
) -> impl Iterator<Item = (At, &'a str)> {
    let at = move |at: usize| value(&format!("cpu.{list}[{at}]"));
    names.into_iter().flatten().enumerate().map(move |(n, name)| (at(n), name.0.as_str()))
}

/// The features of a list of `cpu`, each with where it stands.
fn features(list: &'static str, names: Option<&Vec<FeatureName>>) -> Vec<(At, &'static Feature)> {
    known(names).map(|(n, feature)| (value(&format!("cpu.{list}[{n}]")), feature)).collect()
}

/// Both lists.
fn lists(cpu: &Cpu) -> [(&'static str, Option<&Vec<FeatureName>>); 2] {
    [("require", cpu.require.as_ref()), ("disable", cpu.disable.as_ref())]
}

/// Names for a message: `` `a`, `b` and `c` ``.
fn names<'f>(features: impl IntoIterator<Item = &'f &'static Feature>) -> String {
    let names: Vec<String> = features.into_iter().map(|feature| format!("`{}`", feature.name)).collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

impl Facts<'_> {
    /// Points at the register of the profile that lacks a feature.
    fn label_register(&self, diagnostic: Diagnostic, feature: &Feature) -> Diagnostic {
        let Some(host) = self.host else { return diagnostic };
        let tables = [
            ("kvm.supported_cpuid", host.kvm.as_ref().and_then(|kvm| kvm.supported_cpuid.as_ref())),
            ("cpus.cpuid", host.cpus.as_ref().map(|cpus| &cpus.cpuid)),
        ];
        let Some((part, table)) = tables.into_iter().find_map(|(part, table)| Some((part, table?))) else {
            return diagnostic;
        };
        let bit = table.get(feature.key()).map(|words| words.get(feature.register) >> feature.bit & 1);
        match bit {
            Some(bit) => {
                diagnostic.label(profile(&format!("{part}.{}", feature.key())), format!("{feature} is {bit}"))
            }
            None => diagnostic.label(profile(part), format!("without {}", feature.key())),
        }
    }

    /// Why the host does not offer a feature, where its CPU has it.
    fn why_not(&self, feature: &Feature) -> Option<&'static str> {
        let host = self.host?;
        let kvm = host.kvm.as_ref().and_then(|kvm| kvm.supported_cpuid.as_ref());
        let native = host.cpus.as_ref().is_some_and(|cpus| feature.is_in(&cpus.cpuid));
        match kvm.map(|kvm| feature.is_in(kvm)) {
            Some(true) => {
                Some("KVM offers it, and topoc gives it to no guest: what it needs is not in this version")
            }
            Some(false) if native => Some("the host's CPU has it, and KVM does not pass it"),
            None if native => Some("the host's CPU has it, and it is not known whether KVM passes it"),
            _ => None,
        }
    }
}

/// Of a set, what a level or baseline has and the host does not offer.
fn beyond(set: &FeatureSet, offered: &FeatureSet) -> FeatureSet {
    set - offered
}
