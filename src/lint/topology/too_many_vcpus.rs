//! `topology::too_many_vcpus`

use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::topology::MAX_VCPUS;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let vcpus = facts.vcpus();
    if vcpus <= u128::from(MAX_VCPUS) {
        return;
    }
    let diagnostic = Diagnostic::new(
        "topology::too_many_vcpus",
        Severity::Error,
        format!("the counts make {vcpus} vCPUs, the most that topoc compiles is {MAX_VCPUS}"),
    );
    let mut diagnostic = facts.label_counts(diagnostic, "the largest count");
    // The largest count that would still do beside the others, if any does.
    if let Some((_, domain, count)) = facts.largest_counts().into_iter().next() {
        let fits = u128::from(MAX_VCPUS) * u128::from(count) / vcpus;
        if fits > 0 {
            diagnostic = diagnostic.help(format!("write `{}: {fits}` or less", domain.key()));
        }
    }
    out.push(
        diagnostic.note("KVM creates 4096 vCPUs at most, and fewer with most kernels: KVM_CAP_MAX_VCPUS"),
    );
}
