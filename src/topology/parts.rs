//! The counts of a machine and of its parts, and the place of every thread that they make.

use super::{Domain, Place};
use crate::source::SpecPath;
use crate::spec::{self, CoreType, Spec};

/// The counts of a spec's topology, or of one of its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where the spec has it.
    pub path: SpecPath,
    /// The counts as written, by rank of their domain.
    pub counts: [Option<u32>; 8],
    /// The type of its cores, as written.
    pub core_type: Option<CoreType>,
    /// What its innermost counted domain is made of, as written.
    pub parts: Option<Vec<Block>>,
}

/// A part that stands where it cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misplaced {
    /// It counts a domain that does not lie inside of the innermost one counted around it.
    Level {
        /// The part.
        part: SpecPath,
        /// What it counts.
        domain: Domain,
        /// What is around it.
        around: SpecPath,
        /// The innermost domain counted there.
        inside: Domain,
    },
    /// A list of parts without a part.
    Empty {
        /// The list.
        parts: SpecPath,
    },
    /// It has parts, and counts nothing that they could make up.
    Countless {
        /// The part.
        part: SpecPath,
    },
    /// A thread has no parts.
    Thread {
        /// The list of parts.
        parts: SpecPath,
    },
    /// It is a part of a core, and says what type of core it is.
    CoreType {
        /// The part.
        part: SpecPath,
    },
}

impl Block {
    /// The topology of a spec.
    #[must_use]
    pub fn of(spec: &Spec) -> Self {
        let t = spec.topology.clone().unwrap_or_default();
        Self {
            path: SpecPath::from("topology"),
            counts: [t.threads, t.cores, t.modules, t.tiles, t.complexes, t.dies, t.die_groups, t.sockets],
            core_type: t.core_type,
            parts: parts(&SpecPath::from("topology"), t.parts.as_deref()),
        }
    }

    fn part(path: SpecPath, p: &spec::Part) -> Self {
        Self {
            counts: [p.threads, p.cores, p.modules, p.tiles, p.complexes, p.dies, p.die_groups, p.sockets],
            core_type: p.core_type,
            parts: parts(&path, p.parts.as_deref()),
            path,
        }
    }

    /// The count of a domain; 1 if it is left out.
    #[must_use]
    pub fn count(&self, domain: Domain) -> u32 {
        self.counts[domain.rank()].unwrap_or(1)
    }

    /// The path of a count.
    #[must_use]
    pub fn at(&self, domain: Domain) -> SpecPath {
        self.path.key(domain.key())
    }

    /// The written counts, outer to inner.
    pub fn written(&self) -> impl DoubleEndedIterator<Item = (Domain, u32)> {
        Domain::ALL.into_iter().rev().filter_map(|domain| Some((domain, self.counts[domain.rank()]?)))
    }

    fn outermost(&self) -> Option<Domain> {
        self.written().next().map(|(domain, _)| domain)
    }

    fn innermost(&self) -> Option<Domain> {
        self.written().next_back().map(|(domain, _)| domain)
    }

    /// Itself and all parts in it, in the order of the text.
    #[must_use]
    pub fn all(&self) -> Vec<&Self> {
        let inside = self.parts.iter().flatten().flat_map(Self::all);
        std::iter::once(self).chain(inside).collect()
    }

    /// How many vCPUs its counts make.
    #[must_use]
    pub fn vcpus(&self) -> u128 {
        let own = self.counts.iter().flatten().map(|count| u128::from(*count)).fold(1, u128::saturating_mul);
        let inside =
            self.parts.as_ref().map(|parts| parts.iter().map(Self::vcpus).fold(0, u128::saturating_add));
        own.saturating_mul(inside.unwrap_or(1))
    }

    /// The parts that stand where they cannot be.
    #[must_use]
    pub fn misplaced(&self) -> Vec<Misplaced> {
        let Some(parts) = &self.parts else { return Vec::new() };
        let inside = self.innermost();
        let mut found = Vec::new();
        let list = || self.path.key("parts");
        if parts.is_empty() {
            found.push(Misplaced::Empty { parts: list() });
        } else if inside == Some(Domain::Thread) {
            found.push(Misplaced::Thread { parts: list() });
            return found;
        }
        for part in parts {
            let misplaced =
                part.written().filter(|(domain, _)| inside.is_some_and(|inside| *domain >= inside));
            found.extend(misplaced.zip(inside).map(|((domain, _), inside)| Misplaced::Level {
                part: part.path.clone(),
                domain,
                around: self.path.clone(),
                inside,
            }));
            if part.parts.is_some() && part.outermost().is_none() {
                found.push(Misplaced::Countless { part: part.path.clone() });
            }
            if part.core_type.is_some() && inside == Some(Domain::Core) {
                found.push(Misplaced::CoreType { part: part.path.clone() });
            }
            found.extend(part.misplaced());
        }
        found
    }

