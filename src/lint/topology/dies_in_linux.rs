//! `topology::dies_in_linux`

use crate::cpuid::Vendor;
use crate::diag::{Diagnostic, Severity};
use crate::lint::Facts;
use crate::topology::Domain;

const NAME: &str = "topology::dies_in_linux";

/// `detect_extended_topology` takes the ID's bits from the core's up to the die's for the number of the die.
pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology.filter(|topology| topology.has(Domain::Die)) else { return };
    if facts.vendor != Some(Vendor::Intel) || !facts.reader().may_be_linux_before(6, 9) {
        return;
    }
    let dies = topology.count(Domain::Die);
    let warning = |domain: Domain, message: String, label: &str| {
        Diagnostic::new(NAME, Severity::Warning, message)
            .label(facts.count_at(domain), label)
            .label(facts.count_at(Domain::Die), "dies beside them")
            .help("say so if the guest's kernel is 6.9 or later: `guest: { os: linux, kernel: \"6.12\" }`")
    };
    let inner = [Domain::Tile, Domain::Module].into_iter().filter(|domain| topology.has(*domain));
    for domain in inner {
        let (key, count) = (domain.key(), topology.count(domain));
        let message =
            format!("`{key}: {count}` in `dies: {dies}`: Linux up to 6.8 takes each of the {key} for a die");
        out.push(warning(domain, message, "each is a die to it"));
    }
    if topology.has(Domain::DieGroup) {
        let groups = topology.count(Domain::DieGroup);
        let message = format!(
            "`dies: {dies}` in `die_groups: {groups}`: Linux up to 6.8 tells {dies} dies apart, and takes those with the same \
             number in each group for one"
        );
        out.push(warning(Domain::DieGroup, message, "no part of a die's number to it"));
    }
}
