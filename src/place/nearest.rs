//! The nearest shape that would fit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::solve::{Outcome, solve};
use super::{Demand, HostShape, Level, Wish};
use crate::cpuid::{Processor, Vendor};
use crate::spec::{self, Spec};
use crate::topology::{Caches, Domain, Members, Numbered, Sharing, Topology};

/// Counts that would fit: keys for `topology`, to be pasted in place of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// By rank of their domain: what is to be written, and what may be left out because it is 1.
    counts: [Option<u32>; 8],
    /// How many vCPUs they make.
    pub vcpus: u64,
}

impl Shape {
    /// The counts, outer to inner.
    pub fn counts(&self) -> impl Iterator<Item = (Domain, u32)> + '_ {
        Domain::ALL.into_iter().rev().filter_map(|domain| Some((domain, self.counts[domain.rank()]?)))
    }

    /// The spec with these counts.
    #[must_use]
    pub fn applied(&self, spec: &Spec) -> Spec {
        let mut topology = spec.topology.clone().unwrap_or_default();
        let [threads, cores, modules, tiles, complexes, dies, die_groups, sockets] = self.counts;
        topology = spec::Topology {
            threads,
            cores,
            modules,
            tiles,
            complexes,
            dies,
            die_groups,
            sockets,
            ..topology
        };
        Spec { topology: Some(topology), ..spec.clone() }
    }
}

/// As it is written in a spec: `dies: 2, cores: 8`.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (domain, count)) in self.counts().enumerate() {
            write!(f, "{}{}: {count}", if at == 0 { "" } else { ", " }, domain.key())?;
        }
        Ok(())
    }
}

/// How many shapes are tried.
const MOST_TRIES: usize = 100;

/// The nearest shape of a spec that does have a place: as many vCPUs with the fewest counts changed, else fewer vCPUs.
///
/// `caches` are those of the spec, from which the host's are taken; `budget` is that of all tries together. `None` if
/// nothing was found, and always for a machine of parts, and for one whose vCPUs are pinned or have their places listed:
/// counts say too little of these.
#[must_use]
pub fn nearest(
    spec: &Spec,
    caches: &Caches,
    processor: Option<Processor>,
    host: &HostShape,
    demand: Demand,
    budget: u64,
) -> Option<Shape> {
    let written = spec.topology.clone().unwrap_or_default();
    let is_pinned = spec.host.as_ref().is_some_and(|host| host.pin.is_some());
    if written.parts.is_some() || written.places.is_some() || is_pinned {
        return None;
    }
    let own = [
        written.threads,
        written.cores,
        written.modules,
        written.tiles,
        written.complexes,
        written.dies,
        written.die_groups,
        written.sockets,
    ];
    let cores = usable_cores(spec, host);
    let mut tries =
        Tries { spec, caches, processor, host, cores, demand, budget, steps: 0, left: MOST_TRIES, own };
    let counts = own.map(|count| count.unwrap_or(1));
    if counts.contains(&0) || counts.iter().any(|count| *count > 1 << 20) {
        return None;
    }
    let like = tries.same_count(counts);
    like.or_else(|| tries.fewer(counts)).map(|counts| tries.shape(counts))
}

/// For each core that may be used, how many of its threads may.
fn usable_cores(spec: &Spec, host: &HostShape) -> Vec<u64> {
    let allowed = spec.host.as_ref().and_then(|host| host.cpus.as_ref());
    let mut cores: BTreeMap<usize, u64> = BTreeMap::new();
    for (cpu, number) in host.cpus.iter().enumerate() {
        if allowed.is_none_or(|allowed| allowed.contains(*number)) {
            let core = host.unit(Level::Core, cpu).unwrap_or(host.cpus.len() + cpu);
            *cores.entry(core).or_default() += 1;
        }
    }
    cores.into_values().collect()
}

struct Tries<'a> {
    spec: &'a Spec,
    caches: &'a Caches,
    processor: Option<Processor>,
    host: &'a HostShape,
    /// For each core that may be used, how many of its threads may.
    cores: Vec<u64>,
    demand: Demand,
    budget: u64,
    steps: u64,
    left: usize,
    /// The counts as written.
    own: [Option<u32>; 8],
}

type Counts = [u32; 8];

fn product(counts: Counts) -> u64 {
    counts.iter().fold(1, |product, count| product.saturating_mul(u64::from(*count)))
}

