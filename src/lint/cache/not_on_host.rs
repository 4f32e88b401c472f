//! `cache::not_on_host`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};
use crate::topology::CacheFault;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(caches) = facts.caches else { return };
    for fault in &caches.faults {
        let CacheFault::NotOnHost { cache } = fault else { continue };
        let example = match cache.key {
            "l1d" | "l1i" => "size: 32KiB, ways: 8",
            "l2" => "size: 1MiB, ways: 8",
            _ => "size: 32MiB, ways: 16",
        };
        let mut there: Vec<_> = caches.host.iter().filter_map(|host| host.cache.key()).collect();
        there.sort_unstable();
        there.dedup();
        let has = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        out.push(
            Diagnostic::new(
                "cache::not_on_host",
                Severity::Error,
                format!("`{cache}` is to be the host's, and the host's caches are: {has}"),
            )
            .label(value(&format!("caches.{cache}.mode")), "the host has no such cache")
            .help(format!("write `{}: {{ {example} }}`, or `mode: none`", cache.key)),
        );
    }
}
