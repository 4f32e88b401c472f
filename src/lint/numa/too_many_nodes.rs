//! `numa::too_many_nodes`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{set, suggested};
use crate::lint::words::many;
use crate::lint::{Facts, value};
use crate::spec::NodePer;
use crate::topology::{MAX_NODES, Members};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(numa)) = (facts.topology, &facts.spec.numa) else { return };
    let (nodes, place) = match (&numa.nodes, numa.per) {
        (Some(nodes), _) => (nodes.len(), "numa.nodes"),
        (None, Some(per)) => (Members::of(topology.places()).per(per).len(), "numa.per"),
        (None, None) => return,
    };
    if nodes <= MAX_NODES {
        return;
    }
    let count = u64::try_from(nodes).unwrap_or(u64::MAX);
    let help = match numa.per {
        Some(NodePer::Complex) => "write `per: die`, or `per: socket`",
        Some(NodePer::Die) => "write `per: socket`, or fewer `dies`",
        Some(NodePer::Socket) => "write fewer `sockets`",
        None => "write fewer nodes of more CPUs and memory each",
    };
    let message = format!(
        "the machine has {}, Linux on x86 is built for {MAX_NODES} at most",
        many(count, "node", "nodes")
    );
    let diagnostic = Diagnostic::new("numa::too_many_nodes", Severity::Error, message)
        .label(value(place), many(count, "node", "nodes"))
        .help(help)
        .note("a Linux guest prints \"SRAT: Too many proximity domains\"");
    // The narrowest of which there are few enough.
    let wider: &[_] = match numa.per {
        Some(NodePer::Complex) => &[(NodePer::Die, "die"), (NodePer::Socket, "socket")],
        Some(NodePer::Die) => &[(NodePer::Socket, "socket")],
        Some(NodePer::Socket) | None => &[],
    };
    let fits = wider.iter().find(|(per, _)| Members::of(topology.places()).per(*per).len() <= MAX_NODES);
    out.push(diagnostic.fix(suggested(fits.map(|(_, word)| set("numa.per", word)))));
}
