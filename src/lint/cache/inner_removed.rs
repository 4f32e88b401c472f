//! `cache::inner_removed`

use super::is_removed;
use crate::cpuid::Processor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};
use crate::topology::Caches;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(caches) = facts.caches else { return };
    let has = |key: &str| caches.list.iter().any(|cache| cache.key() == Some(key));
    // Linux counts AMD's caches: it takes the fourth for the L3.
    let is_counted = facts.processor.as_ref().is_some_and(Processor::has_topology_extensions);
    for (at, key) in Caches::KEYS.into_iter().enumerate() {
        let Some(outer) = Caches::KEYS[at + 1..].iter().rfind(|outer| has(outer)) else { continue };
        if !is_removed(facts, key) {
            continue;
        }
        let severity = if is_counted { Severity::Error } else { Severity::Warning };
        let mut diagnostic = Diagnostic::new(
            "cache::inner_removed",
            severity,
            format!("`{key}` is removed and `{outer}` stays: no processor has the one without the other"),
        )
        .label(value(&format!("caches.{key}.mode")), format!("no `{key}`"));
        if facts.spec.caches.as_ref().is_some_and(|caches| caches.by_key(outer).is_some()) {
            diagnostic = diagnostic.label(value(&format!("caches.{outer}")), "behind it");
        }
        let note = if is_counted {
            "Linux takes the fourth subleaf of leaf 8000001DH for the L3, whatever it says"
        } else {
            "software that looks for caches by level finds a gap, and a Linux guest shows none of that level"
        };
        out.push(
            diagnostic
                .help(format!(
                    "write `mode: none` for `{outer}` too, or leave `{key}` out to have the host's"
                ))
                .note(note),
        );
    }
}
