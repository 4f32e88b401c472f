//! `topology::wrong_present`

use crate::diag::{At, Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::words::many;
use crate::source::SpecPath;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(written)) = (facts.topology, &facts.spec.topology) else { return };
    let Some(present) = &written.present else { return };
    let error = |message: String, label: &str| {
        Diagnostic::new("topology::wrong_present", Severity::Error, message)
            .label(At::Value(SpecPath::from("topology.present")), label)
    };
    let vcpus = topology.vcpu_count();
    if let Some(last) = present.max().filter(|last| *last >= vcpus) {
        let message =
            format!("vCPU {last} is to be present, the machine has {}", many(vcpus, "vCPU", "vCPUs"));
        out.push(error(message, "beyond the last").help(format!("write numbers up to {}", vcpus - 1)));
    }
    if !present.contains(0) {
        let message = format!("vCPU 0 is not among the {} present at boot: it boots", present.len());
        out.push(error(message, "lacks vCPU 0").help("begin with 0, such as `present: 0-3`"));
    }
}
