//! `numa::two_forms`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{insert, remove, rename, set, suggested};
use crate::lint::{Facts, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(numa) = &facts.spec.numa else { return };
    let error = |message: &str| Diagnostic::new("numa::two_forms", Severity::Error, message);
    match (&numa.nodes, numa.per) {
        (Some(_), Some(_)) => out.push(
            error("`numa` has `nodes` and `per`, one of the two says which nodes there are")
                .label(value("numa.per"), "the short form")
                .label(value("numa.nodes"), "the long form")
                .help("leave `per` out, or `nodes`")
                .fix(suggested([remove("numa.per")])),
        ),
        (None, None) => out.push(
            error("`numa` has neither `nodes` nor `per`: it names 0 nodes, at least 1 is needed")
                .label(value("numa"), "no nodes")
                .help("write `per: socket`, or leave `numa` out")
                .fix(suggested([insert("numa", "per", "socket")])),
        ),
        (Some(nodes), None) if nodes.is_empty() => out.push(
            error("`nodes` has 0 nodes, at least 1 is needed")
                .label(value("numa.nodes"), "no nodes")
                .help("write `per: socket` in place of `nodes: []`, or leave `numa` out")
                .fix(suggested([rename("numa.nodes", "per"), set("numa.nodes", "socket")])),
        ),
        (Some(nodes), None) if numa.memory.is_some() => {
            let diagnostic = error("`memory` beside `nodes` says nothing: each node has its own")
                .label(value("numa.memory"), "of no node")
                .help("write `memory` in each node");
            let each_has = nodes.iter().all(|node| node.memory.is_some());
            out.push(if each_has { diagnostic.fix(suggested([remove("numa.memory")])) } else { diagnostic });
        }
        _ => {}
    }
}
