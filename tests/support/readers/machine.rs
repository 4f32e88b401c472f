//! What was meant, by an own reading of the spec and the host's data sheet: the second opinion does not ask the
//! compiler.

use std::collections::BTreeSet;

use super::hosts::Host;
use super::{Partition, Property, Value, group};
use crate::support::own_reading::Meaning;
use crate::support::own_reading::caches::Kind;
use crate::support::own_reading::level::{CoreType, Level};
use crate::support::own_reading::places::bits;
use crate::support::words::Entry;

/// A machine to be read.
pub struct Machine {
    pub example: String,
    pub host: &'static Host,
    pub meaning: Meaning,
    /// The tables, by vCPU.
    pub tables: Vec<Vec<Entry>>,
}

/// The level of a property that is one.
const fn level(property: Property) -> Option<Level> {
    Some(match property {
        Property::Packages => Level::Socket,
        Property::DieGroups => Level::DieGroup,
        Property::Dies => Level::Die,
        Property::Complexes => Level::Complex,
        Property::Tiles => Level::Tile,
        Property::Modules => Level::Module,
        Property::Cores => Level::Core,
        Property::Threads => Level::Thread,
        _ => return None,
    })
}

const fn kind(property: Property) -> Option<Kind> {
    Some(match property {
        Property::L1d => Kind::L1d,
        Property::L1i => Kind::L1i,
        Property::L2 => Kind::L2,
        Property::L3 => Kind::L3,
        _ => return None,
    })
}

impl Machine {
    /// How many vCPUs there are.
    pub fn vcpus(&self) -> u32 {
        self.meaning.vcpus()
    }

    fn each(&self) -> std::ops::Range<usize> {
        0..self.meaning.places.len()
    }

    /// Whether the machine tells several of a level apart within the next part outward; of a cache whether there is
    /// any.
    pub fn has(&self, property: Property) -> bool {
        match (property, level(property), kind(property)) {
            (Property::Packages | Property::Cores | Property::Threads, ..) => true,
            (_, Some(level), _) => self.meaning.has(level),
            (_, _, Some(kind)) => self.each().any(|vcpu| self.has_cache(kind, vcpu)),
            _ => true,
        }
    }

    fn has_cache(&self, kind: Kind, vcpu: usize) -> bool {
        let written = self.meaning.written(kind, vcpu);
        let is_known = kind != Kind::L3 || self.host.l3.is_some() || written.size.is_some();
        !written.is_removed && is_known
    }

    /// Bytes of an instance by vCPU: as the spec says, else the host's. 0 where there is none.
    pub fn sizes_of(&self, property: Property) -> Option<Vec<u64>> {
        let kind = kind(property)?;
        let size = |vcpu: usize| self.meaning.written(kind, vcpu).size.unwrap_or(self.host_size(kind, vcpu));
        Some(self.each().map(|vcpu| if self.has_cache(kind, vcpu) { size(vcpu) } else { 0 }).collect())
    }

    /// That of the host's cores of the same type; of those of another type or of none, its first.
    fn host_size(&self, kind: Kind, vcpu: usize) -> u64 {
        let efficiency = self
            .host
            .efficiency
            .filter(|_| self.meaning.places[vcpu].core_type == Some(CoreType::Efficiency));
        efficiency.unwrap_or(self.host.caches)[kind as usize]
    }

    /// vCPUs by the cache that they share: the level is the one that is written, else the host's own, where the guest
    /// has it; where it has not, the die shares an L3, and the core any other. Host caches end at the node where CPUID
    /// tells of it.
    fn sharers(&self, kind: Kind) -> Partition {
        let nodes = self.nodes();
        let node =
            |vcpu: usize| nodes.iter().position(|node| node.iter().any(|other| *other as usize == vcpu));
        let key = |vcpu: usize| {
            let place = &self.meaning.places[vcpu];
            if let Some(written) = self.meaning.written(kind, vcpu).shared_by {
                return (place.path(written), None);
            }
            let (own, usual) = match kind {
                Kind::L3 => (self.host.l3.unwrap_or(Property::Dies), Level::Die),
                Kind::L2 => (self.host.l2, Level::Core),
                Kind::L1d | Kind::L1i => (Property::Cores, Level::Core),
            };
            let node = node(vcpu).filter(|_| self.host.tells_nodes());
            match level(own) {
                // The host's is of a node.
                None => (&place.index[..0], node),
                Some(own) if own <= Level::Core || self.meaning.has(own) => (place.path(own), node),
                Some(_) => (place.path(usual), node),
            }
        };
        let mut sets = group(self.each().map(key));
        sets.retain_mut(|set| {
            set.retain(|vcpu| self.has_cache(kind, *vcpu as usize));
            !set.is_empty()
        });
        sets.sort();
        sets
    }

