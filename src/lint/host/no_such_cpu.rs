//! `host::no_such_cpu`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile, value};
use crate::spec::CpuList;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(host), Some(cpus)) = (&facts.spec.host, facts.host.and_then(|host| host.cpus.as_ref())) else {
        return;
    };
    let online = &cpus.online;
    let mut judge = |list: &CpuList, path: String| {
        // A list without end stops at the first CPU that is not there.
        let Some(missing) = list.iter().find(|cpu| !online.contains(*cpu)) else { return };
        let message = format!("`{path}` names CPU {missing}, the host has CPUs {online} online");
        out.push(
            Diagnostic::new("host::no_such_cpu", Severity::Error, message)
                .label(value(&path), format!("CPU {missing} is not online"))
                .label(profile("cpus.online"), "the host's CPUs")
                .help(format!("write CPUs out of `{online}`")),
        );
    };
    if let Some(list) = &host.cpus {
        judge(list, "host.cpus".to_owned());
    }
    for (i, pin) in host.pin.iter().flatten().enumerate() {
        if let Some(list) = &pin.cpus {
            judge(list, format!("host.pin[{i}].cpus"));
        }
    }
}
