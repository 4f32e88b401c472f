//! Levels per rule and family.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Name;
use crate::diag::Severity;

/// What findings of a rule count for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Nothing: they are counted and not shown.
    Allow,
    /// They are warnings.
    Warn,
    /// They are errors.
    Deny,
}

/// From which level on findings make a run fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailOn {
    /// Errors alone.
    #[default]
    Error,
    /// Warnings and errors.
    Warning,
    /// Any finding.
    Note,
    /// None.
    Never,
}

impl FailOn {
    /// Whether a finding of this severity makes a run fail.
    #[must_use]
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Note => true,
            Self::Never => false,
        }
    }
}

/// Levels of rules and families. That of a rule goes before that of its family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels(BTreeMap<Name, Setting>);

impl Levels {
    /// Sets a level; gives the one that was set before.
    pub fn set(&mut self, name: Name, setting: Setting) -> Option<Setting> {
        self.0.insert(name, setting)
    }

    /// The level of a rule, if one is set for it or for its family.
    #[must_use]
    pub fn of(&self, rule: &str) -> Option<Setting> {
        let covering = self.0.iter().filter(|(name, _)| name.covers(rule));
        // Families are less than rules.
        covering.max_by_key(|(name, _)| **name).map(|(_, setting)| *setting)
    }

    /// Whether no level is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_goes_before_its_family_whatever_comes_first() {
        let (family, rule) = (Name::Family("numa"), Name::Rule("numa::cuts_core"));
        for order in [
            [(family, Setting::Deny), (rule, Setting::Allow)],
            [(rule, Setting::Allow), (family, Setting::Deny)],
        ] {
            let mut levels = Levels::default();
            for (name, setting) in order {
                assert_eq!(levels.set(name, setting), None);
            }
            assert_eq!(levels.of("numa::cuts_core"), Some(Setting::Allow));
            assert_eq!(levels.of("numa::no_memory"), Some(Setting::Deny));
            assert_eq!(levels.of("cache::not_nested"), None);
        }
    }
}
