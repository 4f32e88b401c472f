//! What was meant, by the counts of the spec alone: the second opinion does not ask the compiler.

use topoc::Spec;
use topoc::spec::{Cache, CacheLevel, CacheMode, NodePer, Size};

use super::hosts::Host;
use super::{Partition, Property, Value, group};
use crate::support::words::Entry;

/// A machine to be read.
pub struct Machine {
    pub example: String,
    pub host: &'static Host,
    pub spec: Spec,
    /// The tables, by vCPU.
    pub tables: Vec<Vec<Entry>>,
}

/// The counts, outer to inner.
struct Counts {
    sockets: u32,
    dies: u32,
    complexes: u32,
    modules: u32,
    cores: u32,
    threads: u32,
}

impl Machine {
    fn counts(&self) -> Counts {
        let t = self.spec.topology.clone().unwrap();
        assert_eq!((t.die_groups, t.tiles), (None, None), "{}: no reader's words for these", self.example);
        let one = |count: Option<u32>| count.unwrap_or(1);
        Counts {
            sockets: one(t.sockets),
            dies: one(t.dies),
            complexes: one(t.complexes),
            modules: one(t.modules),
            cores: one(t.cores),
            threads: one(t.threads),
        }
    }

    /// How many vCPUs there are.
    pub fn vcpus(&self) -> u32 {
        self.counts().sockets * self.threads_of(Property::Packages)
    }

    /// Threads of one package, die, complex, module or core.
    pub fn threads_of(&self, property: Property) -> u32 {
        let c = self.counts();
        let core = c.threads;
        let module = c.cores * core;
        let complex = c.modules * module;
        let die = c.complexes * complex;
        match property {
            Property::Cores => core,
            Property::Modules => module,
            Property::Complexes => complex,
            Property::Dies => die,
            Property::Packages => c.dies * die,
            other => panic!("{other:?} is no part of a machine"),
        }
    }

    /// Whether the machine tells several dies, modules or complexes apart within the next part outward; of an
    /// L3 whether there is any.
    pub fn has(&self, property: Property) -> bool {
        let c = self.counts();
        match property {
            Property::Dies => c.dies > 1,
            Property::Modules => c.modules > 1,
            Property::Complexes => c.complexes > 1,
            Property::L3 => match self.written(property) {
                Some(written) => written.mode != Some(CacheMode::None),
                None => self.host.l3.is_some(),
            },
            _ => true,
        }
    }

    /// vCPUs in sets of `size`: the default order numbers depth first.
    fn chunks(&self, size: u32) -> Partition {
        group((0..self.vcpus()).map(|vcpu| vcpu / size))
    }

    /// What the spec says of a cache.
    fn written(&self, cache: Property) -> Option<Cache> {
        let caches = self.spec.caches.clone().unwrap_or_default();
        match cache {
            Property::L1d => caches.l1d,
            Property::L1i => caches.l1i,
            Property::L2 => caches.l2,
            Property::L3 => caches.l3,
            other => panic!("{other:?} is no cache"),
        }
    }

    /// Bytes of an instance: as the spec says, else the host's.
    fn size(&self, cache: Property) -> u64 {
        let at = [Property::L1d, Property::L1i, Property::L2, Property::L3].iter().position(|p| *p == cache);
        let written = self.written(cache).and_then(|cache| cache.size);
        written.map_or(self.host.caches[at.unwrap()], |Size(bytes)| bytes)
    }

    /// What shares a cache: as the spec says, else the host's own, where the guest has it; where it has not,
    /// the die shares an L3, and the core any other.
    fn shares(&self, cache: Property) -> Property {
        let written = self.written(cache);
        let (own, usual) = match cache {
            Property::L3 => (self.host.l3.unwrap_or(Property::Dies), Property::Dies),
            Property::L2 => (self.host.l2, Property::Cores),
            _ => (Property::Cores, Property::Cores),
        };
        match written.and_then(|cache| cache.shared_by) {
            None if self.has(own) => own,
            None => usual,
            Some(CacheLevel::Core) => Property::Cores,
            Some(CacheLevel::Module) => Property::Modules,
            Some(CacheLevel::Complex) => Property::Complexes,
            Some(CacheLevel::Die) => Property::Dies,
            Some(CacheLevel::Socket) => Property::Packages,
            Some(other) => panic!("{other:?}"),
        }
    }

