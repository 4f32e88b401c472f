//! Whether blocks of the guest fit into a block of the host, and how they are shared out inside of it.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::matching::pair_up;
use super::trees::{Bag, GuestClass, HostClass, Trees, add};

/// The budget is spent.
pub(super) struct Spent;

/// For classes of the blocks inside, what each of as many of them gets.
pub(super) type Shares = Vec<(usize, Vec<Bag>)>;

/// More blocks than this, of unlike classes, are not packed one by one: it bounds the recursion.
const DEEPEST: u32 = 1000;

/// A search, and what it has found so far. All questions are of classes, so that an answer holds for all blocks alike.
pub(super) struct Search<'t> {
    guest: &'t [GuestClass],
    host: &'t [HostClass],
    found: HashMap<(usize, Bag), Option<Rc<Shares>>>,
    depth: u32,
    /// Steps taken: questions asked, each about one block of the host.
    pub steps: u64,
    budget: u64,
}

/// Blocks of one class that can take something.
struct Slot {
    class: usize,
    count: u32,
    /// What is bound to go there.
    given: Bag,
}

impl<'t> Search<'t> {
    pub fn new(trees: &'t Trees, budget: u64) -> Self {
        Self {
            guest: &trees.guest_classes,
            host: &trees.host_classes,
            found: HashMap::new(),
            depth: 0,
            steps: 0,
            budget,
        }
    }

    /// Shares a bag of the next inner layer's blocks out inside of a block of the host; `None` if they do not fit.
    pub fn fits(&mut self, host: usize, bag: &Bag) -> Result<Option<Rc<Shares>>, Spent> {
        if bag.is_empty() {
            return Ok(Some(Rc::new(Shares::new())));
        }
        if let Some(found) = self.found.get(&(host, bag.clone())) {
            return Ok(found.clone());
        }
        let shares =
            if self.may_fit(&self.host[host], bag) { self.distribute(host, bag)?.map(Rc::new) } else { None };
        self.found.insert((host, bag.clone()), shares.clone());
        Ok(shares)
    }

    /// What must hold for blocks to fit: their sums.
    fn may_fit(&self, host: &HostClass, bag: &Bag) -> bool {
        let sum = |of: &dyn Fn(&GuestClass) -> u32| -> u64 {
            bag.iter().map(|(class, count)| u64::from(of(&self.guest[*class])) * u64::from(*count)).sum()
        };
        if host.all_memory.is_some_and(|all| self.memory_of(bag) > all) {
            return false;
        }
        let enough = |have: &[u32], of: &dyn Fn(&GuestClass, usize) -> u32| {
            have.iter().enumerate().all(|(at, have)| sum(&|class| of(class, at)) <= u64::from(*have))
        };
        enough(&host.offers, &|class, at| class.needs[at])
            && enough(&host.units, &|class, at| class.exclusives[at])
            && bag.iter().all(|(class, _)| is_within(&self.guest[*class].bound, &host.bound))
    }

    /// The memory of all nodes in a bag.
    fn memory_of(&self, bag: &Bag) -> u64 {
        bag.iter().fold(0, |sum: u64, (class, count)| {
            sum.saturating_add(self.guest[*class].all_memory.saturating_mul(u64::from(*count)))
        })
    }

    /// Whether one block of the host holds all of a bag of its own layer.
    fn holds(&mut self, host: usize, bag: &Bag) -> Result<bool, Spent> {
        if bag.is_empty() {
            return Ok(true);
        }
        self.steps += 1;
        if self.steps > self.budget {
            return Err(Spent);
        }
        let block = &self.host[host];
        let mut exclusives = 0;
        let mut memory = 0_u64;
        let mut with_memory = false;
        for (class, count) in bag {
            let class = &self.guest[*class];
            exclusives += if class.exclusive { *count } else { 0 };
            with_memory |= class.with_memory;
            memory = memory.saturating_add(class.memory.saturating_mul((*count).into()));
        }
        let is_nowhere = with_memory && !block.with_memory;
        if exclusives > 1 || is_nowhere || block.memory.is_some_and(|has| memory > has) {
            return Ok(false);
        }
        if block.inside.is_empty() && block.layer + 1 == block.units.len() {
            // A CPU: it takes one vCPU, and one that is bound to it before all others.
            let class = &self.guest[bag[0].0];
            let will_do = class.needs.iter().zip(&block.offers).all(|(need, offer)| need <= offer);
            return Ok(will_do && class.bound == block.bound);
        }
        let mut inside = Bag::new();
        for (class, count) in bag {
            for (inner, each) in &self.guest[*class].inside {
                add(&mut inside, *inner, each * count);
            }
        }
        Ok(self.may_fit(block, bag) && self.fits(host, &inside)?.is_some())
    }

