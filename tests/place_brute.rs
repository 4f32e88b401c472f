//! The search for a place against one that tries everything: small hosts and guests of every sort, thousands of them.
//! What is asked is written here a second time, from docs/placement.md, pair by pair.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use topoc::decode;
use topoc::place::{Answer, Demand, HostNode, HostShape, Level, Wish, WishNode, place, verify};
use topoc::spec::CoreType;

/// Marsaglia's xorshift: the same cases in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Sets of neighbours: the number of each item's, from that of the first.
    fn runs(&mut self, items: usize, most: usize) -> Vec<usize> {
        let (mut number, mut left) = (0, 1 + self.below(most));
        let mut numbers = Vec::new();
        for _ in 0..items {
            if left == 0 {
                (number, left) = (number + 1, 1 + self.below(most));
            }
            left -= 1;
            numbers.push(number);
        }
        numbers
    }

    /// Sets of any items.
    fn sets(&mut self, items: usize, most: usize) -> Vec<usize> {
        (0..items).map(|_| self.below(most)).collect()
    }
}

/// Groups the sets of a level into larger ones.
fn around(dice: &mut Dice, inner: &[usize], most: usize) -> Vec<usize> {
    let sets = dice.runs(inner.iter().max().map_or(0, |last| last + 1), most);
    inner.iter().map(|set| sets[*set]).collect()
}

/// Levels whose sets nest, inner to outer, each there or not; and all the sets by level for what is decided later.
fn nest(dice: &mut Dice, items: usize, keep: usize) -> BTreeMap<Level, Vec<Option<usize>>> {
    let mut units = BTreeMap::new();
    let mut inner: Vec<usize> = dice.runs(items, 2);
    for level in Level::ALL {
        if level != Level::Core {
            let most = if dice.one_in(2) { 1 } else { 3 };
            inner = around(dice, &inner, most);
        }
        if level == Level::Core || dice.below(10) < keep {
            units.insert(level, inner.iter().copied().map(Some).collect::<Vec<_>>());
        }
    }
    units
}

fn without(dice: &mut Dice, units: &mut BTreeMap<Level, Vec<Option<usize>>>, level: Level, odds: usize) {
    let cores = units[&Level::Core].clone();
    let lacks: Vec<bool> = (0..cores.len()).map(|_| dice.one_in(odds)).collect();
    if let Some(of) = units.get_mut(&level) {
        for (unit, core) in of.iter_mut().zip(&cores) {
            if lacks[core.unwrap()] {
                *unit = None;
            }
        }
    }
}

fn cross(dice: &mut Dice, units: &mut BTreeMap<Level, Vec<Option<usize>>>, items: usize) {
    let level = Level::ALL[dice.below(Level::ALL.len())];
    let most = 1 + dice.below(4);
    units.insert(level, dice.sets(items, most).into_iter().map(Some).collect());
}

fn host(dice: &mut Dice, crossing: bool) -> HostShape {
    let count = 1 + dice.below(10);
    let mut units = nest(dice, count, 6);
    if dice.one_in(3) {
        without(dice, &mut units, Level::L3, 3);
    }
    if dice.one_in(12) {
        without(dice, &mut units, Level::L2, 3);
    }
    if crossing {
        cross(dice, &mut units, count);
    }
    if dice.one_in(10) {
        let at = dice.below(count);
        let level = [Level::Die, Level::Node, Level::Socket, Level::Module][dice.below(4)];
        if let Some(of) = units.get_mut(&level) {
            of[at] = None;
        }
    }
    let mut nodes = Vec::new();
    if let Some(of) = units.get(&Level::Node) {
        let most = of.iter().flatten().max().map_or(0, |last| last + 1) + dice.below(2);
        for node in 0..most {
            let memory = if dice.one_in(6) { None } else { Some(dice.below(5) as u64) };
            nodes.push(HostNode { number: u32::try_from(10 + 3 * node).unwrap(), memory });
        }
        if nodes.is_empty() {
            units.remove(&Level::Node);
        }
    }
    let cores = units[&Level::Core].clone();
    let of_core = dice.sets(16, 3);
    let types = [decode::CoreType::Performance, decode::CoreType::Efficiency, decode::CoreType::LowPower];
    let core_types = if dice.one_in(3) {
        cores.iter().map(|core| Some(types[of_core[core.unwrap()]])).collect()
    } else {
        vec![None; count]
    };
    let mut number = 0;
    let cpus = (0..count)
        .map(|_| {
            number += 1 + u32::from(dice.one_in(4));
            number - 1
        })
        .collect();
    HostShape { cpus, units, core_types, nodes }
}

