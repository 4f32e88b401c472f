//! How diagnostics look: one file per form.

#[cfg(feature = "cli")]
mod human;
mod json;
mod short;
#[cfg(feature = "cli")]
mod snippet;
#[cfg(feature = "cli")]
mod wrap;

#[cfg(feature = "cli")]
pub use human::{Style, human};
pub use json::{harmless_json, json};
pub use short::short;
