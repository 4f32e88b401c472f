//! `cache::property_missing`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};
use crate::topology::CacheFault;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(caches) = facts.caches else { return };
    for fault in &caches.faults {
        let CacheFault::Missing { cache, property } = fault else { continue };
        let example = if *property == "size" { "32MiB" } else { "16" };
        out.push(
            Diagnostic::new(
                "cache::property_missing",
                Severity::Error,
                format!("`{cache}` has no `{property}`, and the host has no such cache to take it from"),
            )
            .label(value(&format!("caches.{cache}")), format!("`{property}` is not written"))
            .help(format!("write `{property}: {example}`, or what it is to be")),
        );
    }
}