    /// vCPUs that share an instance of a cache. Host caches end at the node where CPUID tells of it.
    pub fn sharers(&self, cache: Property) -> u32 {
        let node = self.nodes().iter().map(|node| u32::try_from(node.len()).unwrap()).min().unwrap();
        let sharers = match self.shares(cache) {
            Property::Nodes => return node,
            part => self.threads_of(part),
        };
        let is_own = self.written(cache).is_none_or(|cache| cache.shared_by.is_none());
        if self.host.tells_nodes() && is_own { node.min(sharers) } else { sharers }
    }

    /// Nodes with CPUs. Without `numa` a CPUID that tells of nodes has one per socket, and the rest of the world one.
    fn nodes(&self) -> Partition {
        let (package, die) = (self.threads_of(Property::Packages), self.threads_of(Property::Dies));
        let Some(numa) = &self.spec.numa else {
            return self.chunks(if self.host.tells_nodes() { package } else { self.vcpus() });
        };
        match numa.per {
            Some(NodePer::Socket) => return self.chunks(package),
            Some(NodePer::Die) => return self.chunks(die),
            Some(NodePer::Complex) => return self.chunks(self.threads_of(Property::Complexes)),
            None => {}
        }
        let mut nodes = Partition::new();
        for node in numa.nodes.iter().flatten() {
            let sockets = node.sockets.iter().flatten().map(|socket| (socket * package, package));
            let dies = node.dies.iter().flatten().map(|path| (path.socket * package + path.die * die, die));
            let ranges = sockets.chain(dies).flat_map(|(first, n)| first..first + n);
            let vcpus: Vec<u32> =
                ranges.chain(node.vcpus.iter().flat_map(topoc::spec::CpuList::iter)).collect();
            if !vcpus.is_empty() {
                nodes.push(vcpus);
            }
        }
        nodes
    }

    /// x2APIC IDs: a field for each count, wide enough for it, threads lowest. The core's is wider where the
    /// host's L3s need more IDs.
    pub fn ids(&self) -> Vec<u32> {
        let c = self.counts();
        let width = |count: u32| count.next_power_of_two().trailing_zeros();
        let l3s = if self.has(Property::L3) { self.vcpus() / self.sharers(Property::L3) } else { 1 };
        let core = if l3s > 1 { width(self.host.l3_ids).saturating_sub(width(c.threads)) } else { 0 };
        let core = width(c.cores).max(core);
        let inner_to_outer = [
            (c.threads, width(c.threads)),
            (c.cores, core),
            (c.modules, width(c.modules)),
            (c.complexes, width(c.complexes)),
            (c.dies, width(c.dies)),
            (c.sockets, width(c.sockets)),
        ];
        let id = |vcpu: u32| {
            let (mut rest, mut shift, mut id) = (vcpu, 0, 0);
            for (count, width) in inner_to_outer {
                id |= (rest % count) << shift;
                rest /= count;
                shift += width;
            }
            id
        };
        (0..self.vcpus()).map(id).collect()
    }

    /// Which vCPUs are together, for all but IDs.
    pub fn partition(&self, property: Property) -> Partition {
        match property {
            Property::Threads => self.chunks(1),
            Property::L3 if !self.has(property) => Partition::new(),
            Property::L3 | Property::L2 | Property::L1d | Property::L1i => {
                self.chunks(self.sharers(property))
            }
            Property::Nodes => self.nodes(),
            Property::Ids => panic!("IDs are no sets"),
            part => self.chunks(self.threads_of(part)),
        }
    }

    /// Whether a reader's word is what was meant.
    pub fn means(&self, property: Property, value: &Value) -> bool {
        match value {
            Value::Sets(sets) => *sets == self.partition(property),
            Value::Ids(ids) => *ids == self.ids(),
            Value::Count(count) => {
                let core = self.threads_of(Property::Cores);
                *count
                    == match property {
                        Property::Threads => core,
                        Property::Cores => self.threads_of(Property::Packages) / core,
                        part => self.threads_of(part),
                    }
            }
            Value::Size(bytes) => *bytes == self.size(property),
            Value::Instances(count) if property == Property::Nodes => {
                u32::try_from(self.nodes().len()).unwrap() == count * self.counts().sockets
            }
            Value::Instances(count) => *count == self.threads_of(Property::Packages) / self.sharers(property),
            Value::Silent => !self.has(property),
            Value::Refused => false,
        }
    }
}
