//! `topology::odd_threads`

use crate::diag::{At, Diagnostic, Severity};
use crate::lint::Facts;
use crate::topology::{Block, Domain};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let block = facts.block();
    for block in block.all() {
        let threads = block.count(Domain::Thread);
        if !matches!(threads, 1 | 2 | 4) {
            out.push(odd(facts, block, threads));
        }
    }
}

fn odd(facts: &Facts<'_>, block: &Block, threads: u32) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        "topology::odd_threads",
        Severity::Warning,
        format!("a core has {threads} threads, processors have 1, 2 or 4"),
    )
    .label(At::Value(block.at(Domain::Thread)), "no processor has this")
    .help("write `threads: 2`, and more `cores`");
    if !facts.reader().may_be_linux_from(6, 9) {
        return diagnostic;
    }
    diagnostic.note(
        "Linux from 6.9 on takes a thread for a core's first if `id & (threads - 1)` is 0, which needs a power of two",
    )
}
