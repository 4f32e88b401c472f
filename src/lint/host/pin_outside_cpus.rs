//! `host::pin_outside_cpus`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};
use crate::spec::CpuList;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(host) = &facts.spec.host else { return };
    let Some(allowed) = &host.cpus else { return };
    for (i, pin) in host.pin.iter().flatten().enumerate() {
        let Some(outside) = pin.cpus.iter().flat_map(CpuList::iter).find(|cpu| !allowed.contains(*cpu))
        else {
            continue;
        };
        let message = format!("entry {i} of `pin` takes CPU {outside}, the machine may use CPUs {allowed}");
        out.push(
            Diagnostic::new("host::pin_outside_cpus", Severity::Error, message)
                .label(value(&format!("host.pin[{i}].cpus")), format!("CPU {outside} is not among them"))
                .label(value("host.cpus"), "what the machine may use")
                .help(format!("write CPUs out of `{allowed}`, or add CPU {outside} to `host.cpus`")),
        );
    }
}
