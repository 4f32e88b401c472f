#![no_main]

#[path = "../../tests/support/bodies/profile.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| body::profile(bytes));
