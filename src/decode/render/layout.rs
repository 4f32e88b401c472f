//! The machine as nested units: domains, and caches that are no domain's.

use std::collections::{BTreeMap, BTreeSet};

use crate::decode::cache::CacheName;
use crate::decode::domain::Domain;
use crate::decode::machine::{Machine, SharedCache};
use crate::decode::set::CpuSet;

/// One unit: vCPUs that share a domain, or caches, or both.
pub(super) struct Unit<'a> {
    /// Domains whose set this is, outer to inner, each with its number within the enclosing unit
    pub domains: Vec<(Domain, usize)>,
    /// Caches whose set this is, outer to inner
    pub caches: Vec<(CacheName, &'a SharedCache)>,
    /// vCPU indices in the order of their x2APIC IDs
    pub vcpus: Vec<usize>,
    /// Units inside, in the order of their x2APIC IDs
    pub inside: Vec<Unit<'a>>,
}

impl Unit<'_> {
    /// The vCPUs that are in no unit inside.
    pub fn alone(&self) -> Vec<usize> {
        let inside: BTreeSet<usize> =
            self.inside.iter().flat_map(|unit| unit.vcpus.iter().copied()).collect();
        self.vcpus.iter().copied().filter(|vcpu| !inside.contains(vcpu)).collect()
    }
}

/// The layout, and what does not nest in it: name and vCPUs.
pub(super) struct Layout<'a> {
    pub units: Vec<Unit<'a>>,
    pub astray: Vec<(String, CpuSet)>,
}

/// First and last rank in the order of x2APIC IDs; outer ranges sort first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Range {
    first: usize,
    last: std::cmp::Reverse<usize>,
}

#[derive(Default)]
struct Content<'a> {
    domains: Vec<Domain>,
    caches: Vec<(CacheName, &'a SharedCache)>,
}

pub(super) fn layout(machine: &Machine) -> Layout<'_> {
    let mut order: Vec<usize> = (0..machine.places.len()).collect();
    order.sort_by_key(|&vcpu| machine.places.get(vcpu).map(|place| place.x2apic_id));
    let mut ranks = vec![0; order.len()];
    for (rank, &vcpu) in order.iter().enumerate() {
        if let Some(slot) = ranks.get_mut(vcpu) {
            *slot = rank;
        }
    }

    let mut ranges: BTreeMap<Range, Content<'_>> = BTreeMap::new();
    let mut astray: Vec<(String, CpuSet)> = Vec::new();
    for (domain, sets) in machine.domains.iter().rev() {
        for set in sets {
            match range(set, &ranks) {
                Some(range) => ranges.entry(range).or_default().domains.push(*domain),
                None => astray.push((domain.name().to_owned(), set.clone())),
            }
        }
    }
    for (name, caches) in &machine.caches {
        for cache in caches {
            match range(&cache.cpus, &ranks) {
                Some(range) => ranges.entry(range).or_default().caches.push((*name, cache)),
                None => astray.push((name.to_string(), cache.cpus.clone())),
            }
        }
    }
    let mut flat: Vec<(Range, Content<'_>)> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (range, mut content) in ranges {
        content.caches.sort_by_key(|(name, _)| (std::cmp::Reverse(name.level), name.kind));
        while open.last().is_some_and(|&last| last < range.first) {
            open.pop();
        }
        // A range that begins inside an open one and ends outside it nests nowhere.
        if open.last().is_some_and(|&last| last < range.last.0) {
            let set =
                || order.iter().copied().skip(range.first).take(range.last.0 + 1 - range.first).collect();
            astray.extend(content.domains.iter().map(|domain| (domain.name().to_owned(), set())));
            astray.extend(content.caches.iter().map(|(name, _)| (name.to_string(), set())));
            continue;
        }
        open.push(range.last.0);
        flat.push((range, content));
    }
    let mut rest = flat.into_iter().peekable();
    let units = nest(&mut rest, usize::MAX, &order);
    Layout { units, astray }
}

/// The set's ranks, where they follow each other without a gap.
fn range(set: &CpuSet, ranks: &[usize]) -> Option<Range> {
    let ranks = || set.as_slice().iter().filter_map(|&vcpu| ranks.get(vcpu).copied());
    let (first, last) = (ranks().min()?, ranks().max()?);
    (last + 1 - first == set.len()).then_some(Range { first, last: std::cmp::Reverse(last) })
}

/// The units that end at or before `end`. Ranges come outer before inner, so a unit's own follow it directly.
fn nest<'a>(
    rest: &mut std::iter::Peekable<std::vec::IntoIter<(Range, Content<'a>)>>,
    end: usize,
    order: &[usize],
) -> Vec<Unit<'a>> {
    let mut units: Vec<Unit<'a>> = Vec::new();
    let mut numbers: BTreeMap<Domain, usize> = BTreeMap::new();
    while let Some((range, content)) = rest.next_if(|(range, _)| range.last.0 <= end) {
        let last = range.last.0;
        let domains = content.domains.iter().enumerate().map(|(depth, domain)| {
            // Only the outermost domain of the set has siblings here.
            let number = if depth == 0 { numbers.entry(*domain).or_default() } else { &mut 0 };
            *number += 1;
            (*domain, *number - 1)
        });
        units.push(Unit {
            domains: domains.collect(),
            caches: content.caches,
            vcpus: order.iter().copied().skip(range.first).take(last + 1 - range.first).collect(),
            inside: nest(rest, last, order),
        });
    }
    units
}
