//! What a test needs beside Rust. Without it the test is skipped in print, unless it is required.

/// Says that a test is skipped for want of `part`; fails if `TOPOC_REQUIRE`, a list with commas, has it.
pub fn skip(part: &str, why: &str) {
    let required = std::env::var("TOPOC_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|name| name.trim() == part), "{part} is required: {why}");
    println!("skipped: {why}");
}
