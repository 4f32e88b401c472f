#![no_main]

#[path = "../../tests/support/bodies/spec.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| body::spec(bytes));
