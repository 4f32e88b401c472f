//! Finds the reason: claims are added from outside to inside until there is no place.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::part::listed;
use super::reason::{Counted, GuestUnit, HostUnit, Obstacle, Reason, Shortage, Subject};
use super::solve::{Outcome, solve};
use super::{Demand, HostShape, Level, Wish};
use crate::spec::CpuList;

/// The levels in the order in which they are added. Cores come first: all else counts in them.
const STAGES: [Level; 11] = [
    Level::Socket,
    Level::Node,
    Level::DieGroup,
    Level::Die,
    Level::Complex,
    Level::L3,
    Level::Tile,
    Level::Module,
    Level::L2,
    Level::L1i,
    Level::L1d,
];

/// Why there is no place for a wish that has none.
pub(super) fn diagnose(wish: &Wish, host: &HostShape, budget: u64) -> Reason {
    let mut doctor = Doctor { host, budget, steps: 0, usable: usable(wish, host) };
    let mut reason = doctor.reason(wish);
    reason.in_the_way = doctor.in_the_way(wish);
    reason
}

/// What a stage asks for beyond the one before it.
enum Added {
    Cores,
    Types,
    Level(Level),
    Memory,
}

/// The wish from its outermost claims to all of them.
fn stages(wish: &Wish) -> Vec<(Added, Wish)> {
    let mut levels = vec![Level::Core];
    let mut stages = vec![
        (Added::Cores, Wish { core_types: Vec::new(), ..wish.claiming(&levels) }),
        (Added::Types, wish.claiming(&levels)),
    ];
    for level in STAGES.into_iter().filter(|level| wish.claims.contains_key(level)) {
        levels.push(level);
        let asked = wish.claiming(&levels);
        if level == Level::Node {
            stages.push((Added::Level(level), asked.clone().without_memory()));
            stages.push((Added::Memory, asked));
        } else {
            stages.push((Added::Level(level), asked));
        }
    }
    stages
}

struct Doctor<'a> {
    host: &'a HostShape,
    /// The steps of all questions together.
    budget: u64,
    steps: u64,
    /// The CPUs that may be used.
    usable: Vec<usize>,
}

