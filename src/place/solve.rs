//! One question to the search, and its answer in the kernel's numbers.

use super::layers::Layers;
use super::packing::{Search, Spent};
use super::trees::Trees;
use super::{HostShape, Placement, Wish, crossing, layout};

/// What a search came to.
pub(super) enum Outcome {
    Fits(Placement),
    DoesNotFit,
    Undecided,
}

/// Searches a place, and counts its steps.
pub(super) fn solve(wish: &Wish, host: &HostShape, budget: u64, steps: &mut u64) -> Outcome {
    let Some(layers) = Layers::of(wish, host) else { return Outcome::DoesNotFit };
    if wish.vcpus > layers.cpus.len() {
        return Outcome::DoesNotFit;
    }
    let laid = if layers.crossing {
        crossing::search(&layers, budget, steps)
    } else {
        let Some(trees) = Trees::of(&layers) else { return Outcome::DoesNotFit };
        let mut search = Search::new(&trees, budget);
        search.steps = *steps;
        let laid = layout::lay_out(&layers, &trees, &mut search);
        *steps = search.steps;
        laid
    };
    match laid {
        Ok(Some(laid)) => Outcome::Fits(placement(&laid, &layers, host)),
        Ok(None) => Outcome::DoesNotFit,
        Err(Spent) => Outcome::Undecided,
    }
}

/// Elements to the kernel's numbers. An element that was laid nowhere has no number, which the check finds.
fn placement(laid: &[usize], layers: &Layers, host: &HostShape) -> Placement {
    let (vcpus, memories) = laid.split_at(layers.vcpus);
    let cpu = |at: &usize| layers.cpus.get(*at).and_then(|cpu| host.cpus.get(*cpu)).copied();
    let node = |at: &usize| host.nodes.get(at.checked_sub(layers.cpus.len())?).map(|node| node.number);
    Placement { cpu_of: vcpus.iter().filter_map(cpu).collect(), node_of: memories.iter().map(node).collect() }
}
