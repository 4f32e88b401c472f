//! Where a machine runs on its host, for a spec that asks for a place.

use super::Resolved;
use crate::place::{Answer, BUDGET, Contradiction, Demand, HostShape, Wish, place};
use crate::profile::PreparedHost;
use crate::spec::{Fidelity, Spec};

/// What a spec asks of a place; `None` where it asks for none.
const fn demand(fidelity: Option<Fidelity>) -> Option<Demand> {
    match fidelity {
        Some(Fidelity::Exact) => Some(Demand::Exact),
        Some(Fidelity::Sharing) => Some(Demand::Sharing),
        Some(Fidelity::Counts | Fidelity::None) | None => None,
    }
}

/// Searches a place. `None` where the spec asks for none, or the profile does not have its CPUs' own CPUID.
///
/// # Errors
/// The search contradicts itself: a bug of topoc.
pub(super) fn search(
    spec: &Spec,
    machine: &Resolved,
    host: &PreparedHost<'_>,
) -> Option<Result<Answer, Contradiction>> {
    let demand = demand(spec.host.as_ref()?.fidelity)?;
    let shape = HostShape::of(host, host.machine())?;
    let wish = Wish::of(spec, &machine.topology, &machine.numbered, &machine.caches, demand);
    Some(place(&wish, &shape, BUDGET))
}
