//! Many specs against many hosts: which spec runs where.
//!
//! Hosts that no rule could tell apart are one group, so that a fleet costs as much as it has kinds of hosts. The
//! answers are [`compile::check`](crate::compile::check)'s; this module only asks, counts and puts together.

mod fingerprint;
mod group;
mod merge;
mod report;
mod shard;
mod verdict;

pub use fingerprint::{essence, fingerprint};
pub use group::{counted, describe};
pub use merge::{PART_VERSION, Part, merge};
pub use report::{Answer, Broken, Cell, FIT_VERSION, Fit, Group, Reason, Require, SpecRow};
pub use shard::Shard;
pub use verdict::judge;
