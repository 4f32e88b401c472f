//! The names of bits that differ.

use crate::cpuid::{Register, field};
use crate::decode::Answers;
use crate::decode::fields::{self, Range};

/// The bits of a register with their names, in order, such as `[25:14] addressable IDs sharing this cache,
/// minus 1`: fields that topoc writes as its own table has them, others as the decoder knows them, in the
/// Linux kernel's spelling. A bit without a name stands alone.
pub(super) fn of(
    table: &Answers,
    (leaf, subleaf): (u32, Option<u32>),
    register: Register,
    bits: u32,
) -> Vec<String> {
    let mut names = Vec::new();
    let mut left = bits;
    while left != 0 {
        let bit = left.trailing_zeros();
        let own = field::ALL
            .iter()
            .find(|f| f.leaf == leaf && f.register == register && f.mask() & (1 << bit) != 0)
            .map(|f| Range { hi: f.high, lo: f.low, name: f.name });
        let known = || fields::range_of(table, leaf, subleaf.unwrap_or(0), register as usize, bit);
        let Range { hi, lo, name } = own.or_else(known).unwrap_or(Range { hi: bit, lo: bit, name: "" });
        let place = if hi == lo { format!("[{lo}] {name}") } else { format!("[{hi}:{lo}] {name}") };
        names.push(place.trim_end().to_owned());
        left &= !((u32::MAX >> (31 - (hi - lo))) << lo);
    }
    names
}
