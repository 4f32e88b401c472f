//! The order of vCPUs: which place each index has.

use std::collections::HashMap;

use super::{Domain, Place, Topology};
use crate::spec::{self, Order, PlacePath};

/// Why the places that a spec lists are no order of its vCPUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceFault {
    /// The place with this index in the list is none of the machine's.
    Nowhere {
        /// The index.
        index: usize,
    },
    /// Two entries name one place.
    Twice {
        /// The index of the second.
        index: usize,
        /// That of the first.
        first: usize,
    },
    /// A place is not listed.
    Unlisted {
        /// The first such place.
        place: PlacePath,
        /// How many there are.
        count: usize,
    },
    /// The first entry is not the machine's first place, which has ID 0.
    NotFirst {
        /// The machine's first place.
        place: PlacePath,
    },
}

/// For each vCPU index, which of the places it has. Without a valid order, the places' own.
pub(super) fn order(written: &spec::Topology, topology: &Topology) -> (Vec<usize>, Vec<PlaceFault>) {
    let places = topology.places();
    let mut order: Vec<usize> = (0..places.len()).collect();
    if let Some(listed) = &written.places {
        let (found, faults) = named(listed, topology);
        return (if faults.is_empty() { found } else { order }, faults);
    }
    if written.order == Some(Order::CoresFirst) {
        order.sort_by_key(|at| places[*at].index(Domain::Thread));
    }
    (order, Vec::new())
}

/// The places that a list names.
fn named(listed: &[PlacePath], topology: &Topology) -> (Vec<usize>, Vec<PlaceFault>) {
    let path = |place: &Place| topology.path(place);
    let known: HashMap<PlacePath, usize> = topology.places().iter().map(path).zip(0..).collect();
    let mut faults = Vec::new();
    let mut at: Vec<Option<usize>> = vec![None; topology.places().len()];
    let mut order = Vec::new();
    for (index, wanted) in listed.iter().enumerate() {
        match known.get(wanted) {
            None => faults.push(PlaceFault::Nowhere { index }),
            Some(place) => match at[*place] {
                Some(first) => faults.push(PlaceFault::Twice { index, first }),
                None => {
                    at[*place] = Some(index);
                    order.push(*place);
                }
            },
        }
    }
    let mut unlisted =
        topology.places().iter().zip(&at).filter(|(_, at)| at.is_none()).map(|(place, _)| place);
    if let Some(first) = unlisted.next() {
        faults.push(PlaceFault::Unlisted { place: path(first), count: unlisted.count() + 1 });
    }
    if faults.is_empty() && order.first().is_some_and(|first| *first != 0) {
        faults.push(PlaceFault::NotFirst { place: path(&topology.places()[0]) });
    }
    (order, faults)
}
