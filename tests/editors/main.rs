//! Editors and validators read the schema as topoc means it: yaml-language-server, which VS Code, Neovim, Helix and
//! others run, and check-jsonschema.
//!
//! Both are looked for on PATH; `tests/editors/setup.sh DIR` installs the versions that .ci/run has.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
mod document;
#[path = "../support/examples.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod examples;
#[path = "../support/language.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod language;
mod lsp;
#[path = "../support/need.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod need;
mod page;
mod server;
mod validator;
