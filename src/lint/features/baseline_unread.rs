//! `features::baseline_unread`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};
use crate::source::quoted;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(path) = facts.spec.cpu.as_ref().and_then(|cpu| cpu.baseline.as_ref()) else { return };
    let why = match facts.baseline {
        Some(Ok(_)) => return,
        Some(Err(why)) => why,
        None => "nobody has read it: a program hands it in beside the spec",
    };
    out.push(
        Diagnostic::new(
            "features::baseline_unread",
            Severity::Error,
            format!("the baseline {} cannot be used: {why}", quoted(path)),
        )
        .label(value("cpu.baseline"), "named here")
        .help("`topoc baseline PROFILE… -o FILE` makes one; its path is relative to the spec"),
    );
}