impl Tries<'_> {
    fn shape(&self, counts: Counts) -> Shape {
        let write = |rank: usize| (self.own[rank].is_some() || counts[rank] > 1).then_some(counts[rank]);
        Shape { counts: std::array::from_fn(write), vcpus: product(counts) }
    }

    /// Whether counts have a place, and mean what the rest of the spec takes for granted.
    fn fits(&mut self, counts: Counts) -> bool {
        if self.left == 0 || self.steps >= self.budget || !self.may_count(counts) {
            return false;
        }
        self.left -= 1;
        let spec = self.shape(counts).applied(self.spec);
        let Some(topology) = Topology::resolve(&spec) else { return false };
        let numbered = Numbered::number(&topology, self.processor);
        let caches = Caches::resolve(&spec, &topology, &numbered, self.processor, &self.caches.host);
        let spans_nodes = |sharing: Sharing| match sharing {
            Sharing::Domain(domain) => topology.domain_spans_nodes(domain),
            Sharing::AmdNode => false,
        };
        if !caches.faults.is_empty()
            || !numbered.width_faults().is_empty()
            || caches.each().iter().any(|(_, cache)| spans_nodes(cache.sharing))
            || !names_what_is_there(&spec, &topology)
        {
            return false;
        }
        let wish = Wish::of(&spec, &topology, &numbered, &caches, self.demand);
        matches!(solve(&wish, self.host, self.budget, &mut self.steps), Outcome::Fits(_))
    }

    /// Whether the guest's processor can tell of the levels that are new, and the host has as many such cores.
    fn may_count(&self, counts: Counts) -> bool {
        // More threads to a core is another machine, and more units than the host has is none that anyone means.
        let beyond = |domain: Domain| {
            let host = Level::of_domain(domain).map_or(1, |level| self.host.count(level));
            let own = self.own[domain.rank()].unwrap_or(1);
            domain != Domain::Core && u64::from(counts[domain.rank()]) > host.max(u64::from(own))
        };
        if Domain::ALL.into_iter().any(beyond) {
            return false;
        }
        let least = u64::from(counts[0]);
        let enough = self.cores.iter().filter(|threads| **threads >= least).count();
        if product(counts) / least.max(1) > u64::try_from(enough).unwrap_or(u64::MAX) {
            return false;
        }
        let is_new = |domain: Domain| counts[domain.rank()] > 1 && self.own[domain.rank()].unwrap_or(1) == 1;
        let told = |domain: Domain| {
            let Some(processor) = self.processor else { return false };
            match (processor.vendor, domain) {
                (_, Domain::Core | Domain::Package) => true,
                _ if processor.is_before_zen() => false,
                (_, Domain::Thread)
                | (Vendor::Intel, Domain::Module | Domain::Die)
                | (Vendor::Amd | Vendor::Hygon, Domain::Complex) => true,
                (Vendor::Amd | Vendor::Hygon, Domain::Die) => processor.has_extended_levels() == Some(true),
                _ => false,
            }
        };
        let threads = counts[Domain::Thread.rank()];
        // A level that the host does not have would be told to no purpose.
        let on_host = |domain| Level::of_domain(domain).is_none_or(|level| self.host.has(level));
        Domain::ALL.into_iter().filter(|domain| is_new(*domain)).all(|domain| told(domain) && on_host(domain))
            && (matches!(threads, 1 | 2 | 4) || self.own[0] == Some(threads))
    }

    /// As many vCPUs otherwise shared out: the fewest counts changed, then the least.
    fn same_count(&mut self, counts: Counts) -> Option<Counts> {
        let keys =
            [Domain::Thread, Domain::Core, Domain::Module, Domain::Complex, Domain::Die, Domain::Package];
        let fixed = u64::from(counts[Domain::Tile.rank()]) * u64::from(counts[Domain::DieGroup.rank()]);
        let free = product(counts) / fixed.max(1);
        if product(counts) > self.cores.iter().sum() {
            return None;
        }
        let divisors: Vec<u64> = (1..=free).filter(|divisor| free.is_multiple_of(*divisor)).collect();
        let mut shapes = Vec::new();
        split(free, &divisors, &keys, counts, &mut shapes);
        shapes.retain(|shape| *shape != counts && self.may_count(*shape));
        let distance = |shape: &Counts| {
            let changed = shape.iter().zip(&counts).filter(|(new, old)| new != old).count();
            // Sockets are what a guest's licences and nodes go by, threads what its scheduler does: inner levels first.
            let sockets = shape[Domain::Package.rank()] != counts[Domain::Package.rank()];
            let threads = shape[0] != counts[0];
            let ratio = |(new, old): (&u32, &u32)| u64::from(*new.max(old)) * 16 / u64::from(*new.min(old));
            let ratios = shape.iter().zip(&counts).map(ratio).sum::<u64>();
            (changed, sockets, threads, ratios, shape.map(std::cmp::Reverse))
        };
        shapes.sort_by_key(distance);
        // Half of the tries are for what comes after.
        shapes.into_iter().take(MOST_TRIES / 2).find(|shape| self.fits(*shape))
    }

    /// Fewer vCPUs: of single counts lowered and the host's own counts, what leaves most.
    fn fewer(&mut self, counts: Counts) -> Option<Counts> {
        let mut found: Vec<Counts> = Vec::new();
        for domain in Domain::ALL {
            let with = |count: u32| {
                let mut counts = counts;
                counts[domain.rank()] = count;
                counts
            };
            let (mut least, mut beyond) = (0, counts[domain.rank()]);
            while beyond - least > 1 {
                let middle = least + (beyond - least) / 2;
                if self.fits(with(middle)) {
                    least = middle;
                } else {
                    beyond = middle;
                }
            }
            found.extend((least > 0).then(|| with(least)));
        }
        let mut like_host = self.host_counts();
        for rank in [Domain::Tile.rank(), Domain::DieGroup.rank()] {
            like_host[rank] = counts[rank];
        }
        like_host[0] = like_host[0].min(counts[0]);
        let sockets = Domain::Package.rank();
        while product(like_host) > product(counts) && like_host[sockets] > 1 {
            like_host[sockets] -= 1;
        }
        if product(like_host) < product(counts) && self.fits(like_host) {
            found.push(like_host);
        }
        found.into_iter().rev().max_by_key(|counts| product(*counts))
    }

    /// How many units of each level every unit around it has on the host, of those that a spec would count.
    fn host_counts(&self) -> Counts {
        let keys = [
            (Domain::Core, Level::Core),
            (Domain::Module, Level::Module),
            (Domain::Complex, Level::Complex),
            (Domain::Die, Level::Die),
            (Domain::Package, Level::Socket),
        ];
        let mut counts = [1; 8];
        let mut inner: Vec<Option<usize>> = (0..self.host.cpus.len()).map(Some).collect();
        let mut inside = Domain::Thread;
        for (domain, level) in keys.into_iter().filter(|(_, level)| self.host.has(*level)) {
            let mut units: BTreeMap<Option<usize>, BTreeSet<Option<usize>>> = BTreeMap::new();
            let own: Vec<Option<usize>> =
                (0..self.host.cpus.len()).map(|cpu| self.host.unit(level, cpu)).collect();
            for (unit, inner) in own.iter().zip(&inner) {
                units.entry(*unit).or_default().insert(*inner);
            }
            let least = units.values().map(BTreeSet::len).min().unwrap_or(1);
            counts[inside.rank()] = u32::try_from(least).unwrap_or(1);
            (inner, inside) = (own, domain);
        }
        let sockets = inner.iter().collect::<BTreeSet<_>>().len();
        counts[inside.rank()] = u32::try_from(sockets).unwrap_or(1);
        counts
    }
}

