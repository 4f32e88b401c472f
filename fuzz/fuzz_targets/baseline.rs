#![no_main]

#[path = "../../tests/support/bodies/baseline.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| body::baseline(bytes));
