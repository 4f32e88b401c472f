//! Tables one step inside of what a check of the decoder allows, and one step outside.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod amd;
mod caches;
mod folding;
mod hand;
mod levels;
mod package;
mod together;
mod words;
