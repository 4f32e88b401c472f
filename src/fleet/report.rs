//! What is known of specs and hosts: the result, and its form as JSON.

use serde::{Deserialize, Serialize};

/// The version of the result's JSON form.
pub const FIT_VERSION: u32 = 1;

/// Which specs run on which hosts. Everything that is printed is made from this alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// The version of this form: [`FIT_VERSION`].
    pub topoc_fit: u32,
    /// The version of topoc whose rules answered.
    pub topoc: String,
    /// The kinds of hosts, by their first host.
    pub groups: Vec<Group>,
    /// Files that are no host profile.
    pub broken_hosts: Vec<Broken>,
    /// The specs, in the order in which they were given.
    pub specs: Vec<SpecRow>,
}

/// Hosts that no rule tells apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its number, from 1.
    pub group: usize,
    /// SHA-256 of what the hosts have in common, which is all that rules look at.
    pub fingerprint: String,
    /// What kind of host it is, for people.
    pub what: String,
    /// How many hosts it has.
    pub count: usize,
    /// The hosts, by their profiles' paths.
    pub hosts: Vec<String>,
}

/// A file that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Broken {
    /// The file, as it was named.
    pub path: String,
    /// Whether it could not even be read.
    pub unreadable: bool,
    /// Every mistake, a line each.
    pub mistakes: Vec<String>,
}

/// A spec and where it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecRow {
    /// The spec, by its path.
    pub spec: String,
    /// SHA-256 of its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// SHA-256 of the baseline that it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline_sha256: Option<String>,
    /// What is wrong with it on any host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<Broken>,
    /// By group; none where the spec is broken.
    pub cells: Vec<Cell>,
}

/// What the rules say of a spec on a kind of host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// The group's number.
    pub group: usize,
    /// The answer.
    pub verdict: Answer,
    /// How many warnings there are.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub warnings: usize,
    /// Why it does not fit, or why that is not known: the first reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// The rules' answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Nothing to say.
    Fits,
    /// It compiles, and a guest may misbehave.
    FitsWithWarnings,
    /// It does not compile.
    DoesNotFit,
    /// Nothing speaks against it, but the search for a place on the host ended without an answer.
    Undecided,
}

impl Answer {
    /// Whether the spec compiles for the host.
    #[must_use]
    pub const fn is_fit(self) -> bool {
        matches!(self, Self::Fits | Self::FitsWithWarnings)
    }

    /// As JSON and CSV have it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::FitsWithWarnings => "fits_with_warnings",
            Self::DoesNotFit => "does_not_fit",
            Self::Undecided => "undecided",
        }
    }
}

/// A rule and what it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The rule's name.
    pub rule: String,
    /// Its message.
    pub message: String,
}

/// On how many hosts a spec has to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Require {
    /// On one at least.
    #[default]
    Any,
    /// On every one.
    All,
}

impl SpecRow {
    /// Whether the spec runs on as many hosts as it has to.
    #[must_use]
    pub fn is_met(&self, require: Require, groups: usize) -> bool {
        let fits = self.cells.iter().filter(|cell| cell.verdict.is_fit()).count();
        match require {
            Require::Any => fits > 0,
            Require::All => fits > 0 && fits == groups,
        }
    }
}

impl Fit {
    /// All files that could not be used.
    pub fn broken(&self) -> impl Iterator<Item = &Broken> {
        self.broken_hosts.iter().chain(self.specs.iter().filter_map(|spec| spec.broken.as_ref()))
    }

    /// How many hosts there are.
    #[must_use]
    pub fn hosts(&self) -> usize {
        self.groups.iter().map(|group| group.count).sum()
    }
}