    /// Shares a bag out to the blocks inside.
    fn distribute(&mut self, host: usize, bag: &Bag) -> Result<Option<Shares>, Spent> {
        let mut slots: Vec<Slot> = self.host[host]
            .inside
            .iter()
            .map(|(class, count)| Slot { class: *class, count: *count, given: Bag::new() })
            .collect();
        let mut rest = Bag::new();
        // What is bound has one block to go to.
        for (class, count) in bag {
            let bound = &self.guest[*class].bound;
            if bound.is_empty() {
                rest.push((*class, *count));
                continue;
            }
            let holds_all = |slot: &&mut Slot| is_within(bound, &self.host[slot.class].bound);
            let Some(slot) = slots.iter_mut().find(holds_all) else { return Ok(None) };
            add(&mut slot.given, *class, *count);
        }
        for slot in &slots {
            if !self.holds(slot.class, &slot.given)? {
                return Ok(None);
            }
        }
        let size = |slot: &Slot| self.host[slot.class].units.last().copied();
        let shares = if rest.iter().all(|(class, _)| self.guest[*class].exclusive) {
            slots.sort_by_key(size);
            self.pair(&slots, &rest)?
        } else {
            slots.sort_by_key(|slot| std::cmp::Reverse(size(slot)));
            let mut out = Vec::new();
            let mut dead = HashSet::new();
            self.pack(&slots, 0, 0, &rest, &mut dead, &mut out)?.then_some(out)
        };
        let Some(shares) = shares else { return Ok(None) };
        let mut by_class = Shares::new();
        let mut taken = vec![0; slots.len()];
        let mut give = |class: usize, bag: Bag| match by_class.iter_mut().find(|(known, _)| *known == class) {
            Some((_, bags)) => bags.push(bag),
            None => by_class.push((class, vec![bag])),
        };
        for (slot, bag) in shares {
            taken[slot] += 1;
            give(slots[slot].class, bag);
        }
        for (slot, taken) in slots.into_iter().zip(taken) {
            if taken == 0 && !slot.given.is_empty() {
                give(slot.class, slot.given);
            }
        }
        Ok(Some(by_class))
    }

    /// Blocks of which each wants a block of the host for itself: who goes where is a matching.
    fn pair(&mut self, slots: &[Slot], rest: &Bag) -> Result<Option<Vec<(usize, Bag)>>, Spent> {
        let mut rest = rest.clone();
        rest.sort_by_key(|(class, _)| std::cmp::Reverse(self.size_of(*class)));
        let mut may = Vec::new();
        for (class, _) in &rest {
            let mut row = Vec::new();
            for slot in slots {
                let mut bag = slot.given.clone();
                add(&mut bag, *class, 1);
                row.push(self.holds(slot.class, &bag)?);
            }
            may.push(row);
        }
        let supply: Vec<u32> = rest.iter().map(|(_, count)| *count).collect();
        let capacity: Vec<u32> = slots.iter().map(|slot| slot.count).collect();
        let (flow, matched) = pair_up(&supply, &capacity, &may);
        if matched < supply.iter().sum() {
            return Ok(None);
        }
        let mut shares = Vec::new();
        for ((class, _), row) in rest.iter().zip(flow) {
            for (at, count) in row.into_iter().enumerate() {
                for _ in 0..count {
                    let mut bag = slots[at].given.clone();
                    add(&mut bag, *class, 1);
                    shares.push((at, bag));
                }
            }
        }
        Ok(Some(shares))
    }

