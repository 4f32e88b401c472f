//! The table of all rules.

use super::Rule;

/// Rules that judge a resolved or unresolved spec, in the order in which they run: whatever a rule
/// requires stands before it.
pub static RULES: &[Rule] = &[];

/// Rules that speak while a spec's text is parsed.
pub static PARSING: &[Rule] = &[];

/// All rules.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    PARSING.iter().chain(RULES)
}

/// The rule of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.name == name)
}
