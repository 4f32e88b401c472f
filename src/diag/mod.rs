//! What topoc has to say about a spec: diagnostics, the rules that give them, and how they look.

mod diagnostic;
mod fix;
mod pages;
mod reading;
pub mod registry;
pub mod render;
mod rule;
mod run;
mod sources;

pub use diagnostic::{At, Diagnostic, Label, Severity};
pub use fix::{Applied, Edit, Fix, Judged, Replacement, Safety, apply_fixes, fixable, known_fix};
pub use reading::READING;
pub use rule::{Fact, Level, Rule, Scope};
pub use run::{Allowed, AllowedBy, Checked, NotRun, Run, Skipped};
pub use sources::{Document, Place, Resolved, Sources};
