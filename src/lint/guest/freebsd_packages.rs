//! `guest::freebsd_packages`

use crate::cpuid::Vendor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::words::many;
use crate::lint::{Facts, value};
use crate::spec::GuestOs;
use crate::topology::Domain;

/// What leaf 1FH names between core and package, inner to outer.
const BETWEEN: [Domain; 4] = [Domain::Module, Domain::Tile, Domain::Die, Domain::DieGroup];

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    if facts.vendor != Some(Vendor::Intel) || facts.reader().os() != Some(GuestOs::Freebsd) {
        return;
    }
    let Some(domain) = BETWEEN.into_iter().find(|domain| topology.has(*domain)) else { return };
    let count = |domain| u64::try_from(topology.instances(domain).count()).unwrap_or(u64::MAX);
    let (key, packages) = (domain.key(), count(domain));
    out.push(
        Diagnostic::new(
            "guest::freebsd_packages",
            Severity::Warning,
            format!(
                "the machine has {} and {packages} {key}: FreeBSD takes each of the {key} for a package",
                many(count(Domain::Package), "socket", "sockets")
            ),
        )
        .label(facts.count_at(domain), "each is a package to it")
        .label(value("guest.os"), "reads the rows of threads and cores alone")
        .help(format!("write `sockets: {packages}` and no `{key}`, or leave `{key}` out"))
        .note("the row of cores in leaf 1FH ends where the next level begins, and FreeBSD takes that for the package"),
    );
}
