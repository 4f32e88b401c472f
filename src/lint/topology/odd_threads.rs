//! `topology::odd_threads`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};
use crate::topology::Domain;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let threads = facts.counts().find(|(domain, _)| *domain == Domain::Thread).map_or(1, |(_, count)| count);
    if matches!(threads, 1 | 2 | 4) {
        return;
    }
    out.push(
        Diagnostic::new(
            "topology::odd_threads",
            Severity::Warning,
            format!("a core has {threads} threads, processors have 1, 2 or 4"),
        )
        .label(value("topology.threads"), "no processor has this")
        .help("write `threads: 2`, and more `cores`")
        .note(
            "Linux from 6.9 on takes a thread for a core's first if `id & (threads - 1)` is 0, which needs a power \
             of two",
        ),
    );
}
