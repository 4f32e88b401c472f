//! `numa::near_as_far`

use crate::diag::{Diagnostic, Severity};
use crate::lint::mend::{set, suggested};
use crate::lint::{Facts, value};
use crate::spec::Distances;

/// A distance and the two nodes that it lies between.
type Pair = (u32, usize, usize);

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let Some(topology) = facts.topology else { return };
    let Some(written) = facts.spec.numa.as_ref().and_then(|numa| numa.distances.as_ref()) else { return };
    let sockets: Vec<_> = topology.nodes().iter().map(|node| node.socket(topology.places())).collect();
    // The farthest two of one socket, and the nearest two of two; of equals the first.
    let (mut far, mut near): (Option<Pair>, Option<Pair>) = (None, None);
    for (i, row) in topology.distances().iter().enumerate() {
        for (j, distance) in row.iter().enumerate().filter(|(j, _)| *j != i) {
            let (Some(Some(here)), Some(Some(there))) = (sockets.get(i), sockets.get(j)) else { continue };
            if here == there && far.is_none_or(|(farthest, ..)| *distance > farthest) {
                far = Some((*distance, i, j));
            }
            if here != there && near.is_none_or(|(nearest, ..)| *distance < nearest) {
                near = Some((*distance, i, j));
            }
        }
    }
    let (Some((within, a, b)), Some((across, c, d))) = (far, near) else { return };
    if within < across {
        return;
    }
    let message = format!(
        "nodes {a} and {b} of one socket are {within} apart, nodes {c} and {d} of two sockets {across}"
    );
    let (guilty, other) = match written {
        Distances::Matrix(_) => (format!("[{a}][{b}]"), format!("[{c}][{d}]")),
        Distances::BySocket(short) if short.same_socket.is_none() => (".remote".to_owned(), String::new()),
        Distances::BySocket(short) if short.remote.is_none() => (".same_socket".to_owned(), String::new()),
        Distances::BySocket(_) => (".same_socket".to_owned(), ".remote".to_owned()),
    };
    let mut diagnostic = Diagnostic::new("numa::near_as_far", Severity::Warning, message);
    if other.is_empty() {
        diagnostic =
            diagnostic.label(value(&format!("numa.distances{guilty}")), "12 and 20 are what is left out");
    } else {
        diagnostic = diagnostic
            .label(value(&format!("numa.distances{guilty}")), format!("{within} within a socket"))
            .label(value(&format!("numa.distances{other}")), format!("{across} across sockets"));
    }
    let help = match written {
        Distances::Matrix(_) => {
            format!("write less than {across} between nodes of one socket, 12 for instance")
        }
        Distances::BySocket(_) => {
            let short = "{ same_socket: 12, remote: 21 }";
            diagnostic = diagnostic.fix(suggested([set("numa.distances", short)]));
            format!("write `distances: {short}`")
        }
    };
    out.push(
        diagnostic
            .help(help)
            .note("a Linux guest with several nodes in a socket has no scheduler domain for the socket but what distances say"),
    );
}
