//! Wish and host side by side: what must lie in what, outer to inner.

use std::collections::{HashMap, HashSet};

use super::{Demand, HostShape, Level, Wish, WishNode};
use crate::decode;
use crate::spec::CoreType;

/// A wish and a host, brought to one form.
///
/// The guest's *elements* are its vCPUs and then its nodes' memories, the host's are the CPUs that may be used and
/// then its nodes' memories. A placement gives each element of the guest one of the host: a vCPU a CPU of its own,
/// a memory a memory with room.
pub(super) struct Layers {
    /// The CPUs that may be used, as places in the host's list.
    pub cpus: Vec<usize>,
    /// How many vCPUs there are.
    pub vcpus: usize,
    /// The claims, outer to inner by the host's sets; unordered if `crossing`.
    pub layers: Vec<Layer>,
    /// Whether some of the host's sets cross, so that no order of the layers nests.
    pub crossing: bool,
    /// For each vCPU the number of what it needs of a CPU.
    pub needs: Vec<usize>,
    /// For each CPU the number of what it is.
    pub kinds: Vec<usize>,
    /// By need and kind: whether such a CPU will do.
    pub takes: Vec<Vec<bool>>,
    /// For each element of the guest, the host's element that it is bound to.
    pub bound: Vec<Option<usize>>,
    /// For each of the host's levels of which nothing is claimed, outer to inner, the unit of each CPU: what like
    /// CPUs are chosen by.
    pub unclaimed: Vec<Vec<Option<usize>>>,
    /// For each node of the guest, its memory; empty without a claim on nodes.
    pub wanted: Vec<u64>,
    /// For each node of the host, its memory where known; empty likewise.
    pub room: Vec<Option<u64>>,
}

/// A claim: vCPUs of one unit must come to lie in one unit of the host.
pub(super) struct Layer {
    /// The level.
    pub level: Level,
    /// Whether two units must lie in two.
    pub distinct: bool,
    /// How many units the host has.
    pub sets: usize,
    /// For each element of the host, its unit; `None` for a memory inside of the nodes.
    pub host: Vec<Option<usize>>,
    /// For each element of the guest, its unit, if it claims one.
    pub guest: Vec<Option<usize>>,
}

/// Which cache a need or a kind speaks of.
const CACHES: [Level; 4] = [Level::L1d, Level::L1i, Level::L2, Level::L3];

/// What a vCPU needs of a CPU.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Need {
    core_type: Option<CoreType>,
    /// For each of the caches whether the CPU must have it; `None`: either will do.
    caches: [Option<bool>; 4],
}

/// What a CPU is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    core_type: Option<CoreType>,
    caches: [bool; 4],
}

impl Layers {
    /// `None` where a pin or a binding names what is not there or may not be used, or names it twice.
    pub fn of(wish: &Wish, host: &HostShape) -> Option<Self> {
        let allowed = |number: u32| wish.allowed.as_ref().is_none_or(|allowed| allowed.contains(number));
        let cpus: Vec<usize> = (0..host.cpus.len()).filter(|cpu| allowed(host.cpus[*cpu])).collect();
        let with_nodes = wish.claims.contains_key(&Level::Node) && host.has(Level::Node);
        let (wanted, room) = if with_nodes {
            (
                wish.nodes.iter().map(|node| node.memory).collect(),
                host.nodes.iter().map(|node| node.memory).collect(),
            )
        } else {
            (Vec::new(), Vec::new())
        };
        let bound = bound(wish, host, &cpus, with_nodes)?;
        let (needs, kinds, takes) = eligibility(wish, host, &cpus);
        let mut layers: Vec<Layer> = wish
            .claims
            .keys()
            .filter(|level| host.has(**level))
            .map(|level| layer(*level, wish, host, &cpus, with_nodes))
            .collect();
        // Outer to inner: fewer sets first, and of as many the outer name.
        layers.sort_by_key(|layer| (layer.sets, std::cmp::Reverse(layer.level)));
        merge_alike(&mut layers);
        let crossing = layers.windows(2).any(|pair| !refines(&pair[1], &pair[0]));
        let unclaimed = Level::ALL.into_iter().rev();
        let unclaimed = unclaimed.filter(|level| host.has(*level) && !wish.claims.contains_key(level));
        let unclaimed =
            unclaimed.map(|level| cpus.iter().map(|cpu| host.unit(level, *cpu)).collect()).collect();
        let vcpus = wish.vcpus;
        let mut layers =
            Self { vcpus, crossing, layers, needs, kinds, takes, bound, unclaimed, wanted, room, cpus };
        layers.end_memories();
        Some(layers)
    }

    /// Whether a CPU will do for a vCPU.
    pub fn takes(&self, vcpu: usize, cpu: usize) -> bool {
        self.takes[self.needs[vcpu]][self.kinds[cpu]]
    }