    /// The place of every thread and the type of its core, depth first. Only for a block without
    /// misplaced parts whose vCPUs have been counted.
    pub(super) fn places(&self) -> Vec<(Place, Option<CoreType>)> {
        let has_modules = self.all().iter().any(|block| block.counts[Domain::Module.rank()].is_some());
        let mut walk = Walk { has_modules, out: Vec::new() };
        match (&self.parts, self.outermost()) {
            (Some(parts), None) => walk.siblings(None, Place::default(), parts, self.core_type),
            _ => walk.siblings(None, Place::default(), std::slice::from_ref(self), None),
        }
        walk.out
    }
}

fn parts(path: &SpecPath, parts: Option<&[spec::Part]>) -> Option<Vec<Block>> {
    let list = path.key("parts");
    Some(parts?.iter().enumerate().map(|(i, part)| Block::part(list.index(i), part)).collect())
}

struct Walk {
    /// Whether the machine has modules anywhere: then the cores of a part without are one each.
    has_modules: bool,
    out: Vec<(Place, Option<CoreType>)>,
}

impl Walk {
    /// Lays siblings side by side in one instance of `around`, or in the machine. They lie side by side
    /// in the outermost domain that one of them counts; a sibling that does not count it is one of it.
    fn siblings(
        &mut self,
        around: Option<Domain>,
        place: Place,
        siblings: &[Block],
        core_type: Option<CoreType>,
    ) {
        let holds = |domain| around.is_none_or(|around| around > domain);
        let least = if holds(Domain::Core) { Domain::Core } else { Domain::Thread };
        let side = siblings.iter().filter_map(Block::outermost).max().unwrap_or(least).max(least);
        let by_core = self.has_modules && side < Domain::Module && holds(Domain::Module);
        let side = if by_core { Domain::Module } else { side };
        let mut next = 0;
        for block in siblings {
            let core_type = block.core_type.or(core_type);
            for _ in 0..self.count(block, side) {
                let mut place = place;
                place.set(side, next);
                next += 1;
                self.inside(side, place, block, core_type);
            }
        }
    }

    /// Fills one instance of `domain` with what the block counts inside of it.
    fn inside(&mut self, domain: Domain, place: Place, block: &Block, core_type: Option<CoreType>) {
        if let Some(parts) = &block.parts
            && block.innermost() == Some(domain)
        {
            return self.siblings(Some(domain), place, parts, core_type);
        }
        let Some(inner) = domain.inward() else {
            self.out.push((place, core_type));
            return;
        };
        let count =
            if inner == Domain::Core && self.is_module_each(block) { 1 } else { self.count(block, inner) };
        for index in 0..count {
            let mut place = place;
            place.set(inner, index);
            self.inside(inner, place, block, core_type);
        }
    }

    /// Whether each core of the block is a module of its own. A block inside of a module never asks.
    fn is_module_each(&self, block: &Block) -> bool {
        self.has_modules && block.counts[Domain::Module.rank()].is_none()
    }

