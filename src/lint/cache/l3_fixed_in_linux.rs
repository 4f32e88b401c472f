//! `cache::l3_fixed_in_linux`

use super::sharers;
use crate::cpuid::Processor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::words::many;
use crate::lint::{Facts, value};
use crate::topology::{Domain, Numbered, Shift, Topology, Width};

/// The IDs that Linux takes for one L3: ID >> 3.
const TAKEN: Shift = Shift(3);

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(numbered)) = (facts.topology, facts.numbered) else { return };
    let Some(processor) = facts.processor.filter(Processor::has_l3_of_8_ids) else { return };
    let Some(l3) = facts.sharing().into_iter().find(|cache| cache.level == 3) else { return };
    let meant = l3.sharing.shift(numbered);
    if is_same(numbered, meant) {
        return;
    }
    let shared = sharers(topology, topology.places(), l3.sharing);
    let mut diagnostic = Diagnostic::new(
        "cache::l3_fixed_in_linux",
        Severity::Warning,
        format!(
            "L3 is shared by {}: Linux on {} takes every 8 IDs for one L3",
            many(shared, "vCPU", "vCPUs"),
            processor.vendor
        ),
    );
    if let Some(at) = l3.place() {
        diagnostic = diagnostic.label(at, format!("an L3 for {} IDs", meant.span()));
    }
    let cores = topology.count(Domain::Core);
    diagnostic = diagnostic.label(value("topology.cores"), format!("{cores} cores, one after the other"));
    let diagnostic = diagnostic.help(match fitting(topology) {
        _ if meant < TAKEN => "write `shared_by: complex` for `l3`".to_owned(),
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

/// Whether 8 IDs make the same sets of vCPUs.
fn is_same(numbered: &Numbered, meant: Shift) -> bool {
    let mut ids: Vec<u32> = numbered.ids().iter().map(|id| id.0).collect();
    ids.sort_unstable();
    ids.windows(2).all(|pair| {
        let together = |shift: Shift| pair[0] >> shift.0 == pair[1] >> shift.0;
        together(meant) == together(TAKEN)
    })
}

/// Complexes of a die and cores of each that fit, where the cores part evenly.
fn fitting(topology: &Topology) -> Option<(u32, u32)> {
    let (complexes, cores) = (topology.count(Domain::Complex), topology.count(Domain::Core));
    let threads = Width::of(topology.count(Domain::Thread)).0;
    let parts = (2..=cores)
        .find(|parts| cores.is_multiple_of(*parts) && Width::of(cores / parts).0 + threads <= TAKEN.0)?;
    Some((complexes.checked_mul(parts)?, cores / parts))
}
