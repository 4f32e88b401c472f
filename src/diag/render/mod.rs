//! How diagnostics look: one file per form.

#[cfg(feature = "cli")]
mod human;
mod json;
#[cfg(feature = "cli")]
mod page;
mod short;
#[cfg(feature = "cli")]
mod snippet;
#[cfg(feature = "cli")]
mod wrap;

#[cfg(feature = "cli")]
pub use human::{Style, human};
pub use json::{harmless_json, json};
#[cfg(feature = "cli")]
pub use page::page;
pub use short::short;
#[cfg(feature = "cli")]
pub use wrap::hang;
