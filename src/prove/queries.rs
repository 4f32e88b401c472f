//! What the guest is asked.

use std::collections::BTreeSet;

use super::Query;
use crate::decode::Entry;

/// The first leaf of each range that has a maximum of its own.
const RANGES: [u32; 4] = [0, 0x4000_0000, 0x8000_0000, 0xc000_0000];

/// Every leaf and subleaf of the tables; of a leaf with subleaves also what follows each of them, of
/// one without also another ECX, which must not matter; and the ends of the ranges.
pub(super) fn of(table: &[Entry], got: &[Entry]) -> Vec<Query> {
    let mut queries = BTreeSet::new();
    for Entry { leaf, subleaf, .. } in table.iter().chain(got) {
        let subleaf = subleaf.unwrap_or(0);
        queries.insert(Query { leaf: *leaf, subleaf });
        queries.insert(Query { leaf: *leaf, subleaf: subleaf.wrapping_add(1) });
    }
    for base in RANGES {
        let ends = got.iter().filter(|entry| entry.leaf == base).map(|entry| entry.registers[0]);
        let ends: Vec<u32> = ends.flat_map(|end| [end, end.wrapping_add(1)]).collect();
        for leaf in ends.into_iter().chain([base]) {
            queries.extend([0, 1].map(|subleaf| Query { leaf, subleaf }));
        }
    }
    queries.into_iter().collect()
}
