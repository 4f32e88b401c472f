//! `host::shape_unknown`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile, value};
use crate::spec::Fidelity;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let fidelity = facts.spec.host.as_ref().and_then(|host| host.fidelity);
    let word = match fidelity {
        Some(Fidelity::Exact) => "exact",
        Some(Fidelity::Sharing) => "sharing",
        Some(Fidelity::Counts | Fidelity::None) | None => return,
    };
    let Some(host) = facts.host else { return };
    let (message, at, missing, help) = if host.cpus.is_none() {
        (
            format!("`fidelity: {word}` compares with the host's CPUs, which the profile does not describe"),
            "cpus",
            "not in this profile",
            "capture the host with `topoc capture`, or import a capture of all its CPUs",
        )
    } else if facts.spec.numa.is_some() && facts.host_nodes().is_none() {
        (
            format!("`fidelity: {word}` compares with the host's nodes, which the profile does not list"),
            "numa",
            "not in this profile",
            "capture the host with `topoc capture`, or import what `virsh capabilities` prints along with its CPUID",
        )
    } else {
        return;
    };
    out.push(
        Diagnostic::new("host::shape_unknown", Severity::Error, message)
            .label(value("host.fidelity"), "asked for here")
            .label(profile(at), missing)
            .help(help),
    );
}
