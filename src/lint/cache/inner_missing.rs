//! `cache::inner_missing`

use super::is_removed;
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};
use crate::topology::CacheList;

/// What 8000001DH lists before the L3.
const INNER: [(&str, &str, &str); 3] = [
    ("l1d", "L1d", "{ size: 32KiB, ways: 8, shared_by: core }"),
    ("l1i", "L1i", "{ size: 32KiB, ways: 8, shared_by: core }"),
    ("l2", "L2", "{ size: 1MiB, ways: 8, shared_by: core }"),
];

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(caches), true) = (facts.caches, facts.processor.is_some_and(|p| p.has_topology_extensions()))
    else {
        return;
    };
    for (key, name, example) in INNER {
        let is_there = |list: &CacheList| list.caches.iter().any(|cache| cache.key() == Some(key));
        let is_settled = |list: &CacheList| is_there(list) || is_removed(facts, list.core_type, key);
        if caches.lists.iter().all(is_settled) {
            continue;
        }
        out.push(
            Diagnostic::new(
                "cache::inner_missing",
                Severity::Error,
                format!(
                    "neither the spec nor the host has an {name}, a guest looks for the L3 behind 3 caches"
                ),
            )
            .label(value(&format!("caches.{key}")), format!("no `{key}` here"))
            .help(format!("write `{key}: {example}` under `caches`, with the figures of your processor"))
            .note("Linux takes the fourth subleaf of leaf 8000001DH for the L3, whatever it says"),
        );
    }
}
