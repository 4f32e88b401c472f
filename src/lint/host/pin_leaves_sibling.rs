//! `host::pin_leaves_sibling`

use std::collections::HashMap;

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};
use crate::spec::Fidelity;
use crate::topology::Domain;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(written)) = (facts.topology, &facts.spec.host) else { return };
    // A search pins the others.
    let is_searched = matches!(written.fidelity, Some(Fidelity::Exact | Fidelity::Sharing));
    if written.pin.is_none() || is_searched || !topology.has(Domain::Thread) {
        return;
    }
    let pinned: HashMap<u32, (usize, u32)> =
        written.pairs().map(|(entry, vcpu, cpu)| (vcpu, (entry, cpu))).collect();
    // Of each core the first vCPU that is pinned, and the first that is not.
    let mut cores: HashMap<_, (Option<u32>, Option<u32>)> = HashMap::new();
    for (vcpu, place) in (0_u32..).zip(topology.places()) {
        let core = Domain::ALL.map(|d| if d == Domain::Thread { 0 } else { place.index(d) });
        let (with, without) = cores.entry(core).or_default();
        let side = if pinned.contains_key(&vcpu) { with } else { without };
        side.get_or_insert(vcpu);
    }
    let torn = cores.into_values().filter_map(|(with, without)| Some((with?, without?)));
    let torn: Vec<_> = torn.collect();
    // One finding will do: the others go with the same edit.
    let Some((with, without)) = torn.iter().min().copied() else { return };
    let Some((entry, cpu)) = pinned.get(&with) else { return };
    let mut message =
        format!("vCPU {with} is pinned to CPU {cpu}, vCPU {without} of the same core is not pinned");
    if torn.len() > 1 {
        message.push_str(&format!("; so it is with {} cores", torn.len()));
    }
    out.push(
        Diagnostic::new("host::pin_leaves_sibling", Severity::Warning, message)
            .label(value(&format!("host.pin[{entry}].vcpus")), format!("without vCPU {without}"))
            .help(format!(
                "pin vCPU {without} as well, to the other thread of CPU {cpu}'s core, or write `fidelity: sharing`: \
                 topoc then finds its place"
            ))
            .note("the guest takes them for threads of one core, and they run on any two"),
    );
}
