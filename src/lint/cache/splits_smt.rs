//! `cache::splits_smt`

use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::topology::{Domain, Sharing};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    let threads = topology.count(Domain::Thread);
    if threads == 1 {
        return;
    }
    for cache in facts.sharing() {
        if cache.sharing != Sharing::Domain(Domain::Thread) {
            continue;
        }
        let name = cache.name();
        let mut diagnostic = Diagnostic::new(
            "cache::splits_smt",
            Severity::Error,
            format!(
                "a core has {threads} threads and {threads} {name} caches, threads of a core share each of its caches"
            ),
        );
        if let Some(at) = cache.place() {
            diagnostic = diagnostic.label(at, format!("an {name} for each thread"));
        }
        out.push(
            diagnostic
                .label(facts.count_at(Domain::Thread), format!("{threads} threads of a core"))
                .help(format!("write `shared_by: core` for `{}`, or a wider level", cache.path))
                .note("a Linux guest prints \"BUG: arch topology borken\" if its last cache is such"),
        );
    }
}
