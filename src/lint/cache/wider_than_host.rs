//! `cache::wider_than_host`

use super::cores_sharing;
use crate::cpuid::{Processor, Vendor};
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::facts::SharedCache;
use crate::topology::{Domain, Sharing, Topology};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(caches)) = (facts.topology, facts.caches) else { return };
    // Who writes `shared_by` has said what is wanted; this is about what the host gave unasked.
    let written = facts.sharing();
    for (core_type, cache) in caches.each() {
        let host = caches.of_host(core_type, cache.level, cache.kind);
        let is_it = |w: &&SharedCache| Some(w.path.key) == cache.key() && w.core_type == core_type;
        let says_who = written.iter().find(is_it).is_some_and(|w| w.says_who);
        let (Some(cores_there), Some(key), false) = (host.and_then(|host| host.cores), cache.key(), says_who)
        else {
            continue;
        };
        let cores = cores_sharing(topology, core_type, cache.sharing);
        if cores <= cores_there {
            continue;
        }
        let name = key.replacen('l', "L", 1);
        out.push(
            Diagnostic::new(
                "cache::wider_than_host",
                Severity::Warning,
                format!("{name} is shared by {cores} cores, the host's by {cores_there}"),
            )
            .label(facts.count_at(Domain::Core), format!("one {name} for {cores} cores"))
            .help(help(facts, topology, cache.sharing, cores_there, key))
            .note("a guest schedules threads that share data onto cores that share no cache"),
        );
    }
}

/// The nearest shape whose sharing sets fit: the cores of the set in equal parts.
fn help(facts: &Facts<'_>, topology: &Topology, sharing: Sharing, fit: u32, key: &str) -> String {
    let cores = topology.count(Domain::Core);
    let level = match facts.processor {
        Some(p) if p.is_before_zen() => return before_zen(&p, key),
        Some(Processor { vendor: Vendor::Intel, .. }) | None => Domain::Die,
        Some(_) => Domain::Complex,
    };
    let within = [Domain::Module, Domain::Tile, Domain::Complex].iter().any(|d| topology.has(*d));
    let parts = (2..=cores).find(|parts| cores.is_multiple_of(*parts) && cores / parts <= fit);
    match parts {
        Some(parts) if !within && sharing == Sharing::Domain(Domain::Die) => {
            let count = if level == Domain::Die { topology.count(Domain::Die) * parts } else { parts };
            format!("write `{}: {count}, cores: {}` under `topology`", level.key(), cores / parts)
        }
        _ => format!("write `shared_by` for `{key}` if this is meant"),
    }
}

/// Before Zen an L3 is a node's where leaf 8000001EH tells of nodes, else the socket's.
fn before_zen(processor: &Processor, key: &str) -> String {
    if processor.has_topology_extensions() {
        format!(
            "give the cores of each L3 a node under `numa`, or write `shared_by` for `{key}` if this is meant"
        )
    } else {
        format!("write more `sockets` of fewer `cores`, or `shared_by` for `{key}` if this is meant")
    }
}
