//! The names of rules and families in policies.

use std::fmt;

use crate::diag::{READING, registry};
use crate::source::quoted;
use crate::yaml::nearest;

/// A rule, a mistake of form, or a family of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// All of a family.
    Family(&'static str),
    /// One.
    Rule(&'static str),
}

/// A name that is none, and what to write instead where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The name that was meant, if there is one.
    pub meant: Option<&'static str>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "\n  help: {help}"))
    }
}

impl std::error::Error for Unknown {}

impl Name {
    /// What a name stands for.
    ///
    /// # Errors
    /// It is no rule and no family: the nearest that is one, or since when and why it is none any more.
    pub fn find(name: &str) -> Result<Self, Unknown> {
        if let Some(rule) = registry::find(name) {
            return Ok(Self::Rule(rule.name));
        }
        if let Some((name, _)) = READING.iter().find(|(known, _)| *known == name) {
            return Ok(Self::Rule(name));
        }
        let families = registry::families();
        if let Some(family) = families.iter().find(|family| **family == name) {
            return Ok(Self::Family(family));
        }
        if let Some(removed) = registry::removed(name) {
            let message = format!("the rule `{name}` is gone since {}: {}", removed.since, removed.why);
            let help = removed.now.map(|now| format!("write `{now}`"));
            return Err(Unknown { message, help, meant: removed.now });
        }
        let meant = meant(name, &families);
        let help = meant
            .map_or_else(|| "`topoc explain --list` has all names".to_owned(), |it| format!("write `{it}`"));
        Err(Unknown {
            message: format!("there is no rule or family {}", quoted(name)),
            help: Some(help),
            meant,
        })
    }

    /// Whether this rule is meant.
    #[must_use]
    pub fn covers(self, rule: &str) -> bool {
        match self {
            Self::Family(family) => registry::family(rule) == family,
            Self::Rule(name) => name == rule,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Family(name) | Self::Rule(name)) = self;
        f.write_str(name)
    }
}

/// The name that was likely meant: the nearest, or the only one whose last part is as written.
fn meant(name: &str, families: &[&'static str]) -> Option<&'static str> {
    let rules = registry::all().map(|rule| rule.name).chain(READING.iter().map(|(name, _)| *name));
    let rules: Vec<_> = rules.collect();
    let last = |name: &'static str| name.rsplit("::").next();
    let mut like = rules.iter().copied().filter(|rule| last(rule) == name.rsplit("::").next());
    if let (Some(only), None) = (like.next(), like.next()) {
        return Some(only);
    }
    let all: Vec<_> = rules.into_iter().chain(families.iter().copied()).collect();
    nearest(name, &all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_rules_mistakes_of_form_and_families() {
        assert_eq!(Name::find("cache::not_nested"), Ok(Name::Rule("cache::not_nested")));
        assert_eq!(Name::find("yaml::ambiguous"), Ok(Name::Rule("yaml::ambiguous")));
        assert_eq!(Name::find("numa"), Ok(Name::Family("numa")));
        assert!(
            Name::Family("numa").covers("numa::cuts_core") && !Name::Family("numa").covers("apic::broadcast")
        );
    }

    #[test]
    fn what_is_no_name_says_what_was_meant() {
        let help = |name: &str| Name::find(name).unwrap_err().help.unwrap();
        assert_eq!(help("cache::lcc_spans_nodes"), "write `cache::llc_spans_nodes`");
        assert_eq!(help("llc_spans_nodes"), "write `cache::llc_spans_nodes`");
        assert_eq!(help("cahce"), "write `cache`");
        assert_eq!(help("x"), "`topoc explain --list` has all names");
        let gone = Name::find("id::broadcast").unwrap_err();
        assert!(gone.message.starts_with("the rule `id::broadcast` is gone since 0.1.0: "), "{gone}");
        assert_eq!(gone.meant, Some("apic::broadcast"));
    }

    #[test]
    fn what_was_renamed_leads_to_a_rule_and_is_none() {
        assert!(registry::REMOVED.is_sorted_by_key(|removed| removed.name));
        for removed in registry::REMOVED {
            assert!(registry::find(removed.name).is_none(), "{}", removed.name);
            assert!(removed.now.is_none_or(|now| registry::find(now).is_some()), "{}", removed.name);
        }
    }
}
