//! `cache::size_uneven`

use crate::diag::{Diagnostic, Severity};
use crate::lint::words::size as words;
use crate::lint::{Facts, value};
use crate::topology::CacheFault;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(caches) = facts.caches else { return };
    for fault in &caches.faults {
        let CacheFault::Uneven { cache, size, set } = fault else { continue };
        // The nearest size below that can be written: in whole KiB.
        let step = KIB / gcd(*set, KIB) * set;
        let even = (size / step).max(1) * step;
        out.push(
            Diagnostic::new(
                "cache::size_uneven",
                Severity::Error,
                format!(
                    "`{cache}` has {}, which is no whole number of sets of {set} bytes (ways × line)",
                    words(*size)
                ),
            )
            .label(value(&format!("caches.{cache}.size")), format!("{}", Parts { size: *size, set: *set }))
            .help(format!("write `size: {}`, or other `ways`", words(even)))
            .note("CPUID says ways, line and sets; a guest multiplies them to get the size"),
        );
    }
}

const KIB: u64 = 1024;

const fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

struct Parts {
    size: u64,
    set: u64,
}

impl std::fmt::Display for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sets, rest) = (self.size / self.set, self.size % self.set);
        write!(f, "{sets} sets and {rest} bytes")
    }
}
