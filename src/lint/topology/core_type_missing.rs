//! `topology::core_type_missing`

use crate::diag::{At, Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::words::many;
use crate::topology::Block;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    let untyped = topology.vcpus().filter(|vcpu| topology.core_type(*vcpu).is_none()).count();
    if untyped == 0 || topology.core_types().is_empty() {
        return;
    }
    let vcpus = |count: usize| many(u64::try_from(count).unwrap_or(u64::MAX), "vCPU", "vCPUs");
    let typed = topology.places().len() - untyped;
    let root = facts.block();
    let mut diagnostic = Diagnostic::new(
        "topology::core_type_missing",
        Severity::Error,
        format!(
            "the cores of {} have no type, those of {} have one: all do or none",
            vcpus(untyped),
            vcpus(typed)
        ),
    );
    let mut without = Vec::new();
    untyped_blocks(&root, &mut without);
    for block in without {
        diagnostic = diagnostic.label(At::Value(block.path.clone()), "no `core_type`");
    }
    if let Some(typed) = root.all().into_iter().find(|block| block.core_type.is_some()) {
        diagnostic = diagnostic.label(At::Value(typed.path.key("core_type")), "a type");
    }
    out.push(diagnostic.help("write `core_type: performance` or `core_type: efficiency` in each part"));
}

/// The innermost parts whose cores have no type.
fn untyped_blocks<'b>(block: &'b Block, found: &mut Vec<&'b Block>) {
    match (&block.core_type, &block.parts) {
        (Some(_), _) => {}
        (None, None) => found.push(block),
        (None, Some(parts)) => parts.iter().for_each(|part| untyped_blocks(part, found)),
    }
}