    /// Blocks of which several may go into one block of the host: a search by counts, slot by slot.
    ///
    /// What fits still fits without some of it. So a slot needs to be tried only with bags to which nothing of the
    /// rest can be added, and a rest that did not fit into the slots from here on never will.
    fn pack(
        &mut self,
        slots: &[Slot],
        mut at: usize,
        mut used: u32,
        rest: &Bag,
        dead: &mut HashSet<(usize, u32, Bag)>,
        out: &mut Vec<(usize, Bag)>,
    ) -> Result<bool, Spent> {
        if rest.is_empty() {
            return Ok(true);
        }
        if slots.get(at).is_some_and(|slot| used >= slot.count) {
            (at, used) = (at + 1, 0);
        }
        if rest.len() == 1 {
            return self.pack_alike(slots, at, used, rest[0], out);
        }
        if at >= slots.len() {
            return Ok(false);
        }
        if dead.contains(&(at, used, rest.clone())) || !self.sums_fit(slots, at, used, rest) {
            return Ok(false);
        }
        // Compact: the smallest that holds all of the rest.
        for slot in (at..slots.len()).rev() {
            if self.holds(slots[slot].class, &sum(&slots[slot].given, rest))? {
                out.push((slot, sum(&slots[slot].given, rest)));
                return Ok(true);
            }
        }
        if self.depth >= DEEPEST {
            return Err(Spent);
        }
        self.depth += 1;
        let mut order = rest.clone();
        order.sort_by_key(|(class, _)| std::cmp::Reverse(self.size_of(*class)));
        let mut filling = Filling { slots, at, used, rest, order: &order, dead, out };
        let found = self.fill(&mut filling, 0, &slots[at].given.clone());
        self.depth -= 1;
        let found = found?;
        if !found {
            dead.insert((at, used, rest.clone()));
        }
        Ok(found)
    }

