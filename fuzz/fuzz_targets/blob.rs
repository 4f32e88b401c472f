#![no_main]

#[path = "../../tests/support/bodies/blob.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| body::blob(bytes));
