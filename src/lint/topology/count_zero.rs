//! `topology::count_zero`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    for (domain, _) in facts.counts().rev().filter(|(_, count)| *count == 0) {
        let key = domain.key();
        out.push(
            Diagnostic::new(
                "topology::count_zero",
                Severity::Error,
                format!("`{key}` is 0: the machine has 0 vCPUs, at least 1 is needed"),
            )
            .label(value(&format!("topology.{key}")), format!("no {domain}"))
            .help(format!("write `{key}: 1`, or leave the key out, which means 1")),
        );
    }
}