fn usable(wish: &Wish, host: &HostShape) -> Vec<usize> {
    let allowed = |cpu: &usize| wish.allowed.as_ref().is_none_or(|list| list.contains(host.cpus[*cpu]));
    (0..host.cpus.len()).filter(allowed).collect()
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

impl Doctor<'_> {
    /// Whether there surely is no place. What the budget does not decide is not held to fail.
    fn fails(&mut self, wish: &Wish) -> bool {
        matches!(solve(wish, self.host, self.budget, &mut self.steps), Outcome::DoesNotFit)
    }

    fn fits(&mut self, wish: &Wish) -> bool {
        matches!(solve(wish, self.host, self.budget, &mut self.steps), Outcome::Fits(_))
    }

    fn reason(&mut self, wish: &Wish) -> Reason {
        let whole = |subject, shortage, counts, wanted: usize, available: usize| Reason {
            subject,
            shortage,
            unit: None,
            best: None,
            wanted: count(wanted),
            available: count(available),
            counts,
            pins: None,
            in_the_way: None,
        };
        if wish.vcpus > self.usable.len() {
            let there = self.usable.len();
            return whole(Subject::Cpus, Shortage::TooLarge, Counted::Cpus, wish.vcpus, there);
        }
        if super::layers::Layers::of(wish, self.host).is_none() {
            return whole(Subject::Named, Shortage::NoSuch, Counted::Cpus, wish.pins.len(), 0);
        }
        let stages = stages(wish);
        // Each asks for more than the one before it, and the last for all, which is known to fail: halves find the first.
        let (mut least, mut last) = (0, stages.len() - 1);
        while least < last {
            let middle = least + (last - least) / 2;
            if self.fails(&stages[middle].1) {
                last = middle;
            } else {
                least = middle + 1;
            }
        }
        let (added, asked) = &stages[last];
        match added {
            Added::Cores => self.of_pins(Level::Core, asked).unwrap_or_else(|| self.of_cores(asked)),
            Added::Types => self.of_types(asked),
            Added::Level(level) => self.of_level(*level, asked),
            Added::Memory => self.of_memory(asked),
        }
    }

    /// Too few cores, or too few with as many threads.
    fn of_cores(&mut self, wish: &Wish) -> Reason {
        let vcpus: Vec<usize> = (0..wish.vcpus).collect();
        let (wanted, available) = (wish.cores(&vcpus), self.cores(&self.usable));
        let reason = |subject, wanted, available| Reason {
            subject,
            shortage: Shortage::TooLarge,
            unit: None,
            best: None,
            wanted: count(wanted),
            available: count(available),
            counts: Counted::Cores,
            pins: None,
            in_the_way: None,
        };
        if wanted > available {
            return reason(Subject::Level(Level::Core), wanted, available);
        }
        let mut threads: Vec<usize> = wish.members(Level::Core).values().map(Vec::len).collect();
        threads.sort_unstable();
        threads.dedup();
        for least in threads {
            let wanted = wish.members(Level::Core).values().filter(|core| core.len() >= least).count();
            let there = self.by_core(&self.usable).values().filter(|core| core.len() >= least).count();
            if wanted > there {
                return reason(Subject::Threads(least), wanted, there);
            }
        }
        Reason { shortage: Shortage::Shape, ..reason(Subject::Level(Level::Core), wanted, available) }
    }

    /// Too few cores of a type.
    fn of_types(&mut self, wish: &Wish) -> Reason {
        let mut worst = (0, 0);
        for core_type in &wish.core_types.iter().flatten().copied().collect::<BTreeSet<_>>() {
            let of_type = |vcpu: &usize| wish.core_type(*vcpu) == Some(*core_type);
            let vcpus: Vec<usize> = (0..wish.vcpus).filter(of_type).collect();
            let named =
                |cpu: &usize| self.host.core_type(*cpu).and_then(super::layers::named) == Some(*core_type);
            let cpus: Vec<usize> = self.usable.iter().copied().filter(named).collect();
            let (wanted, available) = (wish.cores(&vcpus), self.cores(&cpus));
            if wanted > available && worst == (0, 0) {
                worst = (wanted, available);
            }
        }
        Reason {
            subject: Subject::CoreType,
            shortage: match worst {
                (0, 0) => Shortage::Shape,
                (_, 0) => Shortage::NoSuch,
                _ => Shortage::TooLarge,
            },
            unit: None,
            best: None,
            wanted: count(worst.0),
            available: count(worst.1),
            counts: Counted::Cores,
            pins: None,
            in_the_way: None,
        }
    }

    /// Nodes find their CPUs, but not their memory too.
    fn of_memory(&mut self, wish: &Wish) -> Reason {
        let largest = |nodes: &mut dyn Iterator<Item = Option<u64>>| nodes.flatten().max().unwrap_or(0);
        let most = largest(&mut self.host.nodes.iter().map(|node| node.memory));
        let is_known = self.host.nodes.iter().all(|node| node.memory.is_some());
        let too_large = (0..wish.nodes.len()).find(|node| is_known && wish.nodes[*node].memory > most);
        let mut reason = self.of_level(Level::Node, wish);
        reason.subject = Subject::Memory;
        if let Some(node) = too_large {
            let vcpus = wish.members(Level::Node).remove(&node).unwrap_or_default();
            let at = (0..self.host.nodes.len()).find(|at| self.host.nodes[*at].memory == Some(most));
            reason.unit = Some(self.guest_unit(Level::Node, node, &vcpus, wish));
            reason.best = at.map(|at| self.host_unit(Level::Node, at));
            reason.shortage = Shortage::TooLarge;
            (reason.wanted, reason.available) = (wish.nodes[node].memory, most);
            reason.counts = Counted::Bytes;
        }
        reason
    }

    /// Two pins that cannot both be held.
    fn of_pins(&self, level: Level, wish: &Wish) -> Option<Reason> {
        let place = |number: u32| self.host.cpus.iter().position(|cpu| *cpu == number);
        let pins: Vec<((u32, u32), usize, usize)> = wish
            .pins
            .iter()
            .filter_map(|(vcpu, cpu)| {
                let unit = wish.unit(level, usize::try_from(*vcpu).ok()?)?;
                Some(((*vcpu, *cpu), unit, self.host.unit(level, place(*cpu)?)?))
            })
            .collect();
        let mut there: BTreeMap<usize, usize> = BTreeMap::new();
        let mut by: BTreeMap<usize, usize> = BTreeMap::new();
        for (at, (pin, unit, host)) in pins.iter().enumerate() {
            let apart = *there.entry(*unit).or_insert(at);
            let together = *by.entry(*host).or_insert(at);
            let (other, wanted) = if pins[apart].2 != *host {
                (apart, 1)
            } else if wish.is_distinct(level) && pins[together].1 != *unit {
                (together, 2)
            } else {
                continue;
            };
            return Some(Reason {
                subject: Subject::Level(level),
                shortage: Shortage::Pinned,
                unit: None,
                best: None,
                wanted,
                available: 3 - wanted,
                counts: Counted::Units,
                pins: Some([pins[other].0, *pin]),
                in_the_way: None,
            });
        }
        None
    }

    /// Units of a level: one is too large, or there are too many in something around them.
    fn of_level(&mut self, level: Level, wish: &Wish) -> Reason {
        if let Some(reason) = self.of_pins(level, wish) {
            return reason;
        }
        let members = wish.members(level);
        if let Some((number, vcpus)) = self.failing(level, wish, &members) {
            return self.too_large(level, wish, number, &vcpus);
        }
        let outer = STAGES.iter().rev().skip_while(|stage| **stage != level).skip(1);
        for outer in outer.filter(|outer| wish.claims.contains_key(outer)) {
            let around = wish.members(*outer);
            if let Some((number, vcpus)) = self.failing(*outer, wish, &around) {
                let inside: BTreeMap<usize, Vec<usize>> =
                    members.clone().into_iter().filter(|(_, unit)| vcpus.contains(&unit[0])).collect();
                let reason = self.too_few(level, wish, &inside, &[]);
                return Reason {
                    best: self.largest(*outer),
                    unit: Some(self.guest_unit(*outer, number, &vcpus, wish)),
                    ..reason
                };
            }
        }
        let memories = if level == Level::Node { wish.memory_only() } else { Vec::new() };
        self.too_few(level, wish, &members, &memories)
    }

    /// The first unit that has no place even alone.
    fn failing(
        &mut self,
        level: Level,
        wish: &Wish,
        members: &BTreeMap<usize, Vec<usize>>,
    ) -> Option<(usize, Vec<usize>)> {
        let pinned: HashSet<u32> = wish.pins.iter().map(|(vcpu, _)| *vcpu).collect();
        let is_pinned = |vcpu: &usize| u32::try_from(*vcpu).is_ok_and(|vcpu| pinned.contains(&vcpu));
        let mut seen: HashSet<Vec<Vec<usize>>> = HashSet::new();
        for (number, vcpus) in members {
            // Units of one shape have one answer.
            let is_bound =
                vcpus.iter().any(is_pinned) || (level == Level::Node && wish.nodes.get(*number).is_some());
            if !is_bound && !seen.insert(shape(wish, vcpus)) {
                continue;
            }
            if self.fails(&wish.part(vcpus, &[])) {
                return Some((*number, vcpus.clone()));
            }
        }
        None
    }

    fn too_large(&mut self, level: Level, wish: &Wish, number: usize, vcpus: &[usize]) -> Reason {
        let best = self.largest(level);
        let cores = count(wish.cores(vcpus));
        let there = best.as_ref().map_or(0, |best| best.cores);
        let (threads, threads_there) = (count(vcpus.len()), best.as_ref().map_or(0, |best| best.cpus.len()));
        let (shortage, counts, wanted, available) = if level.is_cache() && !self.host.has(level) {
            (Shortage::NoSuch, Counted::Cores, cores, 0)
        } else if cores > there {
            (Shortage::TooLarge, Counted::Cores, cores, there)
        } else if threads > threads_there {
            (Shortage::TooLarge, Counted::Cpus, threads, threads_there)
        } else {
            (Shortage::Shape, Counted::Cores, cores, there)
        };
        Reason {
            subject: Subject::Level(level),
            shortage,
            unit: Some(self.guest_unit(level, number, vcpus, wish)),
            best,
            wanted,
            available,
            counts,
            pins: None,
            in_the_way: None,
        }
    }

    /// How many of some units, in their order, have a place together.
    fn too_few(
        &mut self,
        level: Level,
        wish: &Wish,
        units: &BTreeMap<usize, Vec<usize>>,
        memories: &[usize],
    ) -> Reason {
        let each: Vec<&Vec<usize>> = units.values().collect();
        let all = each.len() + memories.len();
        let (mut least, mut beyond) = (0, all);
        while beyond - least > 1 {
            let middle = least + (beyond - least) / 2;
            let mut vcpus: Vec<usize> = each.iter().take(middle).copied().flatten().copied().collect();
            vcpus.sort_unstable();
            let with = &memories[..middle.saturating_sub(each.len())];
            if self.fits(&wish.part(&vcpus, with)) {
                least = middle;
            } else {
                beyond = middle;
            }
        }
        let there = self.usable.iter().filter_map(|cpu| self.host.unit(level, *cpu)).collect::<BTreeSet<_>>();
        let held = wish.demand == Demand::Exact && there.len() >= all && least == 0;
        Reason {
            subject: Subject::Level(level),
            shortage: if held { Shortage::HeldTogether } else { Shortage::TooFew },
            unit: None,
            best: None,
            wanted: count(all),
            available: count(least),
            counts: Counted::Units,
            pins: None,
            in_the_way: None,
        }
    }

    /// What the spec could leave out for the guest to fit.
    fn in_the_way(&mut self, wish: &Wish) -> Option<Obstacle> {
        let mut free = wish.clone();
        free.nodes.iter_mut().for_each(|node| node.host_node = None);
        let nodes = Wish { nodes: free.nodes.clone(), ..wish.clone() };
        let pins = Wish { pins: Vec::new(), ..wish.clone() };
        let allowed = Wish { allowed: None, ..wish.clone() };
        let all = Wish { pins: Vec::new(), allowed: None, ..free };
        let tries = [
            (Obstacle::Pins, pins),
            (Obstacle::HostNodes, nodes),
            (Obstacle::Allowed, allowed),
            (Obstacle::Several, all),
        ];
        let found = tries.into_iter().find(|(_, tried)| tried != wish && self.fits(tried));
        found.map(|(obstacle, _)| obstacle)
    }

    fn by_core(&self, cpus: &[usize]) -> BTreeMap<(Option<usize>, usize), Vec<usize>> {
        let mut cores: BTreeMap<(Option<usize>, usize), Vec<usize>> = BTreeMap::new();
        for cpu in cpus {
            let core = self.host.unit(Level::Core, *cpu);
            cores.entry((core, if core.is_some() { 0 } else { *cpu })).or_default().push(*cpu);
        }
        cores
    }

    fn cores(&self, cpus: &[usize]) -> usize {
        self.by_core(cpus).len()
    }

    /// The unit with most cores that may be used, the first of several.
    fn largest(&self, level: Level) -> Option<HostUnit> {
        let units: BTreeSet<usize> =
            self.usable.iter().filter_map(|cpu| self.host.unit(level, *cpu)).collect();
        let units = units.into_iter().map(|unit| self.host_unit(level, unit));
        units.rev().max_by_key(|unit| (unit.cores, unit.cpus.len()))
    }

    fn host_unit(&self, level: Level, unit: usize) -> HostUnit {
        let inside = |cpu: &usize| self.host.unit(level, *cpu) == Some(unit);
        let cpus: Vec<usize> = self.usable.iter().copied().filter(inside).collect();
        let node = self.host.nodes.get(unit).filter(|_| level == Level::Node);
        HostUnit {
            level,
            cores: count(self.cores(&cpus)),
            cpus: cpus.iter().map(|cpu| self.host.cpus[*cpu]).collect::<CpuList>(),
            memory: node.and_then(|node| node.memory),
        }
    }

    fn guest_unit(&self, level: Level, number: usize, vcpus: &[usize], wish: &Wish) -> GuestUnit {
        let node = wish.nodes.get(number).filter(|_| level == Level::Node);
        GuestUnit {
            level,
            number,
            name: name(level, number, vcpus, wish),
            vcpus: listed(vcpus),
            cores: count(wish.cores(vcpus)),
            memory: node.map_or(0, |node| node.memory),
        }
    }
}

