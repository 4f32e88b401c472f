//! `cache::property_not_told`

use super::written;
use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{remove, suggested};
use crate::lint::{Facts, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(processor) = facts.processor.filter(|p| p.vendor.is_amd_like()) else { return };
    let is_silent = !processor.tells_sets();
    for (key, cache) in written(facts) {
        // Each with what a guest reads instead, where that is something else.
        let told = [
            ("complex_indexing", cache.complex_indexing == Some(true), "CPUID.8000001DH has no bit for it"),
            ("partitions", is_silent && cache.partitions.is_some_and(|n| n > 1), SILENT),
            ("inclusive", is_silent && cache.inclusive == Some(true), SILENT),
            ("wbinvd_reaches_sharers", is_silent && cache.wbinvd_reaches_sharers == Some(false), SILENT),
        ];
        for (property, _, why) in told.into_iter().filter(|(_, is_lost, _)| *is_lost) {
            let why = if is_silent { SILENT } else { why };
            out.push(
                Diagnostic::new(
                    "cache::property_not_told",
                    Severity::Error,
                    format!("`{key}` has `{property}`, which no leaf of this processor says: {why}"),
                )
                .label(value(&format!("caches.{key}.{property}")), "no guest could be told")
                .help(format!("leave `{property}` out"))
                .fix(suggested([remove(format!("caches.{key}.{property}"))])),
            );
        }
    }
}

const SILENT: &str = "CPUID.80000005H and 80000006H have size, ways and line alone";
