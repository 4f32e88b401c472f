//! `numa::no_such_cpu`

use crate::diag::{Diagnostic, Severity};
use crate::lint::words::many;
use crate::lint::{Facts, value};
use crate::topology::Domain;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    let Some(nodes) = facts.spec.numa.as_ref().and_then(|numa| numa.nodes.as_ref()) else { return };
    let (sockets, vcpus) = (topology.count(Domain::Package), topology.vcpu_count());
    let dies = topology.count(Domain::Die) * topology.count(Domain::DieGroup);
    for (i, node) in nodes.iter().enumerate() {
        let mut error = |key: &str, named: String, there: String, last: String| {
            out.push(
                Diagnostic::new(
                    "numa::no_such_cpu",
                    Severity::Error,
                    format!("node {i} names {named}, the machine has {there}"),
                )
                .label(value(&format!("numa.nodes[{i}].{key}")), format!("the last is {last}"))
                .help(format!("write numbers up to {last}: they begin at 0")),
            );
        };
        if let Some(beyond) = node.sockets.iter().flatten().filter(|socket| **socket >= sockets).max() {
            let there = many(sockets, "socket", "sockets");
            error("sockets", format!("socket {beyond}"), there, (sockets - 1).to_string());
        }
        let beyond = |die: &&crate::spec::DiePath| die.socket >= sockets || die.die >= dies;
        if let Some(die) = node.dies.iter().flatten().find(beyond) {
            let there = format!("{} of {}", many(sockets, "socket", "sockets"), many(dies, "die", "dies"));
            let named = format!("die {}/{}", die.socket, die.die);
            error("dies", named, there, format!("{}/{}", sockets - 1, dies - 1));
        }
        let ranges = node.vcpus.iter().flat_map(|list| &list.ranges);
        let last = ranges.map(|(first, last, stride)| last - (last - first) % (*stride).max(1)).max();
        if let Some(beyond) = last.filter(|last| *last >= vcpus) {
            error("vcpus", format!("vCPU {beyond}"), many(vcpus, "vCPU", "vCPUs"), (vcpus - 1).to_string());
        }
    }
}