/// What tells apart units whose places differ: their cores' threads, types and claims, each numbered from its first.
fn shape(wish: &Wish, vcpus: &[usize]) -> Vec<Vec<usize>> {
    let number = |units: Vec<Option<usize>>| {
        let mut known: Vec<usize> = Vec::new();
        let mut of = |unit: usize| match known.iter().position(|other| *other == unit) {
            Some(at) => at + 1,
            None => {
                known.push(unit);
                known.len()
            }
        };
        units.into_iter().map(|unit| unit.map_or(0, &mut of)).collect::<Vec<usize>>()
    };
    let claims = wish.claims.keys().filter(|level| **level != Level::Node);
    let mut shape: Vec<Vec<usize>> =
        claims.map(|level| number(vcpus.iter().map(|vcpu| wish.unit(*level, *vcpu)).collect())).collect();
    let of_type = |vcpu: &usize| wish.core_type(*vcpu).map_or(0, |core_type| 1 + core_type as usize);
    shape.push(vcpus.iter().map(of_type).collect());
    shape
}

/// A unit as a reader finds it in the spec.
fn name(level: Level, number: usize, vcpus: &[usize], wish: &Wish) -> String {
    if level == Level::Node || level == Level::Socket {
        return format!("{level} {number}");
    }
    if level.is_cache() {
        return format!("the {level} of vCPUs {}", listed(vcpus));
    }
    let socket = vcpus.first().and_then(|vcpu| wish.unit(Level::Socket, *vcpu));
    let first = wish
        .members(level)
        .into_iter()
        .find(|(_, unit)| unit.first().and_then(|vcpu| wish.unit(Level::Socket, *vcpu)) == socket);
    let within = number - first.map_or(number, |(first, _)| first.min(number));
    match socket {
        Some(socket) => format!("{level} {within} of socket {socket}"),
        None => format!("{level} {number}"),
    }
}
