//! Real machines: the decoder finds the partitions that hwloc, libcpuid, cpuid(1) and people found.

// Helpers outside #[test] functions may panic too.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod support;

use support::corpus::{self, differences};
use topoc::decode::machine;

#[test]
fn every_capture_is_read_right() {
    let Some(captures) = corpus::captures() else { return };
    let expectations = corpus::expectations();
    assert_eq!(expectations.len(), 23);
    let mut wrong = Vec::new();
    for (name, expectation) in &expectations {
        let tables = corpus::tables(&captures, name);
        assert_eq!(tables.len(), expectation.ncpu, "{name}");
        let machine = machine(&tables);
        wrong.extend(differences(name, expectation, &machine));
        println!("{name}");
        for finding in &machine.findings {
            println!("    {} {} [{}]", finding.kind, finding.message, finding.cpus);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
