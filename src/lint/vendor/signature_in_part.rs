//! `vendor::signature_in_part`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{remove, suggested};
use crate::lint::{Facts, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(identity) = facts.identity() else { return };
    let (there, number, missing) = match (identity.family, identity.model) {
        (Some(family), None) => ("family", family, "model"),
        (None, Some(model)) => ("model", model, "family"),
        _ => return,
    };
    out.push(
        Diagnostic::new(
            "vendor::signature_in_part",
            Severity::Error,
            format!("{there} {number} without a {missing}: the host's {missing} is of another processor"),
        )
        .label(value(&format!("cpu.identity.{there}")), format!("no {missing} beside it"))
        .help(format!("write `{missing}` as well, or leave `{there}` out"))
        .fix(suggested([remove(format!("cpu.identity.{there}"))])),
    );
}
