//! `topology::core_type_not_told`

use crate::cpuid::Vendor;
use crate::diag::{At, Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::mend::{remove, suggested};
use crate::lint::words::many;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(processor)) = (facts.topology, facts.processor) else { return };
    let types = u32::try_from(topology.core_types().len()).unwrap_or(u32::MAX);
    let leaf = match processor.vendor {
        _ if types == 0 => return,
        Vendor::Intel => return,
        Vendor::Amd if facts.enumerates_dies() != Some(false) => return,
        Vendor::Amd => "leaf 80000026H, which this one lacks, tells them",
        Vendor::Hygon | Vendor::Zhaoxin | Vendor::Centaur => "no leaf tells them",
    };
    let root = facts.block();
    let mut edits = Vec::new();
    let mut diagnostic = Diagnostic::new(
        "topology::core_type_not_told",
        Severity::Error,
        format!("cores of {} on {}: {leaf}", many(types, "type", "types"), processor.vendor),
    );
    for block in root.all().into_iter().filter(|block| block.core_type.is_some()) {
        let path = block.path.key("core_type");
        edits.push(remove(path.as_str()));
        diagnostic = diagnostic.label(At::Value(path), "cannot be told");
    }
    out.push(
        diagnostic
            .help("leave `core_type` out: the cores are told apart by their counts alone")
            .fix(suggested(edits)),
    );
}
