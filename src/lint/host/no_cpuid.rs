//! `host::no_cpuid`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    if facts.host.is_none_or(|host| host.vendor().is_some()) {
        return;
    }
    out.push(
        Diagnostic::new(
            "host::no_cpuid",
            Severity::Error,
            "the profile has 0 tables of CPUID, at least 1 is needed: `cpus` or `kvm.supported_cpuid`",
        )
        .label(profile("cpus.cpuid"), "not in this profile")
        .label(profile("kvm.supported_cpuid"), "not in this profile")
        .help("run `topoc capture` on the host, and compile against what it writes"),
    );
}
