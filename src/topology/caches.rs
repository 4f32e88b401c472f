//! The guest's caches: the spec's where it says, else the host's with their sharing recomputed.

use std::collections::HashSet;

use super::{Cache, CacheKind, CacheOrigin, CachePath, CoreType, Domain, Numbered, Sharing, Topology};
use crate::cpuid::Processor;
use crate::spec::{self, CacheMode, Spec};

/// A cache of the host, and the domain whose threads share one instance there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostCache {
    /// The cache. Its sharing counts in the host's domains.
    pub cache: Cache,
    /// The innermost domain that holds the threads which share one instance on the host.
    pub belongs_to: Domain,
    /// How many cores share one instance there; `None` if the profile has no sharing sets.
    pub cores: Option<u32>,
    /// The type of core that has it, on a host with several.
    pub core_type: Option<CoreType>,
}

/// Why a cache of the spec cannot be settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheFault {
    /// Nothing says what this property is: neither the spec nor a cache of the host.
    Missing {
        /// Where the spec has the cache.
        cache: CachePath,
        /// The property's key, such as `ways`.
        property: &'static str,
    },
    /// The size is no whole number of sets.
    Uneven {
        /// Where the spec has the cache.
        cache: CachePath,
        /// The size asked for, in bytes.
        size: u64,
        /// The cache, of one set.
        of: Cache,
    },
    /// The host's cache is asked for, and it has none.
    NotOnHost {
        /// Where the spec has the cache.
        cache: CachePath,
    },
    /// A value lies outside of its register's field.
    Beyond {
        /// Where the spec has the cache.
        cache: CachePath,
        /// The property's key.
        property: &'static str,
        /// The value.
        value: u64,
        /// The largest that the field can say.
        max: u64,
    },
}

/// The caches of the cores of one type: L1 data, L1 instruction, L2, L3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheList {
    /// The type; `None` where the spec gives cores no type.
    pub core_type: Option<CoreType>,
    /// The caches, in the order in which CPUID lists them.
    pub caches: Vec<Cache>,
}

/// The caches of a machine, by level and kind, with what could not be settled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caches {
    /// The caches of each type of core, that of the first vCPU first.
    pub lists: Vec<CacheList>,
    /// The host's caches, from which they inherit.
    pub host: Vec<HostCache>,
    /// What could not be settled.
    pub faults: Vec<CacheFault>,
    /// Of each package: how many L3s it has, and the bytes of all.
    l3s: Vec<(u64, u64)>,
}

/// The caches that a spec can name, in the order in which CPUID lists them.
const NAMED: [(&str, u8, CacheKind); 4] = [
    ("l1d", 1, CacheKind::Data),
    ("l1i", 1, CacheKind::Instruction),
    ("l2", 2, CacheKind::Unified),
    ("l3", 3, CacheKind::Unified),
];

