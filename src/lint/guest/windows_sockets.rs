//! `guest::windows_sockets`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};
use crate::spec::GuestOs;
use crate::topology::Domain;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    let sockets = topology.instances(Domain::Package).count();
    let (limit, who) = match facts.reader().os() {
        Some(GuestOs::Windows) => (2, "Windows Pro uses 2, Home 1, Pro for Workstations 4"),
        Some(GuestOs::WindowsServer) => (64, "Windows Server uses 64"),
        _ => return,
    };
    if sockets <= limit {
        return;
    }
    out.push(
        Diagnostic::new(
            "guest::windows_sockets",
            Severity::Warning,
            format!("the machine has {sockets} sockets, {who}"),
        )
        .label(value("topology.sockets"), format!("{sockets} sockets"))
        .label(value("guest.os"), "leaves the others idle")
        .help("write fewer `sockets`, and more `cores`"),
    );
}
