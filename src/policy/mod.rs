//! What a project makes of findings: levels per rule and family, and comments in specs that allow one.
//!
//! ```text
//! topoc.yaml ─form─▶ File ─┐
//! --deny, --warn, --allow ─┴─▶ Levels ─┐
//! a spec's comments ─comment─▶ Allows ─┴─judge─▶ findings at their levels, and what is allowed
//! ```
//!
//! An error that says that a machine cannot be is beyond any policy.

mod comment;
mod form;
mod judge;
mod levels;
mod name;

pub use comment::{Allow, Allows, allows};
pub use form::{File, POLICY_VERSION, ReadFile, read, schema};
pub use judge::{Judge, Judged, judge};
pub use levels::{FailOn, Levels, Setting};
pub use name::{Name, Unknown};
