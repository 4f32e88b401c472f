//! What a test needs beside Rust. Without it the test is skipped in print, unless it is required.

/// Whether `TOPOC_REQUIRE`, a list with commas, names `part`.
pub fn is_required(part: &str) -> bool {
    let required = std::env::var("TOPOC_REQUIRE").unwrap_or_default();
    required.split(',').any(|name| name.trim() == part)
}

/// Says that a test is skipped for want of `part`; fails if it is required.
pub fn skip(part: &str, why: &str) {
    assert!(!is_required(part), "{part} is required: {why}");
    println!("skipped: {why}");
}