    /// Fills one slot with the classes from `next` on, the most of each first, and packs what is left elsewhere.
    fn fill(&mut self, filling: &mut Filling<'_>, next: usize, bag: &Bag) -> Result<bool, Spent> {
        let class_of_slot = filling.slots[filling.at].class;
        let Some((class, count)) = filling.order.get(next).copied() else {
            let mut left = Bag::new();
            for (class, count) in filling.rest {
                let given = count_of(&filling.slots[filling.at].given, *class);
                let here = count_of(bag, *class) - given;
                add(&mut left, *class, count - here);
            }
            // Something more would still go in: that bag is tried by itself, and this one is no better.
            for (class, _) in &left {
                let mut more = bag.clone();
                add(&mut more, *class, 1);
                if self.holds(class_of_slot, &more)? {
                    return Ok(false);
                }
            }
            if left == *filling.rest {
                // Nothing goes into slots of this class.
                return self.pack(filling.slots, filling.at + 1, 0, &left, filling.dead, filling.out);
            }
            let mark = filling.out.len();
            filling.out.push((filling.at, bag.clone()));
            let found =
                self.pack(filling.slots, filling.at, filling.used + 1, &left, filling.dead, filling.out)?;
            if !found {
                filling.out.truncate(mark);
            }
            return Ok(found);
        };
        for here in (0..=self.most(class_of_slot, bag, class, count)?).rev() {
            let mut bag = bag.clone();
            add(&mut bag, class, here);
            if self.fill(filling, next + 1, &bag)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Blocks of one class: each slot takes as many as it can, so that adding up says whether they fit.
    fn pack_alike(
        &mut self,
        slots: &[Slot],
        at: usize,
        used: u32,
        (class, count): (usize, u32),
        out: &mut Vec<(usize, Bag)>,
    ) -> Result<bool, Spent> {
        let mut room: Vec<(usize, u32, u32)> = Vec::new();
        for (slot, Slot { class: host, count: blocks, given }) in slots.iter().enumerate().skip(at) {
            let blocks = if slot == at { blocks - used } else { *blocks };
            let most = self.most(*host, given, class, count)?;
            if blocks > 0 && most > 0 {
                room.push((slot, blocks, most));
            }
        }
        let all: u64 = room.iter().map(|(_, blocks, most)| u64::from(*blocks) * u64::from(*most)).sum();
        if all < u64::from(count) {
            return Ok(false);
        }
        let mut left = count;
        while left > 0 {
            // The smallest that holds all of the rest, else the one that takes most.
            let free = |(_, blocks, _): &&mut (usize, u32, u32)| *blocks > 0;
            let holds_rest = room.iter().rposition(|(_, blocks, most)| *blocks > 0 && *most >= left);
            let slot = match holds_rest {
                Some(slot) => room.get_mut(slot),
                None => room.iter_mut().filter(free).rev().max_by_key(|(_, _, most)| *most),
            };
            let Some((slot, blocks, most)) = slot else { return Ok(false) };
            *blocks -= 1;
            let here = left.min(*most);
            left -= here;
            let mut bag = slots[*slot].given.clone();
            add(&mut bag, class, here);
            out.push((*slot, bag));
        }
        Ok(true)
    }

    /// How many of a class go into a block beside what is there, of `count` at most.
    fn most(&mut self, host: usize, bag: &Bag, class: usize, count: u32) -> Result<u32, Spent> {
        let (mut least, mut beyond) = (0, count + 1);
        // All of it, or hardly any, is usual: a galloping start from below, then halves.
        let mut step = 1;
        while beyond - least > 1 {
            let middle = (least + step).min(least + (beyond - least) / 2).max(least + 1);
            let mut with = bag.clone();
            add(&mut with, class, middle);
            if self.holds(host, &with)? {
                least = middle;
                step = step.saturating_mul(2);
            } else {
                beyond = middle;
                step = 1;
            }
        }
        Ok(least)
    }

    /// Whether what is left of the slots has enough CPUs and units for the rest, all in all.
    fn sums_fit(&self, slots: &[Slot], at: usize, used: u32, rest: &Bag) -> bool {
        let left = |slot: usize| slots[slot].count - if slot == at { used } else { 0 };
        let enough = |have: &dyn Fn(&HostClass) -> u32, want: &dyn Fn(&GuestClass) -> u32| {
            let wanted: u64 = rest
                .iter()
                .map(|(class, count)| u64::from(want(&self.guest[*class])) * u64::from(*count))
                .sum();
            let there = (at..slots.len()).map(|slot| {
                let all = u64::from(have(&self.host[slots[slot].class])) * u64::from(left(slot));
                let given: u64 = slots[slot]
                    .given
                    .iter()
                    .map(|(class, count)| u64::from(want(&self.guest[*class])) * u64::from(*count))
                    .sum();
                all.saturating_sub(given)
            });
            wanted <= there.sum()
        };
        let all = (at..slots.len()).try_fold(0, |sum: u64, slot| {
            let each = self.host[slots[slot].class].all_memory?.saturating_mul(u64::from(left(slot)));
            Some(sum.saturating_add(each.saturating_sub(self.memory_of(&slots[slot].given))))
        });
        if all.is_some_and(|all| self.memory_of(rest) > all) {
            return false;
        }
        let needs = self.host.first().map_or(0, |class| class.offers.len());
        let layers = self.host.first().map_or(0, |class| class.units.len());
        (0..needs).all(|need| enough(&|host| host.offers[need], &|guest| guest.needs[need]))
            && (0..layers).all(|layer| enough(&|host| host.units[layer], &|guest| guest.exclusives[layer]))
    }

    /// How many vCPUs a block has.
    fn size_of(&self, class: usize) -> Option<u32> {
        self.guest[class].exclusives.last().copied()
    }
}

/// A slot being filled.
struct Filling<'a> {
    slots: &'a [Slot],
    at: usize,
    used: u32,
    rest: &'a Bag,
    /// The rest, larger blocks first.
    order: &'a Bag,
    dead: &'a mut HashSet<(usize, u32, Bag)>,
    out: &'a mut Vec<(usize, Bag)>,
}

fn count_of(bag: &Bag, class: usize) -> u32 {
    bag.binary_search_by_key(&class, |(known, _)| *known).map_or(0, |at| bag[at].1)
}

fn sum(a: &Bag, b: &Bag) -> Bag {
    let mut sum = a.clone();
    b.iter().for_each(|(class, count)| add(&mut sum, *class, *count));
    sum
}

/// Whether all of one ascending list are in another.
fn is_within(these: &[usize], those: &[usize]) -> bool {
    these.iter().all(|element| those.binary_search(element).is_ok())
}
