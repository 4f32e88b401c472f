//! `cache::splits_smt`

use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::mend::shared_by;
use crate::topology::{Domain, Sharing};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    for cache in facts.sharing() {
        // Efficiency cores have one thread where performance cores beside them have two.
        let of_type = topology.vcpus().filter(|vcpu| topology.core_type(*vcpu) == cache.core_type);
        let threads = of_type.map(|vcpu| topology.population(vcpu, Domain::Core)).max().unwrap_or(1);
        if cache.sharing != Sharing::Domain(Domain::Thread) || threads == 1 {
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
        diagnostic.fix = shared_by(facts, cache.path, "core").map(Box::new);
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
