#![no_main]

#[path = "../../tests/support/bodies/manifest.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| body::manifest(bytes));