    /// The nodes that CPUID tells of where it does: those of a socket, each socket's apart; without `numa` one for each.
    /// Else all nodes with CPUs.
    fn nodes(&self) -> Partition {
        let sockets = self.meaning.sets(Level::Socket);
        let nodes: Vec<BTreeSet<u32>> = match &self.meaning.nodes[..] {
            [] if self.host.tells_nodes() => sockets,
            [] => vec![(0..self.vcpus()).collect()],
            nodes if self.host.tells_nodes() => {
                nodes.iter().flat_map(|node| sockets.iter().map(move |socket| node & socket)).collect()
            }
            nodes => nodes.to_vec(),
        };
        let mut nodes: Partition =
            nodes.into_iter().map(Vec::from_iter).filter(|node| !node.is_empty()).collect();
        nodes.sort();
        nodes
    }

    /// x2APIC IDs: the core's field is wider where the host's L3s need more IDs.
    pub fn ids(&self) -> Vec<u32> {
        let threads = self.threads_in(Property::Cores).into_iter().max().unwrap();
        let has_several = self.has(Property::L3) && self.partition(Property::L3).len() > 1;
        self.meaning.ids(if has_several { bits(self.host.l3_ids).saturating_sub(bits(threads)) } else { 0 })
    }

    /// Which vCPUs are together, for all but IDs.
    pub fn partition(&self, property: Property) -> Partition {
        match (level(property), kind(property)) {
            (Some(level), _) => {
                let mut sets: Partition = self.meaning.sets(level).into_iter().map(Vec::from_iter).collect();
                sets.sort();
                sets
            }
            (_, Some(kind)) => self.sharers(kind),
            _ if property == Property::Nodes => self.nodes(),
            _ => panic!("IDs are no sets"),
        }
    }

    /// By vCPU, something of the set that it lies in; 0 for those that lie in none.
    fn by_vcpu(&self, sets: &Partition, of: impl Fn(&[u32]) -> usize) -> Vec<u32> {
        let mut by_vcpu = vec![0; self.meaning.places.len()];
        for set in sets {
            let said = u32::try_from(of(set)).unwrap();
            set.iter().for_each(|vcpu| by_vcpu[*vcpu as usize] = said);
        }
        by_vcpu
    }

    /// By vCPU the threads of its package, die, module, core, cache.
    pub fn threads_in(&self, property: Property) -> Vec<u32> {
        self.by_vcpu(&self.partition(property), <[u32]>::len)
    }

    /// By vCPU how many of something its package has.
    pub fn in_package(&self, property: Property) -> Vec<u32> {
        self.in_each(&self.partition(Property::Packages), property)
    }

    /// By vCPU how many of something the set has that it lies in.
    pub fn in_each(&self, within: &Partition, property: Property) -> Vec<u32> {
        let sets = self.partition(property);
        let of =
            |set: &[u32]| sets.iter().filter(|inner| inner.iter().any(|vcpu| set.contains(vcpu))).count();
        self.by_vcpu(within, of)
    }

    /// Whether a reader's word is what was meant.
    pub fn means(&self, property: Property, value: &Value) -> bool {
        match value {
            Value::Sets(sets) => *sets == self.partition(property),
            Value::Ids(ids) => *ids == self.ids(),
            Value::Counts(counts) => {
                *counts
                    == match property {
                        Property::Threads => self.threads_in(Property::Cores),
                        Property::Cores => self.in_package(Property::Cores),
                        part => self.threads_in(part),
                    }
            }
            Value::Sizes(sizes) => self.sizes_of(property).as_ref() == Some(sizes),
            Value::Instances(counts) => *counts == self.in_package(property),
            Value::Silent => !self.has(property),
            Value::Refused => false,
        }
    }
}
