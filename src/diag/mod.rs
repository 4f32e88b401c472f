//! What topoc has to say about a spec: diagnostics, the rules that give them, and how they look.

mod diagnostic;
mod pages;
mod reading;
pub mod registry;
pub mod render;
mod rule;
mod sources;

pub use diagnostic::{At, Diagnostic, Label, Severity};
pub use reading::READING;
pub use rule::{Fact, Level, Rule, Scope};
pub use sources::{Document, Place, Resolved, Sources};
