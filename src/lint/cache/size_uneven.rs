//! `cache::size_uneven`

use super::{either, property_at, sizes};
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::mend::rewrite;
use crate::lint::words::size as words;
use crate::topology::{Cache, CacheFault};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(caches) = facts.caches else { return };
    for fault in &caches.faults {
        let CacheFault::Uneven { cache, size, of } = fault else { continue };
        let bytes = of.set();
        let factors = if of.partitions > 1 { "ways × partitions × line" } else { "ways × line" };
        let at = property_at(facts, *cache, "size");
        let [less, more] = sizes(facts, of).around(*size);
        // The nearer of the two that can be said.
        let near = [less, more].into_iter().flatten().min_by_key(|near| near.abs_diff(*size)).map(words);
        let fix = rewrite(&at, "size", near);
        let mut edits = Vec::from_iter(either("size", [less, more].map(|s| s.map(words))));
        edits.extend(fitting_ways(facts, of, *size).map(|ways| format!("`ways: {ways}`")));
        let help = if edits.is_empty() {
            "write other `ways`: no size can be said with these".to_owned()
        } else {
            format!("write {}", edits.join(", or "))
        };
        out.push(
            Diagnostic::new(
                "cache::size_uneven",
                Severity::Error,
                format!(
                    "`{cache}` has {}, which is no whole number of sets of {bytes} bytes ({factors})",
                    words(*size)
                ),
            )
            .label(at, format!("{} sets and {} bytes", size / bytes, size % bytes))
            .help(help)
            .fix(fix)
            .note("CPUID says ways, line and sets; a guest multiplies them to get the size"),
        );
    }
}

/// The ways nearest to those written with which the size can be said.
fn fitting_ways(facts: &Facts<'_>, of: &Cache, size: u64) -> Option<u32> {
    let fits = |ways: &u32| {
        let cache = Cache { ways: *ways, ..*of };
        size.is_multiple_of(cache.set()) && sizes(facts, &cache).has(size)
    };
    (1..=1024).filter(fits).min_by_key(|ways| ways.abs_diff(of.ways))
}
