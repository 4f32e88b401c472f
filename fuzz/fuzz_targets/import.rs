#![no_main]

#[path = "../../tests/support/bodies/import.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| body::import_body(bytes));
