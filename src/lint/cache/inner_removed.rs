//! `cache::inner_removed`

use super::{core_types, is_removed, path_of, property_at};
use crate::cpuid::Processor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{remove, suggested};
use crate::lint::{Facts, value};
use crate::topology::{Caches, CoreType};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    for core_type in core_types(facts) {
        let removed = Caches::KEYS.into_iter().filter(|key| is_removed(facts, core_type, key));
        out.extend(removed.filter_map(|key| beneath(facts, core_type, key)));
    }
}

/// A removed cache of a type of core, if one that comes after it stays.
fn beneath(facts: &Facts<'_>, core_type: Option<CoreType>, key: &'static str) -> Option<Diagnostic> {
    let list = facts.caches?.of(core_type);
    let has = |key: &&str| list.iter().any(|cache| cache.key() == Some(key));
    let outer =
        Caches::KEYS.into_iter().skip_while(|inner| *inner != key).filter(|outer| has(outer)).last()?;
    // Linux counts AMD's caches: it takes the fourth for the L3.
    let is_counted = facts.processor.as_ref().is_some_and(Processor::has_topology_extensions);
    let severity = if is_counted { Severity::Error } else { Severity::Warning };
    let (inner_path, outer_path) = (path_of(facts, core_type, key), path_of(facts, core_type, outer));
    let mut diagnostic = Diagnostic::new(
        "cache::inner_removed",
        severity,
        format!(
            "`{inner_path}` is removed and `{outer_path}` stays: no processor has the one without the other"
        ),
    )
    .label(property_at(facts, inner_path, "mode"), format!("no `{key}`"));
    let written = facts.spec.caches.as_ref().and_then(|caches| caches.by_key(outer_path.block, outer));
    if written.is_some() {
        diagnostic = diagnostic.label(value(&format!("caches.{outer_path}")), "behind it");
    }
    let note = if is_counted {
        "Linux takes the fourth subleaf of leaf 8000001DH for the L3, whatever it says"
    } else {
        "software that looks for caches by level finds a gap, and a Linux guest shows none of that level"
    };
    Some(
        diagnostic
            .help(format!("write `mode: none` for `{outer}` too, or leave `{key}` out to have the host's"))
            .fix(suggested([remove(format!("caches.{inner_path}"))]))
            .note(note),
    )
}
