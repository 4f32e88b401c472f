//! `features::baseline_beyond_host`

use super::{beyond, names};
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, baseline as written, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(selection), Some(Ok(baseline))) = (facts.features, facts.baseline) else { return };
    let lacking = beyond(&baseline.features(), &selection.offered);
    let Some(first) = lacking.first() else { return };
    let diagnostic = Diagnostic::new(
        "features::baseline_beyond_host",
        Severity::Warning,
        format!("the baseline has {}, which this host does not offer", names(&lacking)),
    )
    .label(value("cpu.baseline"), "more than this host offers");
    let at = baseline.features.iter().position(|name| *name == first.name);
    let diagnostic = match at {
        Some(at) => diagnostic.label(written(&format!("features[{at}]")), "the fleet has it"),
        None => diagnostic,
    };
    out.push(facts.label_register(diagnostic, first).help("make a baseline with this host, too").note(
        "a guest that started on another host of the baseline has them, and cannot migrate to this one",
    ));
}
