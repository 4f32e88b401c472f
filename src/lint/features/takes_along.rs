//! `features::takes_along`

use super::{features, names};
use crate::cpuid::feature::dependents;
use crate::diag::{Diagnostic, Severity};
use crate::features::FeatureSet;
use crate::lint::Facts;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(selection), Some(cpu)) = (facts.features, &facts.spec.cpu) else { return };
    let disabled = features("disable", cpu.disable.as_ref());
    for (at, feature) in &disabled {
        let along: FeatureSet = dependents(feature)
            .into_iter()
            .filter(|f| selection.offered.contains(f) && disabled.iter().all(|(_, other)| other != f))
            .collect();
        if along.is_empty() {
            continue;
        }
        out.push(
            Diagnostic::new(
                "features::takes_along",
                Severity::Note,
                format!("without `{}` the guest has no {} either", feature.name, names(&along)),
            )
            .label(at.clone(), format!("takes {} along", along.len())),
        );
    }
}