    fn count(&self, block: &Block, domain: Domain) -> u32 {
        if domain == Domain::Module && self.is_module_each(block) {
            block.count(Domain::Core)
        } else {
            block.count(domain)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Numbered, Topology};
    use super::*;
    use crate::cpuid::Vendor;

    /// The IDs of a topology as the language writes it, by vCPU index.
    fn ids(topology: &str) -> Vec<u32> {
        let text = format!("version: 1\ntopology: {topology}\n");
        let parsed = spec::parse(text.as_bytes()).unwrap();
        let topology = Topology::resolve(parsed.spec()).unwrap();
        Numbered::number(&topology, Some(Vendor::Intel)).ids().iter().map(|id| id.0).collect()
    }

    /// Thread 1 bit, core 3, die 2: the small die begins at 48, the second socket at 64.
    #[test]
    fn unlike_dies_of_like_sockets() {
        let parts = "[{dies: 3, cores: 8, threads: 2}, {dies: 1, cores: 4, threads: 2}]";
        let ids = ids(&format!("{{sockets: 2, parts: {parts}}}"));
        assert_eq!((ids.len(), ids[47], ids[48], ids[55], ids[56], ids[111]), (112, 47, 48, 55, 64, 119));
    }

    /// What a part does not count beside one that does, it is one of.
    #[test]
    fn a_part_without_the_level_is_one_of_it() {
        let unlike_sockets = ids("{parts: [{sockets: 1, dies: 2, cores: 8}, {sockets: 1, cores: 16}]}");
        assert_eq!((unlike_sockets[8], unlike_sockets[16], unlike_sockets[31]), (16, 32, 47));
        assert_eq!(ids("{parts: [{complexes: 2, cores: 2}, {cores: 3}]}"), [0, 1, 4, 5, 8, 9, 10]);
        assert_eq!(ids("{parts: [{cores: 2}, {dies: 1, cores: 1}]}"), [0, 1, 2]);
        assert_eq!(ids("{parts: [{cores: 1, threads: 2}, {cores: 2}]}"), [0, 1, 2, 4]);
        assert_eq!(ids("{cores: 2, parts: [{threads: 1}, {threads: 1}]}"), [0, 1, 2, 3]);
    }

    /// Once any part has modules, each core of one without is a module: core 1 bit, module 2 bits.
    #[test]
    fn a_core_without_a_module_is_one() {
        assert_eq!(ids("{parts: [{cores: 2}, {modules: 1, cores: 2}]}"), [0, 2, 4, 5]);
        let dies = "{parts: [{dies: 1, cores: 2}, {dies: 1, parts: [{cores: 1}, {modules: 1, cores: 2}]}]}";
        assert_eq!(ids(dies), [0, 2, 4, 6, 7]);
    }

    #[test]
    fn a_part_lies_inside_of_what_is_counted_around_it() {
        let misplaced = |topology: &str| {
            let text = format!("version: 1\ntopology: {topology}\n");
            Block::of(spec::parse(text.as_bytes()).unwrap().spec()).misplaced()
        };
        let at = SpecPath::from;
        assert_eq!(misplaced("{dies: 2, parts: [{cores: 2}, {complexes: 1, parts: [{cores: 1}]}]}"), []);
        let level = Misplaced::Level {
            part: at("topology").key("parts").index(0),
            domain: Domain::Die,
            around: at("topology"),
            inside: Domain::Core,
        };
        assert_eq!(misplaced("{cores: 2, parts: [{dies: 1}]}"), [level]);
        let list = at("topology").key("parts");
        assert_eq!(misplaced("{cores: 2, parts: []}"), [Misplaced::Empty { parts: list.clone() }]);
        assert_eq!(misplaced("{threads: 2, parts: [{}]}"), [Misplaced::Thread { parts: list.clone() }]);
        let countless = Misplaced::Countless { part: list.index(0) };
        assert_eq!(misplaced("{dies: 2, parts: [{parts: [{cores: 1}]}]}"), [countless]);
        let core_type = Misplaced::CoreType { part: list.index(0) };
        assert_eq!(misplaced("{cores: 2, parts: [{core_type: performance, threads: 1}]}"), [core_type]);
    }

    /// Parts are of the innermost domain counted around them, here of each core of each socket.
    #[test]
    fn parts_are_of_the_innermost_domain() {
        let of_cores = ids("{sockets: 2, cores: 2, parts: [{threads: 1}, {threads: 2}]}");
        assert_eq!(of_cores, [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14]);
    }

    /// Threads that a part of a socket counts are those of a core of its own; a part of a die that counts cores
    /// has modules where any part of the machine has.
    #[test]
    fn what_a_part_leaves_out_comes_between() {
        let of_socket = "{sockets: 1, parts: [{threads: 2}, {threads: 1}]}";
        assert_eq!(ids(of_socket), [0, 1, 2]);
        let parsed = spec::parse(format!("version: 1\ntopology: {of_socket}\n").as_bytes()).unwrap();
        let topology = Topology::resolve(parsed.spec()).unwrap();
        assert_eq!((topology.count(Domain::Core), topology.count(Domain::Thread)), (2, 2));
        let dies = "{parts: [{dies: 1, parts: [{cores: 1}, {cores: 2}]}, {dies: 1, modules: 2, cores: 2}]}";
        assert_eq!(ids(dies), [0, 2, 4, 8, 9, 10, 11]);
    }

    #[test]
    fn an_order_is_of_the_index() {
        assert_eq!(ids("{cores: 2, threads: 2, order: cores_first}"), [0, 2, 1, 3]);
        assert_eq!(ids("{sockets: 2, cores: 2, places: [0/0/0, 1/1/0, 0/1/0, 1/0/0]}"), [0, 3, 1, 2]);
        assert_eq!(ids("{sockets: 2, cores: 2, id_bits: {thread: 1, core: 2}}"), [0, 2, 8, 10]);
    }
}
