//! `host::pin_unequal`

use crate::diag::{Diagnostic, Severity};
use crate::lint::words::many;
use crate::lint::{Facts, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let pins = facts.spec.host.iter().flat_map(|host| host.pin.iter().flatten());
    for (i, pin) in pins.enumerate() {
        let count = |list: &Option<crate::spec::CpuList>| list.as_ref().map_or(0, crate::spec::CpuList::len);
        let (vcpus, cpus) = (count(&pin.vcpus), count(&pin.cpus));
        if vcpus == cpus && vcpus > 0 {
            continue;
        }
        let (vcpus_are, cpus_are) = (many(vcpus, "vCPU", "vCPUs"), many(cpus, "CPU", "CPUs"));
        let message = match vcpus {
            0 if cpus == 0 => format!("entry {i} of `pin` has 0 vCPUs and 0 CPUs, at least 1 pair is needed"),
            _ => format!("entry {i} of `pin` has {vcpus_are} and {cpus_are}, each vCPU takes one CPU"),
        };
        let mut diagnostic = Diagnostic::new("host::pin_unequal", Severity::Error, message);
        let keys = [("vcpus", &pin.vcpus, vcpus_are), ("cpus", &pin.cpus, cpus_are)];
        for (key, _, text) in keys.iter().filter(|(_, list, _)| list.is_some()) {
            diagnostic = diagnostic.label(value(&format!("host.pin[{i}].{key}")), text.clone());
        }
        if pin.vcpus.is_none() && pin.cpus.is_none() {
            diagnostic = diagnostic.label(value(&format!("host.pin[{i}]")), "no pair");
        }
        out.push(diagnostic.help("write as many CPUs as vCPUs: `{ vcpus: 0-3, cpus: 8-11 }`"));
    }
}
