//! `topology::wrong_present`

use crate::diag::{At, Diagnostic, Fix, Severity};
use crate::lint::Facts;
use crate::lint::mend::{set, suggested};
use crate::lint::words::many;
use crate::source::SpecPath;
use crate::spec::CpuList;

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
        let diagnostic = error(message, "beyond the last").help(format!("write numbers up to {}", vcpus - 1));
        let there: CpuList = present.iter().take_while(|vcpu| *vcpu < vcpus).collect();
        out.push(if there.is_empty() { diagnostic } else { diagnostic.fix(present_of(&there)) });
    }
    if !present.contains(0) {
        let message = format!("vCPU 0 is not among the {} present at boot: it boots", present.len());
        let diagnostic = error(message, "lacks vCPU 0").help("begin with 0, such as `present: 0-3`");
        let there = std::iter::once(0).chain(present.iter().take_while(|vcpu| *vcpu < vcpus)).collect();
        out.push(diagnostic.fix(present_of(&there)));
    }
}

fn present_of(present: &CpuList) -> Fix {
    suggested([set("topology.present", format!("\"{present}\""))])
}
