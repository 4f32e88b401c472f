//! `numa::distances_not_slit`

use crate::diag::{Diagnostic, Edit, Severity};
use crate::lint::mend::{safe, set, suggested};
use crate::lint::words::many;
use crate::lint::{Facts, value};
use crate::spec::{Distances, DistancesBySocket};
use crate::topology::{DEFAULT_REMOTE_DISTANCE, DEFAULT_SOCKET_DISTANCE};

const NAME: &str = "numa::distances_not_slit";

/// LOCAL_DISTANCE of the ACPI specification, and the range of the others. 255 is unreachable.
const LOCAL: u32 = 10;
const REMOTE: std::ops::RangeInclusive<u32> = 11..=255;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(topology), Some(numa)) = (facts.topology, &facts.spec.numa) else { return };
    match &numa.distances {
        Some(Distances::Matrix(rows)) => matrix(facts, topology.nodes().len(), rows, out),
        Some(Distances::BySocket(by_socket)) => short(*by_socket, out),
        None => {}
    }
}

fn short(by_socket: DistancesBySocket, out: &mut Vec<Diagnostic>) {
    let distances = [
        ("same_socket", "of one socket", by_socket.same_socket, DEFAULT_SOCKET_DISTANCE),
        ("remote", "of two sockets", by_socket.remote, DEFAULT_REMOTE_DISTANCE),
    ];
    for (key, which, distance, default) in distances {
        let Some(distance) = distance.filter(|distance| !REMOTE.contains(distance)) else { continue };
        let (least, most) = (REMOTE.start(), REMOTE.end());
        let message =
            format!("the distance between nodes {which} is {distance}, a SLIT has {least} to {most} there");
        out.push(
            Diagnostic::new(NAME, Severity::Error, message)
                .label(value(&format!("numa.distances.{key}")), "no distance of two nodes")
                .help(format!("write `{key}: {default}`, or what it is to be"))
                .fix(suggested([set(format!("numa.distances.{key}"), default)]))
                .note("a Linux guest prints \"SLIT table looks invalid. Not used.\""),
        );
    }
}

fn matrix(facts: &Facts<'_>, nodes: usize, rows: &[Vec<u32>], out: &mut Vec<Diagnostic>) {
    let count = |n: usize, one, more| many(u128::from(u64::try_from(n).unwrap_or(u64::MAX)), one, more);
    if rows.len() != nodes {
        let (rows, nodes) = (count(rows.len(), "row", "rows"), count(nodes, "node", "nodes"));
        out.push(
            Diagnostic::new(
                NAME,
                Severity::Error,
                format!("`distances` has {rows}, the machine has {nodes}"),
            )
            .label(value("numa.distances"), format!("one row for each of {nodes}"))
            .help(format!("write `distances: {}`", example(facts)))
            .fix(suggested([set("numa.distances", example(facts))])),
        );
        return;
    }
    for (i, row) in rows.iter().enumerate().filter(|(_, row)| row.len() != nodes) {
        let (numbers, nodes) = (count(row.len(), "number", "numbers"), count(nodes, "node", "nodes"));
        out.push(
            Diagnostic::new(NAME, Severity::Error, format!("row {i} has {numbers}, the machine has {nodes}"))
                .label(value(&format!("numa.distances[{i}]")), format!("one number for each of {nodes}"))
                .help(format!("write `distances: {}`", example(facts)))
                .fix(suggested([set("numa.distances", example(facts))])),
        );
    }
    let cells = || rows.iter().enumerate().flat_map(|(i, row)| (0..).zip(row).map(move |(j, d)| (i, j, *d)));
    let local: Vec<_> = cells().filter(|(i, j, distance)| i == j && *distance != LOCAL).collect();
    let remote: Vec<_> = cells().filter(|(i, j, distance)| i != j && !REMOTE.contains(distance)).collect();
    if let Some((i, _, distance)) = local.first() {
        let message = format!("the distance from node {i} to itself is {distance}, a SLIT has {LOCAL} there");
        out.push(
            cell_labels(Diagnostic::new(NAME, Severity::Error, message), &local)
                .help("write `10` there")
                .fix(safe(cells_set(&local, LOCAL))),
        );
    }
    if let Some((i, j, distance)) = remote.first() {
        let message = format!(
            "the distance from node {i} to node {j} is {distance}, a SLIT has {} to {} there",
            REMOTE.start(),
            REMOTE.end()
        );
        out.push(
            cell_labels(Diagnostic::new(NAME, Severity::Error, message), &remote)
                .help("write `20` there, or what it is to be")
                .fix(suggested(cells_set(&remote, DEFAULT_REMOTE_DISTANCE)))
                .note("a Linux guest prints \"SLIT table looks invalid. Not used.\""),
        );
    }
}

fn cell_labels(diagnostic: Diagnostic, cells: &[(usize, usize, u32)]) -> Diagnostic {
    cells.iter().fold(diagnostic, |diagnostic, (i, j, _)| {
        diagnostic.label(value(&format!("numa.distances[{i}][{j}]")), format!("node {i} to node {j}"))
    })
}

fn cells_set(cells: &[(usize, usize, u32)], distance: u32) -> Vec<Edit> {
    cells.iter().map(|(i, j, _)| set(format!("numa.distances[{i}][{j}]"), distance)).collect()
}

/// A matrix for the spec's nodes, as it would be without `distances`.
fn example(facts: &Facts<'_>) -> String {
    let nodes = facts.topology.map_or(0, |topology| topology.nodes().len());
    if nodes > 8 {
        return "{ same_socket: 12, remote: 20 }".to_owned();
    }
    let row = |i: usize| {
        let row: Vec<_> = (0..nodes).map(|j| if i == j { "10" } else { "20" }).collect();
        format!("[{}]", row.join(", "))
    };
    format!("[{}]", (0..nodes).map(row).collect::<Vec<_>>().join(", "))
}
