//! What a CPU answers for leaves that it does not have.
//!
//! An Intel processor answers a leaf above its maximum with the highest basic leaf (SDM Vol. 2A, CPUID, "Input
//! EAX"); so do Zhaoxin's and KVM for guests of these. Capture programs ask for 20000000H, 80860000H and
//! C0000000H on any CPU and write down what they get.

use std::collections::BTreeSet;

use crate::cpuid::{CpuidTable, Key};

/// The bits of a leaf that say which range it is in.
const RANGE: u32 = 0xffff_0000;

/// Takes out the entries that repeat the highest basic leaf; gives their leaves.
pub(super) fn take_out(table: &mut CpuidTable) -> BTreeSet<u32> {
    let whole = table.clone();
    let mut leaves = BTreeSet::new();
    let max = whole.lookup(0, 0).eax;
    table.retain(|key, words| {
        let echo = is_beyond(&whole, key.leaf)
            && !words.is_zero()
            && *words == whole.lookup(max, key.subleaf.unwrap_or(0));
        if echo {
            leaves.insert(key.leaf);
        }
        !echo
    });
    leaves
}

/// Whether the range of a leaf does not reach to it: the range's first leaf says in EAX how far it goes.
pub(super) fn is_beyond(table: &CpuidTable, leaf: u32) -> bool {
    let base = leaf & RANGE;
    let Some(first) = table.get(Key::leaf(base)).or_else(|| table.get(Key::subleaf(base, 0))) else {
        return base != 0;
    };
    first.eax & RANGE != base || leaf > first.eax
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuid::Registers;

    #[test]
    fn what_repeats_the_highest_basic_leaf_goes_and_all_else_stays() {
        let mut table = CpuidTable::new();
        let (high, other) = (Registers::new(0, 0x0007_0001, 0, 0), Registers::new(9, 9, 9, 9));
        let first = |max| Registers::new(max, 0, 0, 0);
        for (key, words) in [
            (Key::leaf(0), first(0x24)),
            (Key::leaf(0x19), high),
            (Key::subleaf(0x24, 0), high),
            (Key::leaf(0x25), high),
            (Key::leaf(0x26), other),
            (Key::leaf(0x2000_0000), high),
            (Key::leaf(0x4000_0000), first(0x4000_0001)),
            (Key::leaf(0x4000_0001), high),
            (Key::leaf(0x4000_0100), high),
            (Key::leaf(0x8000_0000), first(0x8000_0008)),
            (Key::leaf(0x8000_0009), high),
            (Key::leaf(0x8086_0000), Registers::ZERO),
            (Key::leaf(0xc000_0000), high),
        ] {
            table.insert(key, words).unwrap();
        }
        let gone: Vec<u32> = take_out(&mut table).into_iter().collect();
        assert_eq!(gone, [0x25, 0x2000_0000, 0x4000_0100, 0x8000_0009, 0xc000_0000]);
        assert_eq!(table.len(), 8);
        assert!(take_out(&mut table).is_empty());
    }

    /// A processor of before the extended leaves answers their first one likewise.
    #[test]
    fn a_range_that_does_not_exist_is_no_range() {
        let mut table = CpuidTable::new();
        table.insert(Key::leaf(0), Registers::new(1, 0, 0, 0)).unwrap();
        table.insert(Key::leaf(1), Registers::new(0x543, 0, 0, 0x1bf)).unwrap();
        table.insert(Key::leaf(0x8000_0000), Registers::new(0x543, 0, 0, 0x1bf)).unwrap();
        assert_eq!(take_out(&mut table).into_iter().collect::<Vec<_>>(), [0x8000_0000]);
    }
}
