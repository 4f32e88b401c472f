//! What a machine may be called.

/// Whether a name is a plain file name on every system: 1 to 64 letters, digits, `.`, `_` and `-`,
/// the first a letter or a digit. Source: POSIX.1-2017, section 3.282.
#[must_use]
pub fn is_file_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}
