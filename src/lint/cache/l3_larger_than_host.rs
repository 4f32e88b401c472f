//! `cache::l3_larger_than_host`

use super::{path_of, property_at};
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::words::size;
use crate::spec::Fidelity;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(caches), Some(written)) = (facts.caches, &facts.spec.caches) else { return };
    if facts.spec.host.as_ref().and_then(|host| host.fidelity) == Some(Fidelity::None) {
        return;
    }
    // Inner caches are small on every host: what is built around them is built around the core.
    for (core_type, cache) in caches.each().into_iter().filter(|(_, cache)| cache.level == 3) {
        let (Some(key), Some(host)) = (cache.key(), caches.of_host(core_type, cache.level, cache.kind))
        else {
            continue;
        };
        let is_written = written.written(core_type, key).is_some_and(|cache| cache.size.is_some());
        let (here, there) = (cache.size(), host.cache.size());
        if !is_written || here <= there {
            continue;
        }
        let path = path_of(facts, core_type, key);
        out.push(
            Diagnostic::new(
                "cache::l3_larger_than_host",
                Severity::Warning,
                format!("the L3 has {}, the host's has {}", size(here), size(there)),
            )
            .label(property_at(facts, path, "size"), format!("{} on the host", size(there)))
            .help(format!("write `size: {}`, or leave it out: it is the host's then", size(there)))
            .note("a guest that cuts its work to the size of the cache reads the rest from memory"),
        );
    }
}
