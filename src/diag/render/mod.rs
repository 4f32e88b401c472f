//! How diagnostics look: one file per form.

mod concise;
#[cfg(feature = "cli")]
mod human;
mod json;
#[cfg(feature = "cli")]
mod page;
#[cfg(feature = "cli")]
mod snippet;
#[cfg(feature = "cli")]
mod wrap;

pub use concise::concise;
#[cfg(feature = "cli")]
pub use human::{Style, human};
pub use json::{harmless_json, json};
#[cfg(feature = "cli")]
pub use page::page;
#[cfg(feature = "cli")]
pub use wrap::hang;
