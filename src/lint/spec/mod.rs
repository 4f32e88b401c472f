//! Rules on what the spec says of itself.

pub(super) mod not_a_file_name;
