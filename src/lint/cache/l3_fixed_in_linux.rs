//! `cache::l3_fixed_in_linux`

use super::sharers;
use crate::cpuid::{Processor, quirk};
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::words::many;
use crate::topology::{Domain, Numbered, Shift, Topology, Width};

/// The bits below what Linux takes for the number of an L3: 8 IDs, or AMD's node. `None` where it reads
/// who shares it.
fn taken(processor: &Processor, numbered: &Numbered) -> Option<(Shift, &'static str)> {
    let node = || numbered.amd_nodes().shift().unwrap_or(numbered.layout().shift(Domain::Package));
    if quirk::L3_OF_8_IDS.applies(processor) {
        Some((Shift(3), "every 8 IDs for one L3"))
    } else if quirk::L3_OF_NODE.applies(processor) {
        Some((node(), "every node for one L3"))
    } else {
        None
    }
}

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(numbered)) = (facts.topology, facts.numbered) else { return };
    let Some(processor) = facts.processor.filter(|_| facts.reader().may_be_linux()) else { return };
    let Some((taken, what)) = taken(&processor, numbered) else { return };
    let Some(l3) = facts.sharing().into_iter().find(|cache| cache.level == 3) else { return };
    let meant = l3.sharing.shift(numbered);
    if is_same(numbered, meant, taken) {
        return;
    }
    let shared = sharers(topology, l3.sharing);
    let mut diagnostic = Diagnostic::new(
        "cache::l3_fixed_in_linux",
        Severity::Warning,
        format!(
            "L3 is shared by {}: Linux on {} takes {what}",
            many(shared, "vCPU", "vCPUs"),
            processor.vendor
        ),
    );
    if let Some(at) = l3.place() {
        diagnostic = diagnostic.label(at, format!("an L3 for {} IDs", meant.span()));
    }
    let cores = topology.count(Domain::Core);
    diagnostic =
        diagnostic.label(facts.count_at(Domain::Core), format!("{cores} cores, one after the other"));
    let diagnostic = diagnostic.help(match fitting(topology) {
        _ if processor.is_before_zen() => "leave `shared_by` of `l3` out".to_owned(),
        _ if meant < taken => "write `shared_by: complex` for `l3`".to_owned(),
        Some((complexes, cores)) => {
            format!("write `complexes: {complexes}, cores: {cores}` under `topology`, and `shared_by: complex` for `l3` if it is written")
        }
        None => "write `complexes` of as many `cores` as fit into 8 IDs".to_owned(),
    });
    out.push(
        diagnostic.note(
            "a Linux guest reads ID >> 3 and not leaf 8000001DH: it schedules by L3s that are not there",
        ),
    );
}

/// Whether both make the same sets of vCPUs.
fn is_same(numbered: &Numbered, meant: Shift, taken: Shift) -> bool {
    let mut ids: Vec<u32> = numbered.ids().iter().map(|id| id.0).collect();
    ids.sort_unstable();
    ids.windows(2).all(|pair| {
        let together = |shift: Shift| pair[0] >> shift.0 == pair[1] >> shift.0;
        together(meant) == together(taken)
    })
}

/// Complexes of a die and cores of each that fit, where the cores part evenly.
fn fitting(topology: &Topology) -> Option<(u32, u32)> {
    let (complexes, cores) = (topology.count(Domain::Complex), topology.count(Domain::Core));
    let threads = Width::of(topology.count(Domain::Thread)).0;
    let parts = (2..=cores)
        .find(|parts| cores.is_multiple_of(*parts) && Width::of(cores / parts).0 + threads <= 3)?;
    Some((complexes.checked_mul(parts)?, cores / parts))
}
