//! `leaf::tsc_not_host`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{set, suggested};
use crate::lint::{Facts, profile, value};
use crate::spec::Frequency;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(tsc) = facts.clock().and_then(|clock| clock.tsc) else { return };
    let Some(cpus) = facts.host.and_then(|host| host.cpus.as_ref()) else { return };
    let leaf = cpus.cpuid.lookup(0x15, 0);
    let told = u64::from(leaf.ecx) * u64::from(leaf.ebx);
    let Some(host) = told.checked_div(leaf.eax.into()).filter(|hz| *hz != 0).map(Frequency) else { return };
    if host == tsc {
        return;
    }
    out.push(
        Diagnostic::new(
            "leaf::tsc_not_host",
            Severity::Note,
            format!("the guest's time-stamp counter is to run at {tsc}, the host's runs at {host}"),
        )
        .label(value("cpu.clock.tsc"), format!("{tsc} here"))
        .label(profile("cpus"), format!("{host} there"))
        .help(format!("write `tsc: {host}`, or have the VMM scale it with KVM_SET_TSC_KHZ"))
        .fix(suggested([set("cpu.clock.tsc", host)])),
    );
}
