//! `features::prerequisite_missing`

use crate::cpuid::feature::missing;
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(selection) = facts.features else { return };
    for feature in &selection.offered {
        let Some(needed) = missing(feature, &selection.offered) else { continue };
        let diagnostic = Diagnostic::new(
            "features::prerequisite_missing",
            Severity::Warning,
            format!("the host's table has `{}` without `{}`, which it needs", feature.name, needed.name),
        );
        let diagnostic = facts.label_register(diagnostic, feature);
        out.push(
            facts
                .label_register(diagnostic, needed)
                .note(format!("the guest gets no `{}`", feature.name))
                .help("capture the profile again: no processor and no KVM answers so"),
        );
    }
}
