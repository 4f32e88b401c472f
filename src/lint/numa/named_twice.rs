//! `numa::named_twice`

use crate::diag::{Diagnostic, Severity};
use crate::lint::words::vcpus;
use crate::lint::{Facts, value};
use crate::topology::Members;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(numa)) = (facts.topology, &facts.spec.numa) else { return };
    let members = Members::of(topology.places());
    for (number, node) in numa.nodes.iter().flatten().enumerate() {
        let keys =
            [node.sockets.is_some(), node.dies.is_some(), node.complexes.is_some(), node.vcpus.is_some()];
        if keys.into_iter().filter(|is| *is).count() < 2 {
            continue;
        }
        let named = members.by_key(node);
        let pairs = named.iter().enumerate().flat_map(|(i, a)| named[i + 1..].iter().map(move |b| (a, b)));
        let twice = pairs.map(|((first, a), (second, b))| {
            let both: Vec<u32> =
                a.iter().filter(|vcpu| b.binary_search(vcpu).is_ok()).map(|vcpu| vcpu.0).collect();
            (first, second, both)
        });
        for (first, second, both) in twice.filter(|(.., both)| !both.is_empty()) {
            let both = vcpus(&both);
            let message = format!("node {number} names {both} by `{first}` and by `{second}`");
            out.push(
                Diagnostic::new("numa::named_twice", Severity::Warning, message)
                    .label(value(&format!("numa.nodes[{number}].{second}")), format!("{both} again"))
                    .label(value(&format!("numa.nodes[{number}].{first}")), format!("{both} stand here"))
                    .help(format!("leave {both} out of `{second}` or of `{first}`")),
            );
        }
    }
}