    /// Memories end with the layer of nodes: none lies in an inner one.
    fn end_memories(&mut self) {
        let (vcpus, cpus) = (self.vcpus, self.cpus.len());
        let inside = self.layers.iter_mut().skip_while(|layer| layer.level != Level::Node).skip(1);
        for layer in inside {
            layer.host[cpus..].fill(None);
            layer.guest[vcpus..].fill(None);
        }
    }
}

/// Of claims that say the same of the same sets one will do, such as those of an L1 and an L2 of every core.
fn merge_alike(layers: &mut Vec<Layer>) {
    let mut merged: Vec<Layer> = Vec::new();
    for layer in layers.drain(..) {
        let same = |known: &&mut Layer| known.host == layer.host && known.guest == layer.guest;
        match merged.iter_mut().find(same) {
            Some(known) if layer.level != Level::Node => known.distinct |= layer.distinct,
            _ => merged.push(layer),
        }
    }
    *layers = merged;
}

/// The pins and bindings as pairs of elements.
fn bound(wish: &Wish, host: &HostShape, cpus: &[usize], with_nodes: bool) -> Option<Vec<Option<usize>>> {
    let nodes = if with_nodes { wish.nodes.as_slice() } else { &[] };
    let mut bound = vec![None; wish.vcpus + nodes.len()];
    let place: HashMap<u32, usize> = cpus.iter().zip(0..).map(|(cpu, at)| (host.cpus[*cpu], at)).collect();
    let mut taken = HashMap::new();
    for (vcpu, number) in &wish.pins {
        let vcpu = usize::try_from(*vcpu).ok().filter(|vcpu| *vcpu < wish.vcpus)?;
        let cpu = *place.get(number)?;
        if bound[vcpu].is_some_and(|other| other != cpu)
            || taken.insert(cpu, vcpu).is_some_and(|by| by != vcpu)
        {
            return None;
        }
        bound[vcpu] = Some(cpu);
    }
    for (at, WishNode { host_node, .. }) in nodes.iter().enumerate() {
        if let Some(number) = host_node {
            let node = host.nodes.iter().position(|node| node.number == *number)?;
            bound[wish.vcpus + at] = Some(cpus.len() + node);
        }
    }
    Some(bound)
}

/// What vCPUs need, what CPUs are, and what will do for what.
fn eligibility(wish: &Wish, host: &HostShape, cpus: &[usize]) -> (Vec<usize>, Vec<usize>, Vec<Vec<bool>>) {
    // Only of those levels that the guest claims something of.
    let claimed = CACHES.map(|level| (0..wish.vcpus).any(|vcpu| wish.unit(level, vcpu).is_some()));
    let host_has = CACHES.map(|level| host.has(level));
    let tells_types = host.tells_types() || (wish.demand == Demand::Exact && wish.is_hybrid());
    let shared = CACHES.map(|level| several_cores(wish, level));
    let need = |vcpu: usize| Need {
        core_type: wish.core_type(vcpu).filter(|_| tells_types),
        caches: std::array::from_fn(|i| match wish.unit(CACHES[i], vcpu) {
            _ if !claimed[i] => None,
            Some(unit) => {
                (shared[i].contains(&unit) || (wish.demand == Demand::Exact && host_has[i])).then_some(true)
            }
            None => (wish.demand == Demand::Exact && host_has[i]).then_some(false),
        }),
    };
    let kind = |cpu: &usize| Kind {
        core_type: host.core_type(*cpu).and_then(named),
        caches: CACHES.map(|level| host.unit(level, *cpu).is_some()),
    };
    let (needs, all_needs) = numbered((0..wish.vcpus).map(need));
    let (kinds, all_kinds) = numbered(cpus.iter().map(kind));
    let will_do = |need: &Need, kind: &Kind| {
        need.core_type.is_none_or(|core_type| kind.core_type == Some(core_type))
            && need.caches.iter().zip(kind.caches).all(|(need, has)| need.is_none_or(|need| need == has))
    };
    let takes =
        all_needs.iter().map(|need| all_kinds.iter().map(|kind| will_do(need, kind)).collect()).collect();
    (needs, kinds, takes)
}

/// The units of a level that hold vCPUs of several cores.
pub(super) fn several_cores(wish: &Wish, level: Level) -> HashSet<usize> {
    let mut core: HashMap<usize, Option<usize>> = HashMap::new();
    let units = (0..wish.vcpus).filter_map(|vcpu| Some((wish.unit(level, vcpu)?, vcpu)));
    let several = units.filter(|(unit, vcpu)| {
        let own = wish.unit(Level::Core, *vcpu);
        *core.entry(*unit).or_insert(own) != own
    });
    several.map(|(unit, _)| unit).collect()
}

