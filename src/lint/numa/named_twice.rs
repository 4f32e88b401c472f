//! `numa::named_twice`

use crate::diag::{Diagnostic, Fix, Severity};
use crate::lint::mend::{remove, safe, set};
use crate::lint::words::vcpus;
use crate::lint::{Facts, value};
use crate::spec::CpuList;
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
            let fix = without(node.vcpus.as_ref().filter(|_| *second == "vcpus"), &both, number);
            let both = vcpus(&both);
            let message = format!("node {number} names {both} by `{first}` and by `{second}`");
            let diagnostic = Diagnostic::new("numa::named_twice", Severity::Warning, message)
                .label(value(&format!("numa.nodes[{number}].{second}")), format!("{both} again"))
                .label(value(&format!("numa.nodes[{number}].{first}")), format!("{both} stand here"))
                .help(format!("leave {both} out of `{second}` or of `{first}`"));
            out.push(match fix {
                Some(fix) => diagnostic.fix(fix),
                None => diagnostic,
            });
        }
    }
}

/// The list of a node's vCPUs without those that another key names: the node stays what it is.
fn without(list: Option<&CpuList>, both: &[u32], node: usize) -> Option<Fix> {
    let left: CpuList = list?.iter().filter(|vcpu| !both.contains(vcpu)).collect();
    let path = format!("numa.nodes[{node}].vcpus");
    Some(safe([if left.is_empty() { remove(path) } else { set(path, format!("\"{left}\"")) }]))
}
