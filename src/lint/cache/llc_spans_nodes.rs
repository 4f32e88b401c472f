//! `cache::llc_spans_nodes`

use super::{across_diagnostic, across_nodes};
use crate::cpuid::Vendor;
use crate::diag::{Diagnostic, Severity, registry};
use crate::lint::Facts;

const NAME: &str = "cache::llc_spans_nodes";

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    let severity = registry::find(NAME).map_or(Severity::Error, |rule| rule.level.on(facts.vendor));
    for cache in facts.sharing().iter().filter(|cache| cache.level == 3) {
        let Some(across) = across_nodes(topology, cache) else { continue };
        let diagnostic = across_diagnostic(facts, topology, cache, &across, NAME, severity);
        let (first, stranger) = across.pair;
        out.push(if facts.vendor == Some(Vendor::Intel) {
            diagnostic.note("a Linux guest takes this for sub-NUMA clustering and schedules by node")
        } else {
            diagnostic.note(format!(
                "on all but Intel, a Linux guest prints \"sched: CPU #{stranger}'s llc-sibling CPU #{first} is not on the same \
                 node!\" and does without the L3"
            ))
        });
    }
}
