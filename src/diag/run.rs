//! What a run over many specs came to, as the formats for programs write it.

use super::{Diagnostic, Sources};

/// A run over many specs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run<'a> {
    /// The files with findings and those without, in order of their names.
    pub files: &'a [Checked<'a>],
    /// Files that were passed by.
    pub skipped: &'a [Skipped],
    /// Rules that did not run on some of the specs.
    pub not_run: &'a [NotRun],
}

/// One file: a spec, or the policy that specs are judged by.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    /// Its path, or `<stdin>`.
    pub name: &'a str,
    /// The texts that labels point into.
    pub sources: Sources<'a>,
    /// What was found, at the levels that the policy gives.
    pub diagnostics: &'a [Diagnostic],
    /// What was found and is allowed.
    pub allowed: &'a [Allowed],
}

/// A finding that counts for nothing, by decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The finding.
    pub diagnostic: Diagnostic,
    /// Who decided.
    pub by: AllowedBy,
    /// Why; empty where nobody said.
    pub reason: String,
}

/// Who allows a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowedBy {
    /// A comment in the spec.
    Comment,
    /// The policy file or an option.
    Policy,
}

/// A file that was passed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its path.
    pub name: String,
    /// Why, in words.
    pub why: String,
}

/// A rule that did not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRun {
    /// Its name.
    pub rule: &'static str,
    /// Why, in words.
    pub why: String,
    /// On how many of the specs.
    pub specs: usize,
}