impl Caches {
    /// The keys of the caches in a spec, in the order in which CPUID lists them.
    pub const KEYS: [&'static str; 4] = [NAMED[0].0, NAMED[1].0, NAMED[2].0, NAMED[3].0];

    /// Settles the caches of a machine. `host` is empty where no host is known; a cache that
    /// neither side describes is left out.
    #[must_use]
    pub fn resolve(
        spec: &Spec,
        topology: &Topology,
        numbered: &Numbered,
        processor: Option<impl Into<Processor>>,
        host: &[HostCache],
    ) -> Self {
        let written = spec.caches.clone().unwrap_or_default();
        let mut caches = Self { host: host.to_vec(), ..Self::default() };
        let guest = Guest { topology, numbered, processor: processor.map(Into::into) };
        let mut types: Vec<Option<CoreType>> = Vec::new();
        for core_type in topology.vcpus().map(|vcpu| topology.core_type(vcpu)) {
            if !types.contains(&core_type) {
                types.push(core_type);
            }
        }
        for core_type in types {
            let mut list = CacheList { core_type, caches: Vec::new() };
            for (key, level, kind) in NAMED {
                let inherited = caches.of_host(core_type, level, kind).copied();
                let Some(merged) = written.written(core_type, key) else {
                    list.caches.extend(inherited.map(|inherited| guest.inherit(level, &inherited)));
                    continue;
                };
                let block = core_type.filter(|block| written.by_key(Some(*block), key).is_some());
                let path = CachePath { block, key };
                match merge(path, level, kind, &merged, inherited.as_ref(), &guest) {
                    Ok(cache) => list.caches.extend(cache),
                    Err(faults) => {
                        let known = caches.faults.clone();
                        caches.faults.extend(faults.into_iter().filter(|fault| !known.contains(fault)));
                    }
                }
            }
            caches.lists.push(list);
        }
        caches.l3s = l3s(&caches, topology, numbered);
        caches
    }

    /// The caches of the cores of a type.
    #[must_use]
    pub fn of(&self, core_type: Option<CoreType>) -> &[Cache] {
        let list = self.lists.iter().find(|list| list.core_type == core_type);
        list.map_or(&[], |list| list.caches.as_slice())
    }

    /// The caches of all types, those that are alike once.
    #[must_use]
    pub fn each(&self) -> Vec<(Option<CoreType>, &Cache)> {
        let mut each: Vec<(Option<CoreType>, &Cache)> = Vec::new();
        for list in &self.lists {
            for cache in &list.caches {
                if each.iter().all(|(_, known)| *known != cache) {
                    each.push((list.core_type, cache));
                }
            }
        }
        each
    }

    /// A host's cache as cores of a type have it. Cores of a type that the host does not have take after
    /// its first CPU.
    #[must_use]
    pub fn of_host(&self, core_type: Option<CoreType>, level: u8, kind: CacheKind) -> Option<&HostCache> {
        let has = |core_type: &Option<CoreType>| self.host.iter().any(|host| host.core_type == *core_type);
        let first = self.host.first().and_then(|host| host.core_type);
        let core_type = Some(core_type).filter(has).unwrap_or(first);
        let is_it = |host: &&HostCache| {
            host.core_type == core_type && (host.cache.level, host.cache.kind) == (level, kind)
        };
        self.host.iter().find(is_it)
    }

    /// How many L3s a package has, and the bytes of all of them.
    #[must_use]
    pub fn l3s(&self, package: u32) -> (u64, u64) {
        let package = usize::try_from(package).ok();
        package.and_then(|package| self.l3s.get(package)).copied().unwrap_or_default()
    }
}

/// The L3s of each package: unlike types of core may have unlike ones.
fn l3s(caches: &Caches, topology: &Topology, numbered: &Numbered) -> Vec<(u64, u64)> {
    let mut packages = Vec::new();
    for package in topology.instances(Domain::Package) {
        let mut seen = HashSet::new();
        let mut all = (0_u64, 0_u64);
        for vcpu in package {
            let list = caches.of(topology.core_type(*vcpu));
            let Some(l3) = list.iter().find(|cache| cache.level == 3) else { continue };
            if seen.insert(u64::from(numbered.id(*vcpu).0) / l3.sharing.shift(numbered).span()) {
                all = (all.0 + 1, all.1.saturating_add(l3.size()));
            }
        }
        packages.push(all);
    }
    packages
}

/// A written cache with what it leaves out taken from the host's; `None` for one that is removed.
fn merge(
    path: CachePath,
    level: u8,
    kind: CacheKind,
    written: &spec::Cache,
    inherited: Option<&HostCache>,
    guest: &Guest<'_>,
) -> Result<Option<Cache>, Vec<CacheFault>> {
    match written.mode {
        Some(CacheMode::None) => return Ok(None),
        Some(CacheMode::Host) => {
            let host = inherited.map(|inherited| guest.inherit(level, inherited));
            return host.map(Some).ok_or_else(|| vec![CacheFault::NotOnHost { cache: path }]);
        }
        None => {}
    }
    let host = inherited.map(|h| h.cache);
    let mut faults = Vec::new();
    let mut need = |property, value: Option<u64>| {
        value.unwrap_or_else(|| {
            faults.push(CacheFault::Missing { cache: path, property });
            1
        })
    };
    let size = need("size", written.size.map(|s| s.0).or(host.map(|h| h.size())));
    let ways = need("ways", written.ways.or(host.map(|h| h.ways)).map(u64::from));
    let line = written.line.or(host.map(|h| h.line)).unwrap_or(64);
    let partitions = written.partitions.or(host.map(|h| h.partitions)).unwrap_or(1);
    // Field widths of leaf 4 and 8000001DH: ways and partitions 10 bits, line 12 bits, each minus 1.
    let fields =
        [("ways", ways, 1 << 10), ("line", line.into(), 1 << 12), ("partitions", partitions.into(), 1 << 10)];
    for (property, value, max) in fields {
        if value == 0 || value > max {
            faults.push(CacheFault::Beyond { cache: path, property, value, max });
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let sharing = match written.shared_by {
        Some(level) => Sharing::Domain(level.into()),
        None => guest.sharing(level, inherited.map_or_else(|| guest.usual(level), |h| h.belongs_to)),
    };
    let mut cache = Cache {
        level,
        kind,
        line,
        partitions,
        // At most 1,024: checked above.
        ways: u32::try_from(ways).unwrap_or(u32::MAX),
        sets: 1,
        size,
        fully_associative: false,
        properties: properties(written, host.map_or(0, |h| h.properties)),
        sharing,
        origin: path.block.map_or(CacheOrigin::Spec, CacheOrigin::TypeOf),
    };
    let set = cache.set();
    let whole = size.is_multiple_of(set) || !guest.tells_sets();
    if size < set || !whole {
        return Err(vec![CacheFault::Uneven { cache: path, size, of: cache }]);
    }
    // ECX, minus 1.
    cache.sets = size / set;
    if cache.sets > 1 << 32 {
        return Err(vec![CacheFault::Beyond { cache: path, property: "size", value: size, max: set << 32 }]);
    }
    cache.fully_associative = host.is_some_and(|h| h.fully_associative) && cache.sets == 1;
    Ok(Some(cache))
}

/// The bits of EDX: the host's, but for those that are written.
fn properties(written: &spec::Cache, host: u32) -> u32 {
    let bits = [
        (written.wbinvd_reaches_sharers.map(|reaches| !reaches), Cache::WBINVD_EXCLUDES_SHARERS),
        (written.inclusive, Cache::INCLUSIVE),
        (written.complex_indexing, Cache::COMPLEX_INDEXING),
    ];
    bits.into_iter().fold(host, |properties, (written, bit)| match written {
        Some(true) => properties | bit,
        Some(false) => properties & !bit,
        None => properties,
    })
}

struct Guest<'a> {
    topology: &'a Topology,
    numbered: &'a Numbered,
    processor: Option<Processor>,
}

impl Guest<'_> {
    fn tells_sets(&self) -> bool {
        self.processor.is_none_or(|p| p.tells_sets())
    }

    /// A host's cache whole, its sharing recomputed.
    fn inherit(&self, level: u8, host: &HostCache) -> Cache {
        let sharing = self.sharing(level, host.belongs_to);
        let size = if self.tells_sets() { host.cache.whole_sets() } else { host.cache.size };
        Cache { sharing, size, ..host.cache }
    }

    /// Where a cache of this level lies when no host says.
    fn usual(&self, level: u8) -> Domain {
        match level {
            1 | 2 => Domain::Core,
            _ if self.processor.is_some_and(|p| p.vendor.is_amd_like()) => Domain::Complex,
            _ => Domain::Die,
        }
    }

    /// The guest's sharing of a cache that belongs to `domain` on the host: the same domain if the
    /// guest has it, never beyond a die, and fitted inside a node.
    ///
    /// A guest that lacks the domain shares its last level at the next one outward, so that no core
    /// goes without, and keeps the inner levels to the core: an L2 of a module is private where
    /// there is no module.
    fn sharing(&self, level: u8, domain: Domain) -> Sharing {
        let has = |domain: Domain| domain <= Domain::Core || self.topology.has(domain);
        let domain = domain.clamp(Domain::Core, Domain::Die);
        let fitted = if level < 3 {
            if has(domain) { domain } else { Domain::Core }
        } else {
            (domain.rank()..Domain::Die.rank())
                .map(|rank| Domain::ALL[rank])
                .find(|d| has(*d))
                .unwrap_or(Domain::Die)
        };
        self.inside_node(fitted)
    }

    /// On AMD a node bounds every cache. On Intel an L3 across the nodes of a socket is how sub-NUMA
    /// clustering looks, so it stays.
    fn inside_node(&self, domain: Domain) -> Sharing {
        if !self.topology.domain_spans_nodes(domain) {
            return Sharing::Domain(domain);
        }
        if self.numbered.amd_nodes().shift().is_some() {
            return Sharing::AmdNode;
        }
        Sharing::Domain(domain)
    }
}

#[cfg(test)]
mod tests;
