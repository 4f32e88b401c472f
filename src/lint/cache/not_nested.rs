//! `cache::not_nested`

use super::sharers;
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::mend::shared_by;
use crate::topology::Sharing;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(numbered)) = (facts.topology, facts.numbered) else { return };
    let caches = facts.sharing();
    for inner in &caches {
        let beyond = caches.iter().filter(|c| c.level > inner.level && c.core_type == inner.core_type);
        let Some(outer) = beyond.min_by_key(|c| c.level) else {
            continue;
        };
        if inner.sharing.shift(numbered) <= outer.sharing.shift(numbered) {
            continue;
        }
        let count = |sharing| sharers(topology, sharing);
        let mut diagnostic = Diagnostic::new(
            "cache::not_nested",
            Severity::Error,
            format!(
                "{} is shared by {} vCPUs, {} by {}: an outer cache serves all that share an inner one",
                inner.name(),
                count(inner.sharing),
                outer.name(),
                count(outer.sharing)
            ),
        );
        let labels = [(outer, "narrower than the cache within"), (inner, "wider than the cache around it")];
        for (cache, text) in labels {
            if let Some(at) = cache.place() {
                diagnostic = diagnostic.label(at, text);
            }
        }
        if let Sharing::Domain(domain) = inner.sharing {
            diagnostic.fix = shared_by(facts, outer.path, domain.word()).map(Box::new);
            diagnostic = diagnostic.help(format!(
                "write `shared_by: {}` for `{}`, or a narrower level for `{}`",
                domain.word(),
                outer.path,
                inner.path
            ));
        }
        out.push(diagnostic.note("a Linux guest prints \"BUG: arch topology borken\""));
    }
}
