//! `cache::sharing_beyond_field`

use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::topology::{Numbered, Shift};

/// EAX[25:14] has 12 bits for the number of IDs less one.
const WIDEST: Shift = Shift(12);

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(numbered) = facts.numbered else { return };
    if facts.processor.is_some_and(|p| !p.tells_sets()) {
        return;
    }
    let leaf = if facts.is_amd_like() { "8000001DH" } else { "04H" };
    for cache in facts.sharing() {
        let shift = cache.sharing.shift(numbered);
        if !is_cut(numbered, shift) {
            continue;
        }
        let name = cache.name();
        let diagnostic = Diagnostic::new(
            "cache::sharing_beyond_field",
            Severity::Warning,
            format!(
                "{name} is shared by {} IDs, CPUID.{leaf}:EAX[25:14] says {} at most",
                shift.span(),
                WIDEST.span()
            ),
        );
        let guilty = format!("one {name} for {} IDs", shift.span());
        let diagnostic = match cache.place() {
            Some(at) => diagnostic.label(at, guilty),
            None => facts.label_counts(diagnostic, &guilty),
        };
        out.push(
            diagnostic
                .help(format!(
                    "write a narrower `shared_by` for `{}`, or more `dies` of fewer `cores`",
                    cache.path
                ))
                .note(format!("a guest takes every {} IDs for an {name} of their own", WIDEST.span())),
        );
    }
}

/// Whether vCPUs that share lie in several of the widest windows.
fn is_cut(numbered: &Numbered, shift: Shift) -> bool {
    let mut ids: Vec<u32> = numbered.ids().iter().map(|id| id.0).collect();
    ids.sort_unstable();
    ids.windows(2).any(|pair| {
        pair[0] >> WIDEST.0 != pair[1] >> WIDEST.0
            && u64::from(pair[0]) / shift.span() == u64::from(pair[1]) / shift.span()
    })
}
