//! `cache::no_such_core_type`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{remove, suggested};
use crate::lint::{Facts, value};
use crate::topology::CoreType;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(caches)) = (facts.topology, facts.spec.caches.as_ref()) else { return };
    let there = topology.core_types();
    for core_type in [CoreType::Performance, CoreType::Efficiency] {
        let key = core_type.word();
        if caches.of_type(core_type).is_none() || there.contains(&core_type) {
            continue;
        }
        let cores = if there.is_empty() { "no core has a type" } else { "all cores are of the other type" };
        out.push(
            Diagnostic::new(
                "cache::no_such_core_type",
                Severity::Error,
                format!("`caches` speaks of {key} cores, and {cores}"),
            )
            .label(value(&format!("caches.{key}")), "caches of no core")
            .label(value("topology"), cores)
            .help(format!("write `core_type: {key}` for a part of `topology`, or leave `{key}` out"))
            .fix(suggested([remove(format!("caches.{key}"))])),
        );
    }
}
