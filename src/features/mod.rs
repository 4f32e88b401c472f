//! Which features a guest gets: those that the host offers, less what a spec's `cpu` takes away by a
//! model, a baseline or a list.

mod baseline;
mod decided;
mod level;
mod select;

pub use baseline::{
    BASELINE_VERSION, Baseline, BaselineError, Component, Offer, Profile, baseline_schema, layout,
};
pub use decided::{Decided, decided};
pub use level::{every_guest, level, nested, not_migratable, pmu};
pub use select::{Selection, has_pmu, offered};

use std::collections::BTreeSet;

use crate::cpuid::feature::{Feature, all, find, normal};
use crate::spec::FeatureName;
use crate::yaml;

/// Features, in the order of their leaves.
pub type FeatureSet = BTreeSet<&'static Feature>;

/// The entries of a list that are features, each with its place in the list.
pub fn known(list: Option<&Vec<FeatureName>>) -> impl Iterator<Item = (usize, &'static Feature)> {
    list.into_iter().flatten().enumerate().filter_map(|(at, name)| Some((at, find(&name.0)?)))
}

/// The name that was likely meant.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static str> {
    let names: Vec<&'static str> = all().flat_map(|f| f.aliases.iter().copied().chain([f.name])).collect();
    let meant = yaml::nearest(&normal(name), &names)?;
    find(meant).map(|feature| feature.name)
}

/// The features that have no prerequisite missing, all the way down.
fn whole(mut features: FeatureSet) -> FeatureSet {
    loop {
        let broken: Vec<_> = features
            .iter()
            .copied()
            .filter(|feature| crate::cpuid::feature::missing(feature, &features).is_some())
            .collect();
        if broken.is_empty() {
            return features;
        }
        for feature in broken {
            features.remove(feature);
        }
    }
}
