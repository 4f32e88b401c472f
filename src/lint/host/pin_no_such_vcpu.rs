//! `host::pin_no_such_vcpu`

use crate::diag::{Diagnostic, Severity};
use crate::lint::words::many;
use crate::lint::{Facts, value};
use crate::spec::CpuList;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(host)) = (facts.topology, &facts.spec.host) else { return };
    let there = topology.vcpu_count();
    for (i, pin) in host.pin.iter().flatten().enumerate() {
        let Some(beyond) = pin.vcpus.as_ref().and_then(CpuList::max).filter(|last| *last >= there) else {
            continue;
        };
        let message = format!(
            "entry {i} of `pin` names vCPU {beyond}, the machine has {}",
            many(there, "vCPU", "vCPUs")
        );
        out.push(
            Diagnostic::new("host::pin_no_such_vcpu", Severity::Error, message)
                .label(value(&format!("host.pin[{i}].vcpus")), format!("the last is {}", there - 1))
                .help(format!("write numbers up to {}: they begin at 0", there - 1)),
        );
    }
}
