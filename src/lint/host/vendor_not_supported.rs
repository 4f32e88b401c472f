//! `host::vendor_not_supported`

use crate::cpuid::Vendor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, profile};

/// Zen, the first AMD family that this version compiles for.
const FIRST_AMD_FAMILY: u32 = 0x17;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(host) = facts.host else { return };
    let found = match host.vendor() {
        Some(Err(unknown)) => format!("of {unknown}"),
        Some(Ok(Vendor::Amd)) => match host.signature() {
            Some(signature) if signature.family() < FIRST_AMD_FAMILY => {
                format!("AMD family {:X}h", signature.family())
            }
            _ => return,
        },
        Some(Ok(_)) | None => return,
    };
    out.push(
        Diagnostic::new(
            "host::vendor_not_supported",
            Severity::Error,
            format!("the host's CPU is {found}: not in this version, which compiles for Intel, for Hygon, and for AMD from family 17h on"),
        )
        .label(profile("cpus"), "this CPU")
        .help("name the profile of a host of Intel, of Hygon, or of AMD from Zen on"),
    );
}
