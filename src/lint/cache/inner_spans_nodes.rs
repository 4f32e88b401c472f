//! `cache::inner_spans_nodes`

use super::{across_diagnostic, across_nodes};
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    for cache in facts.sharing().iter().filter(|cache| cache.level < 3) {
        let Some(across) = across_nodes(topology, cache) else { continue };
        let rule = "cache::inner_spans_nodes";
        let diagnostic = across_diagnostic(facts, topology, cache, &across, rule, Severity::Error);
        let (first, stranger) = across.pair;
        out.push(diagnostic.note(format!(
            "a Linux guest prints \"sched: CPU #{stranger}'s l2c-sibling CPU #{first} is not on the same node!\""
        )));
    }
}
