//! `host::pin_splits_core`

use std::collections::HashMap;

use super::untrue;
use crate::diag::Diagnostic;
use crate::lint::{Facts, value};
use crate::topology::Domain;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(host), Some(written)) = (facts.topology, facts.host, &facts.spec.host) else {
        return;
    };
    if written.pin.is_none() || !topology.has(Domain::Thread) {
        return;
    }
    let cores = host.core_of_cpu();
    let mut pinned = HashMap::new();
    for (entry, vcpu, cpu) in written.pairs() {
        pinned.insert(vcpu, (entry, cpu));
    }
    let mut first_of_core = HashMap::new();
    for (vcpu, place) in (0_u32..).zip(topology.places()) {
        let Some((entry, cpu)) = pinned.get(&vcpu) else { continue };
        let core = Domain::ALL.map(|d| if d == Domain::Thread { 0 } else { place.index(d) });
        let (first, first_entry, there) = *first_of_core.entry(core).or_insert((vcpu, *entry, *cpu));
        let (Some(here), Some(other)) = (cores.get(cpu), cores.get(&there)) else { continue };
        if here == other {
            continue;
        }
        let message = format!(
            "vCPUs {first} and {vcpu} are threads of one core, CPUs {there} and {cpu} are of two on the host"
        );
        let siblings = siblings(cores, there);
        // One finding will do: the next ones go with the same edit.
        out.push(
            Diagnostic::new("host::pin_splits_core", untrue(facts), message)
                .label(value(&format!("host.pin[{entry}].cpus")), format!("vCPU {vcpu} on CPU {cpu}"))
                .label(
                    value(&format!("host.pin[{first_entry}].cpus")),
                    format!("vCPU {first} on CPU {there}"),
                )
                .help(match siblings {
                    Some(sibling) => {
                        format!("pin vCPU {vcpu} to CPU {sibling}, which is of one core with CPU {there}")
                    }
                    None => "write `threads: 1`: these cores of the host have no second thread".to_owned(),
                })
                .note("a guest that counts on its siblings for core scheduling shares no core with them"),
        );
        return;
    }
}

/// Another CPU of the same core.
fn siblings(cores: &HashMap<u32, usize>, cpu: u32) -> Option<u32> {
    let core = cores.get(&cpu)?;
    cores.iter().filter(|(other, of)| **other != cpu && *of == core).map(|(other, _)| *other).min()
}
