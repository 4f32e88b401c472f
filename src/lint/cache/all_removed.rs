//! `cache::all_removed`

use super::{core_types, is_removed};
use crate::cpuid::Processor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};
use crate::topology::{Caches, CoreType};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let bare =
        |core_type: &Option<CoreType>| Caches::KEYS.into_iter().all(|key| is_removed(facts, *core_type, key));
    let Some(core_type) = core_types(facts).into_iter().find(bare) else { return };
    let of_type = core_type.filter(|_| core_types(facts).len() > 1);
    let whose = match of_type {
        Some(CoreType::Performance) => "every cache of performance cores",
        Some(CoreType::Efficiency) => "every cache of efficiency cores",
        None => "every cache",
    };
    let is_empty = facts.processor.as_ref().is_some_and(Processor::has_topology_extensions);
    let (severity, what, note) = if is_empty {
        (
            Severity::Error,
            "leaf 8000001DH is empty under TopologyExtensions",
            "guests take each vCPU for a socket of its own",
        )
    } else if facts.is_amd_like() {
        (Severity::Warning, "80000005H and 80000006H are empty", "a guest takes a size of 0 for no cache")
    } else {
        (
            Severity::Warning,
            "leaf 4, which counts a socket's cores beside each cache, is empty",
            "a Linux guest takes all of a socket for what shares the last-level cache, and prints \"Unable to \
             detect cache hierarchy\"",
        )
    };
    out.push(
        Diagnostic::new("cache::all_removed", severity, format!("{whose} has `mode: none`: {what}"))
            .label(value("caches"), "no cache is left")
            .help("leave out `l1d` and `l1i` to have the host's")
            .note(note),
    );
}
