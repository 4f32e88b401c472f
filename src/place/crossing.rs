//! Hosts whose sets cross: a search CPU by CPU.

use std::collections::{HashMap, HashSet};

use super::layers::Layers;
use super::packing::Spent;

/// For each element of the guest its element of the host; `None` if there is no placement. Tries every way, with each
/// claim held as soon as it can be, and of CPUs that have everything in common only the first.
pub(super) fn search(layers: &Layers, budget: u64, steps: &mut u64) -> Result<Option<Vec<usize>>, Spent> {
    let mut order: Vec<usize> = (0..layers.vcpus + layers.wanted.len()).collect();
    // What is bound first; then unit by unit, so that a claim that fails fails soon.
    order.sort_by_key(|element| {
        let units: Vec<Option<usize>> = layers.layers.iter().map(|layer| layer.guest[*element]).collect();
        (layers.bound[*element].is_none(), units, *element)
    });
    let mut walk = Walk {
        layers,
        alike: alike(layers),
        at: layers.layers.iter().map(|_| HashMap::new()).collect(),
        by: layers.layers.iter().map(|_| HashMap::new()).collect(),
        taken: vec![false; layers.cpus.len()],
        used: vec![0; layers.room.len()],
        laid: vec![usize::MAX; order.len()],
    };
    let mut next: Vec<Choice> = vec![Choice::default()];
    while let Some(depth) = next.len().checked_sub(1) {
        let Some(element) = order.get(depth).copied() else { return Ok(Some(walk.laid)) };
        if let Some(undo) = next[depth].undo.take() {
            walk.take_back(element, &undo);
        }
        let mut found = false;
        while let Some(place) = walk.candidate(element, &mut next[depth]) {
            *steps += 1;
            if *steps > budget {
                return Err(Spent);
            }
            if let Some(undo) = walk.put(element, place) {
                next[depth].undo = Some(undo);
                found = true;
                break;
            }
        }
        if found {
            next.push(Choice::default());
        } else {
            next.pop();
        }
    }
    Ok(None)
}

/// Where the search stands with one element.
#[derive(Default)]
struct Choice {
    /// The next element of the host to try.
    next: usize,
    /// The sorts of CPUs that were tried.
    tried: HashSet<usize>,
    /// What to undo before the next one.
    undo: Option<Undo>,
}

/// What putting an element somewhere changed: by layer, whether it was the first of its unit.
struct Undo {
    first: Vec<bool>,
    place: usize,
}

struct Walk<'a> {
    layers: &'a Layers,
    /// For each CPU, the first that has everything in common with it.
    alike: Vec<usize>,
    /// By layer, for each unit of the guest the host's unit that it is in.
    at: Vec<HashMap<usize, usize>>,
    /// By layer, for each unit of the host the guest's unit that has it to itself.
    by: Vec<HashMap<usize, usize>>,
    taken: Vec<bool>,
    used: Vec<u64>,
    laid: Vec<usize>,
}

impl Walk<'_> {
    fn candidate(&self, element: usize, choice: &mut Choice) -> Option<usize> {
        let cpus = self.layers.cpus.len();
        let is_vcpu = element < self.layers.vcpus;
        let (first, end) = if is_vcpu { (0, cpus) } else { (cpus, cpus + self.layers.room.len()) };
        if let Some(bound) = self.layers.bound[element] {
            let once = choice.next == 0;
            choice.next = usize::MAX;
            return Some(bound).filter(|_| once);
        }
        choice.next = choice.next.max(first);
        while choice.next < end {
            let place = choice.next;
            choice.next += 1;
            if !is_vcpu || (!self.taken[place] && choice.tried.insert(self.alike[place])) {
                return Some(place);
            }
        }
        None
    }

    /// Puts an element somewhere, if every claim allows it.
    fn put(&mut self, element: usize, place: usize) -> Option<Undo> {
        let layers = self.layers;
        let cpus = layers.cpus.len();
        if place < cpus {
            if self.taken[place] || !layers.takes(element, place) {
                return None;
            }
        } else {
            let wanted = self.used[place - cpus].saturating_add(layers.wanted[element - layers.vcpus]);
            if layers.room[place - cpus].is_some_and(|room| wanted > room) {
                return None;
            }
        }
        for (at, layer) in layers.layers.iter().enumerate() {
            let Some((unit, there)) = layer.guest[element].zip(layer.host[place]) else { continue };
            let elsewhere = self.at[at].get(&unit).is_some_and(|known| *known != there);
            let others = layer.distinct && self.by[at].get(&there).is_some_and(|known| *known != unit);
            if elsewhere || others {
                return None;
            }
        }
        let mut first = Vec::new();
        for (at, layer) in layers.layers.iter().enumerate() {
            let pair = layer.guest[element].zip(layer.host[place]);
            first.push(pair.is_some_and(|(unit, there)| {
                self.by[at].insert(there, unit);
                self.at[at].insert(unit, there).is_none()
            }));
        }
        if place < cpus {
            self.taken[place] = true;
        } else {
            self.used[place - cpus] += layers.wanted[element - layers.vcpus];
        }
        self.laid[element] = place;
        Some(Undo { first, place })
    }

    fn take_back(&mut self, element: usize, undo: &Undo) {
        let cpus = self.layers.cpus.len();
        for (at, layer) in self.layers.layers.iter().enumerate().filter(|(at, _)| undo.first[*at]) {
            if let Some((unit, there)) = layer.guest[element].zip(layer.host[undo.place]) {
                self.at[at].remove(&unit);
                self.by[at].remove(&there);
            }
        }
        if undo.place < cpus {
            self.taken[undo.place] = false;
        } else {
            self.used[undo.place - cpus] -= self.layers.wanted[element - self.layers.vcpus];
        }
    }
}

/// For each CPU the first one that is of its kind and in all of its units; one that something is bound to stands for
/// itself.
fn alike(layers: &Layers) -> Vec<usize> {
    let bound: HashSet<usize> = layers.bound.iter().flatten().copied().collect();
    let mut known = HashMap::new();
    (0..layers.cpus.len())
        .map(|cpu| {
            let units: Vec<Option<usize>> = layers.layers.iter().map(|layer| layer.host[cpu]).collect();
            let own = bound.contains(&cpu).then_some(cpu);
            *known.entry((units, layers.kinds[cpu], own)).or_insert(cpu)
        })
        .collect()
}