fn wish(dice: &mut Dice, host: &HostShape) -> Wish {
    let vcpus = 1 + dice.below(6);
    let keep = 2 + dice.below(6);
    let mut claims = nest(dice, vcpus, keep);
    if dice.one_in(4) {
        without(dice, &mut claims, Level::L3, 3);
    }
    if dice.one_in(5) {
        cross(dice, &mut claims, vcpus);
    }
    let mut nodes = Vec::new();
    if let Some(of) = claims.get_mut(&Level::Node) {
        let count = of.iter().flatten().max().map_or(0, |last| last + 1) + usize::from(dice.one_in(4));
        for _ in 0..count {
            let bound = 10 + 3 * u32::try_from(dice.below(4)).unwrap();
            let host_node = dice.one_in(5).then_some(bound);
            nodes.push(WishNode { memory: dice.below(4) as u64, host_node });
        }
        if dice.one_in(8) {
            of[dice.below(vcpus)] = None;
        }
    }
    let cores = claims[&Level::Core].clone();
    let of_core = dice.sets(16, 2);
    let core_types = match dice.below(4) {
        0 => {
            let of =
                |core: &Option<usize>| [CoreType::Performance, CoreType::Efficiency][of_core[core.unwrap()]];
            cores.iter().map(|core| Some(of(core))).collect()
        }
        1 => vec![Some(CoreType::Performance); vcpus],
        _ => vec![None; vcpus],
    };
    let allowed = dice.one_in(3).then(|| host.cpus.iter().copied().filter(|_| !dice.one_in(4)).collect());
    let mut pins = Vec::new();
    while dice.one_in(3) {
        let vcpu = u32::try_from(dice.below(vcpus)).unwrap();
        pins.push((vcpu, host.cpus[dice.below(host.cpus.len())]));
    }
    let demand = if dice.one_in(2) { Demand::Exact } else { Demand::Sharing };
    Wish { demand, vcpus, claims, core_types, nodes, allowed, pins }
}

/// Everything that a placement must hold, asked of one vCPU and one CPU, or of two.
struct Rules<'a> {
    wish: &'a Wish,
    host: &'a HostShape,
}

