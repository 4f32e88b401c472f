#![no_main]

#[path = "../../tests/support/bodies/policy.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| body::policy(bytes));
