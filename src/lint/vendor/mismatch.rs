//! `vendor::mismatch`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{remove, suggested};
use crate::lint::{Facts, profile, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let wanted = facts.spec.cpu.as_ref().and_then(|cpu| cpu.vendor);
    let found = facts.host.and_then(|host| host.vendor()).and_then(Result::ok);
    let (Some(wanted), Some(found)) = (wanted, found) else { return };
    if wanted == found {
        return;
    }
    out.push(
        Diagnostic::new(
            "vendor::mismatch",
            Severity::Error,
            format!("the guest's CPU is to be of {wanted}, the host's is of {found}"),
        )
        .label(value("cpu.vendor"), format!("{wanted} here"))
        .label(profile("cpus"), format!("{found} there"))
        .help(format!("leave `vendor` out, or name the profile of a host of {wanted}"))
        .fix(suggested([remove("cpu.vendor")])),
    );
}
