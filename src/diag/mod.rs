//! What topoc has to say about a spec: diagnostics, the rules that give them, and how they look.

mod diagnostic;

pub use diagnostic::{At, Diagnostic, Label, Severity};
