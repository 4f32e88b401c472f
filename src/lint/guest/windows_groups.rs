//! `guest::windows_groups`

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Facts, value};
use crate::spec::GuestOs;

/// The logical processors of a group.
const GROUP: usize = 64;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    if !matches!(facts.reader().os(), Some(GuestOs::Windows | GuestOs::WindowsServer)) {
        return;
    }
    let of_nodes = topology.nodes().iter().map(|node| node.vcpus.len()).max().unwrap_or(0);
    let all = topology.places().len();
    let (largest, what) = if of_nodes == 0 { (all, "the machine") } else { (of_nodes, "a node") };
    if largest <= GROUP {
        return;
    }
    let at = if of_nodes == 0 { "topology" } else { "numa" };
    out.push(
        Diagnostic::new(
            "guest::windows_groups",
            Severity::Note,
            format!("{what} has {largest} vCPUs, Windows puts {GROUP} at most into a processor group"),
        )
        .label(value(at), "cut into several groups")
        .help(format!("write nodes of at most {GROUP} vCPUs"))
        .note("a program that does not ask for more runs on one group alone"),
    );
}