impl Rules<'_> {
    fn guest(&self, level: Level, vcpu: usize) -> Option<usize> {
        self.wish.claims.get(&level).and_then(|units| units[vcpu])
    }

    fn there(&self, level: Level, cpu: usize) -> Option<usize> {
        self.host.units.get(&level).and_then(|units| units[cpu])
    }

    fn enumerates(&self, level: Level) -> bool {
        self.host.units.get(&level).is_some_and(|units| units.iter().any(Option::is_some))
    }

    fn one(&self, vcpu: usize, cpu: usize) -> bool {
        let exact = self.wish.demand == Demand::Exact;
        let number = self.host.cpus[cpu];
        let mut pins = self.wish.pins.iter();
        let pinned = pins.all(|(who, to)| (*who as usize == vcpu) == (*to == number));
        let allowed = self.wish.allowed.as_ref().is_none_or(|allowed| allowed.contains(number));
        let types: Vec<_> = self.wish.core_types.iter().flatten().collect();
        let host_tells = self.host.core_types.iter().any(Option::is_some);
        let hybrid = types.iter().any(|core_type| **core_type != *types[0]);
        let of_type = match self.wish.core_types[vcpu] {
            Some(CoreType::Performance) if host_tells || (exact && hybrid) => {
                self.host.core_types[cpu] == Some(decode::CoreType::Performance)
            }
            Some(CoreType::Efficiency) if host_tells || (exact && hybrid) => {
                self.host.core_types[cpu] == Some(decode::CoreType::Efficiency)
            }
            _ => true,
        };
        let caches = [Level::L1d, Level::L1i, Level::L2, Level::L3].into_iter().all(|cache| {
            let has = self.there(cache, cpu).is_some();
            let wants = self.guest(cache, vcpu).is_some();
            let some_want = (0..self.wish.vcpus).any(|vcpu| self.guest(cache, vcpu).is_some());
            let shared = (0..self.wish.vcpus).any(|other| {
                wants
                    && self.guest(cache, other) == self.guest(cache, vcpu)
                    && self.guest(Level::Core, other) != self.guest(Level::Core, vcpu)
            });
            (has || !shared) && (!exact || !some_want || !self.enumerates(cache) || has == wants)
        });
        pinned && allowed && of_type && caches
    }

    fn two(&self, (v, a): (usize, usize), (w, b): (usize, usize)) -> bool {
        let exact = self.wish.demand == Demand::Exact;
        a != b
            && Level::ALL.into_iter().filter(|level| self.enumerates(*level)).all(|level| {
                let Some((mine, other)) = self.guest(level, v).zip(self.guest(level, w)) else { return true };
                let together = match (self.there(level, a), self.there(level, b)) {
                    (Some(a), Some(b)) => a == b,
                    (None, None) if level != Level::Core => {
                        let (a, b) = (self.there(Level::Core, a), self.there(Level::Core, b));
                        a.is_some() && a == b
                    }
                    _ => false,
                };
                if mine == other { together } else { !together || !(exact || level == Level::Core) }
            })
    }

    /// Tries every way.
    fn vcpus(&self, cpus: &mut Vec<usize>) -> bool {
        let vcpu = cpus.len();
        if vcpu == self.wish.vcpus {
            return !self.with_nodes() || self.nodes(cpus, &mut Vec::new());
        }
        (0..self.host.cpus.len()).any(|cpu| {
            let fits = self.one(vcpu, cpu)
                && cpus.iter().enumerate().all(|(other, at)| self.two((other, *at), (vcpu, cpu)));
            fits && {
                cpus.push(cpu);
                let found = self.vcpus(cpus);
                cpus.pop();
                found
            }
        })
    }

    fn with_nodes(&self) -> bool {
        self.wish.claims.contains_key(&Level::Node) && self.enumerates(Level::Node)
    }

    fn nodes(&self, cpus: &[usize], nodes: &mut Vec<usize>) -> bool {
        let at = nodes.len();
        let Some(node) = self.wish.nodes.get(at) else {
            return self.host.nodes.iter().enumerate().all(|(there, has)| {
                let of = nodes.iter().zip(&self.wish.nodes).filter(|(at, _)| **at == there);
                has.memory.is_none_or(|has| of.map(|(_, node)| node.memory).sum::<u64>() <= has)
            });
        };
        (0..self.host.nodes.len()).any(|there| {
            let bound = node.host_node.is_none_or(|number| self.host.nodes[there].number == number);
            let apart = self.wish.demand == Demand::Sharing || !nodes.contains(&there);
            let with = (0..self.wish.vcpus)
                .filter(|vcpu| self.guest(Level::Node, *vcpu) == Some(at))
                .all(|vcpu| self.there(Level::Node, cpus[vcpu]) == Some(there));
            bound && apart && with && {
                nodes.push(there);
                let found = self.nodes(cpus, nodes);
                nodes.pop();
                found
            }
        })
    }

    fn any(&self) -> bool {
        // A pin that names a vCPU twice cannot be held.
        self.vcpus(&mut Vec::new())
    }
}

fn cases(seed: u64, count: usize, crossing: bool) -> (usize, usize) {
    let mut dice = Dice(seed);
    let mut fits = 0;
    for case in 0..count {
        let host = host(&mut dice, crossing);
        let wish = wish(&mut dice, &host);
        let expected = Rules { wish: &wish, host: &host }.any();
        let answer = place(&wish, &host, 1 << 22);
        let found = match answer.unwrap_or_else(|bug| panic!("case {case}: {bug}\n{wish:?}\n{host:?}")) {
            Answer::Fits(placement) => {
                assert_eq!(verify(&wish, &host, &placement), Ok(()), "case {case}\n{wish:#?}\n{host:#?}");
                true
            }
            Answer::DoesNotFit(reason) => {
                assert!(!reason.to_string().is_empty());
                false
            }
            Answer::Undecided { steps } => {
                panic!("case {case}: undecided after {steps}\n{wish:#?}\n{host:#?}")
            }
        };
        assert_eq!(found, expected, "case {case}\n{wish:?}\n{host:?}");
        fits += usize::from(found);
    }
    (fits, count)
}

#[test]
fn hosts_whose_sets_nest() {
    let (fits, all) = cases(0x9e37_79b9_7f4a_7c15, 20_000, false);
    assert!(fits > all / 10 && fits < all * 9 / 10, "{fits} of {all} fit: the cases prove too little");
}

#[test]
fn hosts_whose_sets_cross() {
    let (fits, all) = cases(0x2545_f491_4f6c_dd1d, 10_000, true);
    assert!(fits > all / 20 && fits < all * 19 / 20, "{fits} of {all} fit: the cases prove too little");
}
