//! `topology::linux_reads_legacy`

use crate::diag::{Diagnostic, Severity};
use crate::lint::words::many;
use crate::lint::{Facts, value};
use crate::topology::Domain;

const NAME: &str = "topology::linux_reads_legacy";

/// EAX[31:26] of leaf 4 numbers 64 cores.
const MOST_CORE_BITS: u32 = 6;
/// EBX[23:16] of leaf 1 says 255 at most, which Linux rounds up.
const MOST_ID_BITS: u32 = 8;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(numbered)) = (facts.topology, facts.numbered) else { return };
    let Some(vendor) = facts.vendor.filter(|vendor| vendor.is_centaur_like()) else { return };
    if !facts.reader().may_be_linux() {
        return;
    }
    let warning = |message: String| {
        Diagnostic::new(NAME, Severity::Warning, message)
            .note("Linux reads leaves 1 and 4 there, and neither 0BH nor 1FH; other guests read them all")
    };
    let dies = topology.count(Domain::Die);
    if dies > 1 {
        out.push(
            warning(format!("`dies: {dies}` on {vendor}: Linux reads no leaf that names dies there"))
                .label(facts.count_at(Domain::Die), "a Linux guest sees the socket alone")
                .help("go on: Linux still sees who shares an L3, and which node is near"),
        );
    }
    let layout = numbered.layout();
    let (core, package) = (layout.shift(Domain::Core).0, layout.shift(Domain::Package).0);
    let bits = package - core;
    if bits > MOST_CORE_BITS || package > MOST_ID_BITS {
        let diagnostic = warning(format!(
            "the cores of a socket take {bits} bits of an ID, its threads {package}: leaves 4 and 1 say {MOST_CORE_BITS} and {MOST_ID_BITS} \
             at most, and Linux on {vendor} reads no other"
        ));
        out.push(
            facts
                .label_counts(diagnostic, "the largest count")
                .help("write more `sockets` of at most 64 cores each"),
        );
    }
    let threads = topology.most(Domain::Package);
    let has_caches = facts.caches.is_none_or(|caches| !caches.each().is_empty());
    if threads > 1 && !has_caches && facts.host.is_some() {
        out.push(
            warning(format!(
                "a socket has {} and neither the spec nor the host a cache: leaf 4 counts cores beside caches, and \
                 Linux on {vendor} reads no other",
                many(threads, "thread", "threads")
            ))
            .label(value("topology"), "one core of many threads to a Linux guest")
            .help("write `caches`, with the figures of your processor"),
        );
    }
}
