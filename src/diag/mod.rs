//! What topoc has to say about a spec: diagnostics, the rules that give them, and how they look.

mod diagnostic;
pub mod registry;
pub mod render;
mod rule;
mod sources;

pub use diagnostic::{At, Diagnostic, Label, Severity};
pub use rule::{Fact, Level, Rule, Scope};
pub use sources::{Document, Place, Resolved, Sources};
