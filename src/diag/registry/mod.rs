//! The table of all rules, a file for each family.

mod basics;
mod cache;
mod cpu;
mod guest;
mod host;
mod id;
mod numa;
mod topology;

use super::{Fact, Rule, Scope};

/// The families in the order in which their rules run: whatever a rule requires stands before it.
const FAMILIES: [&[Rule]; 8] = [
    basics::RULES,
    topology::RULES,
    numa::RULES,
    cache::RULES,
    cpu::RULES,
    guest::RULES,
    host::RULES,
    id::RULES,
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
