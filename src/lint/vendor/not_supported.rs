//! `vendor::not_supported`

use crate::cpuid::Vendor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile};

/// K8, AMD's first family with virtualization.
const FIRST_AMD_FAMILY: u32 = 0xf;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(host) = facts.host else { return };
    let found = match (host.vendor(), host.signature()) {
        (Some(Err(unknown)), _) => format!("of {unknown}"),
        (Some(Ok(Vendor::Amd)), Some(s)) if s.family() < FIRST_AMD_FAMILY => {
            format!("AMD family {:X}h", s.family())
        }
        _ => return,
    };
    let known = Vendor::ALL.map(|vendor| format!("{vendor} (\"{}\")", vendor.id().escape_ascii())).join(", ");
    out.push(
        Diagnostic::new(
            "vendor::not_supported",
            Severity::Error,
            format!("the host's CPU is {found}: there are rules for {known}, for AMD from family 0Fh on"),
        )
        .label(profile("cpus"), "this CPU")
        .help("name the profile of a host of one of these")
        .note("`topoc decode` still draws what can be read of it"),
    );
}
