//! Edges of lowering that no real host reaches.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/golden_host.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod golden_host;
#[path = "support/prepared.rs"]
mod prepared;

use golden_host::{host_of, spec_of};
use prepared::Prepared;
use topoc::cpuid::{Key, Registers};
use topoc::lower::{LowerError, MAX_ENTRIES, prepare};

/// KVM_SET_CPUID2 takes 256 entries, and answers E2BIG to 257. Subleaves of 24H fill the table up.
#[test]
fn a_table_has_256_entries_at_most() {
    let mut prepared = Prepared::new(&spec_of("G12"), &host_of("G12"));
    let mut base = std::mem::take(&mut prepared.base);
    let machine = prepared.machine();
    base.get_mut(Key::leaf(0)).unwrap().eax = 0x24;
    let others = prepare(&machine, &base).unwrap().shared().len();
    assert!(others < MAX_ENTRIES && base.leaf(0x24).next().is_none(), "{others} entries without 24H");
    for (count, subleaf) in (others + 1..=MAX_ENTRIES + 1).zip(0..) {
        base.insert(Key::subleaf(0x24, subleaf), Registers::new(1, 1, 1, 1)).unwrap();
        match prepare(&machine, &base) {
            Ok(lowered) => assert_eq!(lowered.shared().len(), count),
            Err(LowerError::TooManyEntries(found)) => assert_eq!((found, count), (257, 257)),
            Err(other) => panic!("{other}"),
        }
        assert_eq!(prepare(&machine, &base).is_ok(), count <= 256, "{count} entries");
    }
}
