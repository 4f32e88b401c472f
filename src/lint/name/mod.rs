//! Rules on the machine's name.

pub(super) mod not_a_file_name;
