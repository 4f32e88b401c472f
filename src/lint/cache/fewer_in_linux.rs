//! `cache::fewer_in_linux`

use crate::cpuid::Vendor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};

/// Source: Linux `arch/x86/kernel/cpu/cacheinfo.c` before 9677be09e5e4, `init_intel_cacheinfo`.
pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some([first, others @ ..]) = facts.caches.map(|caches| caches.lists.as_slice()) else { return };
    if facts.vendor != Some(Vendor::Intel) || !facts.reader().may_be_linux_before(6, 12) {
        return;
    }
    let most = first.caches.len();
    for other in others.iter().filter(|other| other.caches.len() < most) {
        let Some(core_type) = other.core_type else { continue };
        let key = core_type.word();
        let fewer = other.caches.len();
        out.push(
            Diagnostic::new(
                "cache::fewer_in_linux",
                Severity::Warning,
                format!(
                    "{key} cores have {fewer} caches, vCPU 0 has {most}: Linux up to 6.11 looks for {most} everywhere, and shows \
                     none of any CPU"
                ),
            )
            .label(value(&format!("caches.{key}")), format!("{fewer} caches"))
            .help("say so if the guest's kernel is 6.12 or later: `guest: { os: linux, kernel: \"6.12\" }`"),
        );
    }
}
