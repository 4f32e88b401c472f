//! The table of all rules, a file for each family.

mod apic;
mod basics;
mod cache;
mod features;
mod guest;
mod host;
mod leaf;
mod numa;
mod overrulable;
mod removed;
mod topology;
mod vendor;

pub use overrulable::OVERRULABLE;
pub use removed::{REMOVED, Removed, removed};

use super::{Fact, Rule, Scope};

/// The families in the order in which their rules run: whatever a rule requires stands before it.
const FAMILIES: [&[Rule]; 10] = [
    basics::RULES,
    topology::RULES,
    numa::RULES,
    cache::RULES,
    features::RULES,
    leaf::RULES,
    vendor::RULES,
    guest::RULES,
    host::RULES,
    apic::RULES,
];

/// All rules, in the order in which they run.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.into_iter().flatten()
}

/// The rule of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.name == name)
}

/// Whether errors of this rule may be lowered by a policy.
#[must_use]
pub fn is_overrulable(name: &str) -> bool {
    OVERRULABLE.contains(&name)
}

/// The families of rules and of mistakes of form, by name.
#[must_use]
pub fn families() -> Vec<&'static str> {
    let names = all().map(|rule| rule.name).chain(super::READING.iter().map(|(name, _)| *name));
    let mut families: Vec<_> = names.map(family).collect();
    families.sort_unstable();
    families.dedup();
    families
}

/// The family of a name: what stands before its `::`.
#[must_use]
pub fn family(name: &str) -> &str {
    name.split("::").next().unwrap_or(name)
}
