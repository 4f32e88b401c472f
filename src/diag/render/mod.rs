//! How diagnostics look: one file per form.

mod concise;
mod finding;
mod fingerprint;
mod github;
mod gitlab;
#[cfg(feature = "cli")]
mod human;
mod json;
mod json_lines;
mod junit;
#[cfg(feature = "cli")]
mod narrated;
#[cfg(feature = "cli")]
mod page;
mod sarif;
mod schema;
#[cfg(feature = "cli")]
mod snippet;
mod spot;
mod words;
#[cfg(feature = "cli")]
mod wrap;

pub use concise::concise;
pub use github::github;
pub use gitlab::gitlab;
#[cfg(feature = "cli")]
pub use human::{Style, human};
pub use json::{FINDINGS_VERSION, harmless_json, json, json_run};
pub use json_lines::json_lines;
pub use junit::junit;
#[cfg(feature = "cli")]
pub use narrated::narrated;
#[cfg(feature = "cli")]
pub use page::page;
pub use sarif::sarif;
pub use schema::{finding_line_schema, findings_schema};
#[cfg(feature = "cli")]
pub use wrap::hang;
