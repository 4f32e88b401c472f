//! `cache::line_not_clflush`

use super::written;
use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{set, suggested};
use crate::lint::{Facts, value};

/// What CPUID.01H:EBX[15:8] says to every guest: 8 times 8 bytes.
const CLFLUSH: u32 = 64;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    for (key, cache) in written(facts) {
        let Some(line) = cache.line.filter(|line| *line != CLFLUSH) else { continue };
        out.push(
            Diagnostic::new(
                "cache::line_not_clflush",
                Severity::Warning,
                format!("`{key}` has lines of {line} bytes, CLFLUSH flushes {CLFLUSH}"),
            )
            .label(value(&format!("caches.{key}.line")), format!("not {CLFLUSH}"))
            .help(format!("write `line: {CLFLUSH}`"))
            .fix(suggested([set(format!("caches.{key}.line"), CLFLUSH)]))
            .note("CPUID.01H:EBX[15:8] says 8 times 8 bytes, as on all processors that KVM runs on"),
        );
    }
}
