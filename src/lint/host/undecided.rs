//! `host::undecided`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{set, suggested};
use crate::lint::{Facts, value};
use crate::place::Answer;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(Answer::Undecided { steps }) = facts.place else { return };
    out.push(
        Diagnostic::new(
            "host::undecided",
            Severity::Error,
            format!("whether the host can give this shape is not known after {steps} steps of search"),
        )
        .label(value("host.fidelity"), "asked for here")
        .label(value("topology"), "unlike parts make it hard")
        .help("pin some of the parts with `pin`, which leaves less to search, or write `fidelity: counts`")
        .fix(suggested([set("host.fidelity", "counts")])),
    );
}
