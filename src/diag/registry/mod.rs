//! The table of all rules, a file for each family.

mod apic;
mod basics;
mod cache;
mod features;
mod guest;
mod host;
mod leaf;
mod numa;
mod topology;
mod vendor;

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