/// The types that a spec can name.
pub(super) const fn named(decoded: decode::CoreType) -> Option<CoreType> {
    match decoded {
        decode::CoreType::Performance => Some(CoreType::Performance),
        decode::CoreType::Efficiency => Some(CoreType::Efficiency),
        decode::CoreType::LowPower | decode::CoreType::Other(_) => None,
    }
}

/// Equal values get one number; the values by number.
fn numbered<T: Copy + Eq + std::hash::Hash>(values: impl Iterator<Item = T>) -> (Vec<usize>, Vec<T>) {
    let mut known: HashMap<T, usize> = HashMap::new();
    let mut all = Vec::new();
    let numbers = values
        .map(|value| {
            *known.entry(value).or_insert_with(|| {
                all.push(value);
                all.len() - 1
            })
        })
        .collect();
    (numbers, all)
}

/// The claim of one level.
fn layer(level: Level, wish: &Wish, host: &HostShape, cpus: &[usize], with_nodes: bool) -> Layer {
    let mut by_guest = Numbers::default();
    let mut of_guest = |unit: usize| by_guest.of(Unit::Of(unit));
    let mut guest: Vec<Option<usize>> =
        (0..wish.vcpus).map(|vcpu| wish.unit(level, vcpu).map(&mut of_guest)).collect();
    if with_nodes {
        let of_node = |node: usize| (level == Level::Node).then(|| of_guest(node));
        guest.extend((0..wish.nodes.len()).map(of_node));
    }
    let mut numbers = Numbers::default();
    let mut number = |unit: Unit| Some(numbers.of(unit));
    let mut of: Vec<Option<usize>> = cpus.iter().map(|cpu| number(unit(level, host, *cpu))).collect();
    if with_nodes {
        // Where the memory of a node lies: with its CPUs, whether or not they may be used.
        let mut with: Vec<Option<usize>> = vec![None; host.nodes.len()];
        for cpu in 0..host.cpus.len() {
            if let Some(node) = host.unit(Level::Node, cpu).and_then(|node| with.get_mut(node)) {
                node.get_or_insert(cpu);
            }
        }
        of.extend(with.iter().enumerate().map(|(node, cpu)| match cpu {
            _ if level == Level::Node => number(Unit::Of(node)),
            Some(cpu) => number(unit(level, host, *cpu)),
            None => number(Unit::Memory(node)),
        }));
    }
    Layer { level, distinct: wish.is_distinct(level), host: of, guest, sets: numbers.next }
}

/// What stands for a unit of the host.
#[derive(PartialEq, Eq, Hash)]
enum Unit {
    /// One that the host enumerates.
    Of(usize),
    /// CPUs without one: those that have all of this in common.
    Without(Vec<Option<usize>>),
    /// The memory of a node without CPUs.
    Memory(usize),
}

/// Numbers for units, from 0, by first appearance. Most units have a small number of their own, which is quicker to look
/// up than a key: this runs for every CPU and level.
#[derive(Default)]
struct Numbers {
    next: usize,
    small: Vec<Option<usize>>,
    others: HashMap<Unit, usize>,
}

impl Numbers {
    fn of(&mut self, unit: Unit) -> usize {
        const SMALL: usize = 1 << 16;
        let known = match unit {
            Unit::Of(unit) if unit < SMALL => {
                if self.small.len() <= unit {
                    self.small.resize(unit + 1, None);
                }
                self.small[unit].get_or_insert(self.next)
            }
            other => self.others.entry(other).or_insert(self.next),
        };
        self.next += usize::from(*known == self.next);
        *known
    }
}

/// The unit of a CPU. CPUs without a cache stand together as far as what is around a cache does, so that their inner
/// sets still nest; that no cache is shared there is a matter of what a vCPU needs. CPUs without a unit of another
/// level stand alone, each core for itself.
fn unit(level: Level, host: &HostShape, cpu: usize) -> Unit {
    const AROUND: [Level; 4] = [Level::Die, Level::DieGroup, Level::Node, Level::Socket];
    match host.unit(level, cpu) {
        Some(unit) => Unit::Of(unit),
        None if level == Level::L3 => Unit::Without(AROUND.map(|around| host.unit(around, cpu)).to_vec()),
        None => Unit::Without(match host.unit(Level::Core, cpu).filter(|_| level != Level::Core) {
            Some(core) => vec![Some(core)],
            None => vec![None, Some(cpu)],
        }),
    }
}

/// Whether each set of `inner` lies in one of `outer`.
fn refines(inner: &Layer, outer: &Layer) -> bool {
    let mut around: Vec<Option<usize>> = vec![None; inner.sets];
    inner
        .host
        .iter()
        .flatten()
        .zip(outer.host.iter().flatten())
        .all(|(inner, outer)| around[*inner].get_or_insert(*outer) == outer)
}
