//! `cache::l3_not_complex`

use super::sharers;
use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::shared_by;
use crate::lint::words::many;
use crate::lint::{Facts, value};
use crate::topology::{Domain, Sharing};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(numbered)) = (facts.topology, facts.numbered) else { return };
    if facts.enumerates_dies() != Some(true) {
        return;
    }
    let Some(l3) = facts.sharing().into_iter().find(|cache| cache.level == 3) else { return };
    let complex = numbered.layout().shift(Domain::Complex);
    if l3.sharing.shift(numbered) == complex {
        return;
    }
    let shared = sharers(topology, l3.sharing);
    let in_complex = topology.most(Domain::Complex);
    let words = many(shared, "vCPU", "vCPUs");
    let mut diagnostic = Diagnostic::new(
        "cache::l3_not_complex",
        Severity::Error,
        format!(
            "L3 is shared by {words}, a complex has {in_complex}: on AMD they are the same from Zen 4 on"
        ),
    );
    if let Some(at) = l3.place() {
        diagnostic = diagnostic.label(at, words.clone());
    }
    if l3.sharing == Sharing::AmdNode {
        diagnostic = diagnostic.label(value("numa"), "the L3 ends where a node ends");
    }
    let counted = if topology.has(Domain::Complex) { Domain::Complex } else { Domain::Core };
    diagnostic = diagnostic.label(facts.count_at(counted), format!("complexes of {in_complex} vCPUs"));
    let (complexes, cores) = (topology.count(Domain::Complex), topology.count(Domain::Core));
    let parts = in_complex / shared.max(1);
    out.push(if l3.sharing.shift(numbered) > complex {
        diagnostic.fix = shared_by(facts, l3.path, "complex").map(Box::new);
        diagnostic.help("write `shared_by: complex` for `l3`")
    } else if parts > 0 && cores.is_multiple_of(parts) {
        let complexes = u64::from(complexes) * u64::from(parts);
        diagnostic.help(format!(
            "write `complexes: {complexes}, cores: {}` under `topology`: one complex for each L3",
            cores / parts
        ))
    } else {
        diagnostic.help("write one of `complexes` for each L3, and fewer `cores` of each")
    });
}
