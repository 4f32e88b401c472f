//! The levels that a guest can have of the host's, each with its units, nested.

use super::MirrorError;
use super::chosen::Chosen;
use crate::cpuid::{Processor, Vendor};
use crate::topology::Domain;

/// The levels of the chosen CPUs. Each unit lies inside of one of every level outward, and CPUs of one unit are
/// neighbours.
#[derive(Clone)]
pub(super) struct Frame {
    /// By rank of their domain: the unit of each CPU.
    levels: [Option<Vec<usize>>; 8],
    /// Levels that leaves name, and that do not nest: they are left out.
    pub left_out: Vec<Domain>,
}

impl Frame {
    /// What the CPUs' own leaves tell and a guest of their processor can be told.
    pub fn of(chosen: &Chosen) -> Result<Self, MirrorError> {
        let mut frame = Self { levels: Default::default(), left_out: Vec::new() };
        for domain in [Domain::Package, Domain::Core] {
            let units = chosen.units(domain).filter(|units| frame.add(domain, units));
            units.ok_or(MirrorError::NotNested { domain })?;
        }
        for domain in [Domain::DieGroup, Domain::Die, Domain::Complex, Domain::Tile, Domain::Module] {
            if !is_told(domain, &chosen.processor) {
                continue;
            }
            let Some(units) = chosen.units(domain) else { continue };
            if !frame.add(domain, &units) {
                frame.left_out.push(domain);
            }
        }
        Ok(frame)
    }

    /// Adds a level; `false` where it does not nest with those that there are.
    pub fn add(&mut self, domain: Domain, units: &[usize]) -> bool {
        let nests = is_contiguous(units)
            && Domain::ALL.into_iter().filter_map(|other| Some((other, self.units(other)?))).all(
                |(other, theirs)| if other > domain { inside(units, theirs) } else { inside(theirs, units) },
            );
        if nests {
            self.levels[domain.rank()] = Some(units.to_vec());
        }
        nests
    }

    /// The unit of each CPU; `None` for a level that is not there.
    pub fn units(&self, domain: Domain) -> Option<&[usize]> {
        self.levels[domain.rank()].as_deref()
    }

    /// The levels that a spec counts, outer to inner: package and core, and of the others those of which the next level
    /// outward holds several.
    pub fn counted(&self) -> Vec<(Domain, &[usize])> {
        let mut counted: Vec<(Domain, &[usize])> = Vec::new();
        for domain in Domain::ALL.into_iter().rev() {
            let Some(units) = self.units(domain) else { continue };
            let always = matches!(domain, Domain::Package | Domain::Core);
            let tells = counted.last().is_none_or(|(_, outer)| count(units) > count(outer));
            if always || tells {
                counted.push((domain, units));
            }
        }
        counted
    }
}

/// How many units there are: their CPUs are neighbours.
fn count(units: &[usize]) -> usize {
    units.chunk_by(|a, b| a == b).count()
}

/// Whether the CPUs of each unit are neighbours.
fn is_contiguous(units: &[usize]) -> bool {
    let mut seen = std::collections::HashSet::new();
    units.chunk_by(|a, b| a == b).all(|unit| unit.first().is_none_or(|unit| seen.insert(*unit)))
}

/// Whether each unit of a level lies in one of another.
fn inside(inner: &[usize], outer: &[usize]) -> bool {
    let pairs = inner.windows(2).zip(outer.windows(2));
    pairs.into_iter().all(|(inner, outer)| inner[0] != inner[1] || outer[0] == outer[1])
}

/// Whether leaves of the processor name a level, as a guest gets them.
fn is_told(domain: Domain, processor: &Processor) -> bool {
    match (processor.vendor, domain) {
        (_, Domain::Package | Domain::Core) => true,
        (Vendor::Intel, domain) => domain != Domain::Complex,
        (Vendor::Amd | Vendor::Hygon, Domain::Complex) => !processor.is_before_zen(),
        (Vendor::Amd | Vendor::Hygon, Domain::Die) => processor.has_extended_levels() == Some(true),
        (Vendor::Zhaoxin | Vendor::Centaur, Domain::Die) => processor.has_leaf_1f() == Some(true),
        _ => false,
    }
}

/// The level that stands for those who share a cache of which no level is: a guest's modules share an L2, its complexes
/// or, on Intel, its dies an L3. `None` where a guest of the processor cannot have it.
pub(super) fn by_cache(level: u32, processor: &Processor) -> Option<Domain> {
    match (processor.vendor, level) {
        (Vendor::Intel | Vendor::Zhaoxin | Vendor::Centaur, 2) => Some(Domain::Module),
        (Vendor::Intel, 3) => Some(Domain::Die),
        (Vendor::Zhaoxin | Vendor::Centaur, 3) => Some(Domain::Complex),
        _ => None,
    }
}
