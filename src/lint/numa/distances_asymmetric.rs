//! `numa::distances_asymmetric`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{set, suggested};
use crate::lint::{Facts, value};
use crate::spec::Distances;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let distances = facts.spec.numa.as_ref().and_then(|numa| numa.distances.as_ref());
    let Some(Distances::Matrix(rows)) = distances else { return };
    let mut diagnostic = None;
    let mut edits = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        for (j, there) in row.iter().enumerate().skip(i + 1) {
            let Some(back) = rows.get(j).and_then(|row| row.get(i)).filter(|back| *back != there) else {
                continue;
            };
            let first = diagnostic.take().unwrap_or_else(|| {
                Diagnostic::new(
                    "numa::distances_asymmetric",
                    Severity::Warning,
                    format!("the distance from node {i} to node {j} is {there}, the distance back is {back}"),
                )
                .help(format!("write `{there}` for both"))
                .note("with `sched_verbose`, a Linux guest prints \"Node-distance not symmetric\"")
            });
            edits.push(set(format!("numa.distances[{j}][{i}]"), there));
            diagnostic = Some(
                first
                    .label(value(&format!("numa.distances[{j}][{i}]")), format!("node {j} to node {i}"))
                    .label(value(&format!("numa.distances[{i}][{j}]")), format!("node {i} to node {j}")),
            );
        }
    }
    out.extend(diagnostic.map(|diagnostic| diagnostic.fix(suggested(edits))));
}
