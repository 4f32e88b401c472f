//! `numa::no_such_cpu`

use crate::diag::{Diagnostic, Severity};
use crate::lint::words::many;
use crate::lint::{Facts, value};
use crate::spec::{ComplexPath, DiePath};
use crate::topology::{Domain, Members};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    let Some(nodes) = facts.spec.numa.as_ref().and_then(|numa| numa.nodes.as_ref()) else { return };
    let (sockets, vcpus) = (topology.count(Domain::Package), topology.vcpu_count());
    let dies = topology.count(Domain::Die) * topology.count(Domain::DieGroup);
    let complexes = topology.count(Domain::Complex);
    let members = Members::of(topology.places());
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
        let beyond = |die: &&DiePath| die.die >= members.dies_of(die.socket);
        if let Some(die) = node.dies.iter().flatten().find(beyond) {
            let of_socket = members.dies_of(die.socket);
            let (there, last) = if of_socket == 0 || of_socket == dies {
                let there =
                    format!("{} of {}", many(sockets, "socket", "sockets"), many(dies, "die", "dies"));
                (there, format!("{}/{}", sockets - 1, dies - 1))
            } else {
                let there = format!("{} in socket {}", many(of_socket, "die", "dies"), die.socket);
                (there, format!("{}/{}", die.socket, of_socket - 1))
            };
            error("dies", format!("die {die}"), there, last);
        }
        let beyond = |complex: &&ComplexPath| complex.complex >= members.complexes_of(complex.die);
        if let Some(complex) = node.complexes.iter().flatten().find(beyond) {
            let (die, of_die) = (complex.die, members.complexes_of(complex.die));
            let (there, last) = if of_die == 0 || of_die == complexes {
                let there = format!(
                    "{} of {} of {}",
                    many(sockets, "socket", "sockets"),
                    many(dies, "die", "dies"),
                    many(complexes, "complex", "complexes")
                );
                (there, format!("{}/{}/{}", sockets - 1, dies - 1, complexes - 1))
            } else {
                let there = format!("{} in die {die}", many(of_die, "complex", "complexes"));
                (there, format!("{die}/{}", of_die - 1))
            };
            error("complexes", format!("complex {complex}"), there, last);
        }
        let ranges = node.vcpus.iter().flat_map(|list| &list.ranges);
        let last = ranges.map(|(first, last, stride)| last - (last - first) % (*stride).max(1)).max();
        if let Some(beyond) = last.filter(|last| *last >= vcpus) {
            error("vcpus", format!("vCPU {beyond}"), many(vcpus, "vCPU", "vCPUs"), (vcpus - 1).to_string());
        }
    }
}
