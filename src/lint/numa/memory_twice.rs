//! `numa::memory_twice`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{remove, suggested};
use crate::lint::{Facts, value};

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    if facts.spec.memory.is_none() || facts.spec.numa.is_none() {
        return;
    }
    let message = "`memory` stands at the top and there is `numa`: with nodes, each has its own";
    let diagnostic = Diagnostic::new("numa::memory_twice", Severity::Error, message)
        .label(value("memory"), "of no node")
        .label(value("numa"), "the nodes")
        .help("write `memory` in each node, or beside `per`, and leave it out at the top");
    let each_has = facts.spec.numa.as_ref().is_some_and(|numa| match &numa.nodes {
        Some(nodes) => nodes.iter().all(|node| node.memory.is_some()),
        None => numa.memory.is_some(),
    });
    out.push(if each_has { diagnostic.fix(suggested([remove("memory")])) } else { diagnostic });
}
