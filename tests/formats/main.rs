//! What a run looks like in every format: snapshots over the same diagnostics, and readers of each format
//! that are not its writer.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod annotations;
mod fingerprints;
mod fixes;
mod gitlab;
mod hand_built;
mod hostile;
mod json;
mod junit;
mod narrated;
mod page;
mod sarif;
mod schemas;
mod snapshots;
