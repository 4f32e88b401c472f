//! `cache::sharing_not_told`

use crate::cpuid::Processor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::mend::shared_by;
use crate::topology::Domain;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(numbered), Some(processor)) = (facts.numbered, facts.processor) else { return };
    if !processor.is_before_zen() || Processor::has_topology_extensions(&processor) {
        return;
    }
    for cache in facts.sharing() {
        let whose = if cache.level < 3 { Domain::Core } else { Domain::Package };
        if cache.sharing.shift(numbered) == numbered.layout().shift(whose) {
            continue;
        }
        let name = cache.name();
        let mut diagnostic = Diagnostic::new(
            "cache::sharing_not_told",
            Severity::Error,
            format!(
                "{name} is not that of a {whose}: before its family 15h, AMD's leaves do not say who shares it"
            ),
        );
        if let Some(at) = cache.place() {
            diagnostic = diagnostic.label(at, format!("a guest would take it for a {whose}'s"));
        }
        diagnostic.fix = shared_by(facts, cache.path, whose.word()).map(Box::new);
        out.push(diagnostic.help(format!("write `shared_by: {}` for `{}`", whose.word(), cache.path)));
    }
}
