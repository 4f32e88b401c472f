//! `host::pin_twice`

use std::collections::HashMap;

use super::shortage;
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};

const NAME: &str = "host::pin_twice";

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(host) = &facts.spec.host else { return };
    let (mut vcpus, mut cpus) = (HashMap::new(), HashMap::new());
    let (mut vcpu_twice, mut cpu_twice) = (None, None);
    for (entry, vcpu, cpu) in host.pairs() {
        if let Some((before, other)) = vcpus.insert(vcpu, (entry, cpu)) {
            vcpu_twice.get_or_insert((vcpu, before, other, entry, cpu));
        }
        if let Some((before, other)) = cpus.insert(cpu, (entry, vcpu)) {
            cpu_twice.get_or_insert((cpu, before, other, entry, vcpu));
        }
    }
    // One finding of each kind: the next ones go with the same edit.
    if let Some((vcpu, before, first, entry, second)) = vcpu_twice {
        out.push(
            Diagnostic::new(
                NAME,
                Severity::Error,
                format!("vCPU {vcpu} is pinned to CPU {first} and to CPU {second}, it runs on one"),
            )
            .label(value(&format!("host.pin[{entry}].vcpus")), format!("vCPU {vcpu} again"))
            .label(value(&format!("host.pin[{before}].vcpus")), format!("vCPU {vcpu} stands here"))
            .help(format!("name vCPU {vcpu} once")),
        );
    }
    let (Some(severity), Some((cpu, before, first, entry, second))) = (shortage(facts), cpu_twice) else {
        return;
    };
    out.push(
        Diagnostic::new(NAME, severity, format!("CPU {cpu} is pinned to vCPU {first} and to vCPU {second}"))
            .label(value(&format!("host.pin[{entry}].cpus")), format!("CPU {cpu} again"))
            .label(value(&format!("host.pin[{before}].cpus")), format!("CPU {cpu} stands here"))
            .help("give each vCPU a CPU of its own, or write `fidelity: none` if several may share one"),
    );
}
