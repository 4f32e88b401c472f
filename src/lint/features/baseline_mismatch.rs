//! `features::baseline_mismatch`

use crate::diag::{Diagnostic, Severity};
use crate::features::layout;
use crate::lint::{Facts, baseline as written, profile, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(selection), Some(Ok(baseline))) = (facts.features, facts.baseline) else { return };
    let error = |message| Diagnostic::new("features::baseline_mismatch", Severity::Error, message);
    if let Some(vendor) = facts.vendor.filter(|vendor| *vendor != baseline.vendor) {
        out.push(
            error(format!("the baseline is of hosts of {}, and this one is of {vendor}", baseline.vendor))
                .label(value("cpu.baseline"), "named here")
                .label(written("vendor"), format!("{} here", baseline.vendor))
                .label(profile("cpus"), format!("{vendor} there"))
                .help("make a baseline of profiles of one vendor"),
        );
        return;
    }
    let part = facts.host.and_then(|host| host.kvm.as_ref()?.supported_cpuid.as_ref());
    let part = if part.is_some() { "kvm.supported_cpuid" } else { "cpus.cpuid" };
    for (at, meant) in baseline.xsave.iter().enumerate() {
        let Some(here) = layout(&selection.host).find(|c| c.component == meant.component && c != meant)
        else {
            continue;
        };
        out.push(
            error(format!(
                "XSAVE component {} has {} bytes at {} in the baseline, and {} at {} on this host",
                meant.component, meant.size, meant.offset, here.size, here.offset
            ))
            .label(value("cpu.baseline"), "named here")
            .label(written(&format!("xsave[{at}]")), "the fleet's layout")
            .label(profile(&format!("{part}.0x0000000d.{}", meant.component)), "this host's")
            .help("compile for a host of the fleet, or make a baseline with this one"),
        );
    }
}
