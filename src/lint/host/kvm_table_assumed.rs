//! `host::kvm_table_assumed`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(host) = facts.host else { return };
    if host.kvm.as_ref().is_some_and(|kvm| kvm.supported_cpuid.is_some()) {
        return;
    }
    out.push(
        Diagnostic::new(
            "host::kvm_table_assumed",
            Severity::Warning,
            "the profile does not say what KVM offers: what the CPU has and KVM is known to pass is taken for it",
        )
        .label(profile("kvm.supported_cpuid"), "not in this profile")
        .help("run `topoc capture` on the host, and compile against what it writes")
        .note("rules on KVM's limits and features did not run"),
    );
}