/// All ways to share a product out over domains; `divisors` are those of the whole.
fn split(left: u64, divisors: &[u64], keys: &[Domain], counts: Counts, out: &mut Vec<Counts>) {
    const MOST: usize = 20_000;
    let Some((domain, rest)) = keys.split_first() else {
        out.extend((left == 1).then_some(counts));
        return;
    };
    for factor in divisors.iter().filter(|factor| left.is_multiple_of(**factor)) {
        if out.len() >= MOST {
            return;
        }
        let mut counts = counts;
        counts[domain.rank()] = u32::try_from(*factor).unwrap_or(u32::MAX);
        split(left / factor, divisors, rest, counts, out);
    }
}

/// Whether all that the spec names by number is there: sockets, dies, complexes and vCPUs of nodes, pins, `present`.
fn names_what_is_there(spec: &Spec, topology: &Topology) -> bool {
    let members = Members::of(topology.places());
    let sockets = topology.count(Domain::Package);
    let is_vcpu = |list: &Option<spec::CpuList>| {
        list.as_ref().and_then(spec::CpuList::max).is_none_or(|last| last < topology.vcpu_count())
    };
    let nodes = spec.numa.iter().flat_map(|numa| numa.nodes.iter().flatten());
    let is_there = |node: &spec::Node| {
        node.sockets.iter().flatten().all(|socket| *socket < sockets)
            && node.dies.iter().flatten().all(|die| die.die < members.dies_of(die.socket))
            && node.complexes.iter().flatten().all(|path| path.complex < members.complexes_of(path.die))
            && is_vcpu(&node.vcpus)
    };
    let pins = spec.host.iter().flat_map(|host| host.pin.iter().flatten());
    let has_node =
        topology.nodes().is_empty() || topology.vcpus().all(|vcpu| topology.node_of(vcpu).is_some());
    let present = spec.topology.as_ref().is_none_or(|topology| is_vcpu(&topology.present));
    nodes.into_iter().all(is_there) && pins.into_iter().all(|pin| is_vcpu(&pin.vcpus)) && has_node && present
}
