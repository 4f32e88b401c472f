//! Named bit ranges of registers.
