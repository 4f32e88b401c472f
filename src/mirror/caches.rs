//! The caches that a spec must write so that a guest has the host's: found by resolving and comparing.

use std::collections::BTreeMap;

use super::chosen::Chosen;
use crate::decode::{self, CacheKind as DecodedKind};
use crate::profile::HostProfile;
use crate::spec::{self, CacheLevel, CacheMode, CoreCaches, CoreType, Size, Spec};
use crate::topology::{Cache, CacheKind, Caches, Domain, HostCache, Numbered, Sharing, Topology};

/// A cache's key in specs, with its level and kind.
type Key = (&'static str, u8, CacheKind);

const KEYS: [Key; 4] = [
    ("l1d", 1, CacheKind::Data),
    ("l1i", 1, CacheKind::Instruction),
    ("l2", 2, CacheKind::Unified),
    ("l3", 3, CacheKind::Unified),
];

/// What a guest's caches are unlike the host's in.
#[derive(Clone, Debug)]
pub(super) struct Misfit {
    /// The level of the cache.
    pub level: u32,
    /// Whether it is who shares it that is unlike.
    pub sharing: bool,
    /// In words.
    pub what: String,
}

/// What of a cache does not depend on who shares it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Figures {
    size: u64,
    ways: u32,
    line: u32,
    partitions: u32,
    properties: u32,
}

impl Figures {
    const fn of(cache: &Cache) -> Self {
        let Cache { size, ways, line, partitions, properties, .. } = *cache;
        Self { size, ways, line, partitions, properties }
    }

    fn read(cache: &decode::Cache) -> Self {
        let bits = [
            (cache.wbinvd_excludes_sharers, Cache::WBINVD_EXCLUDES_SHARERS),
            (cache.inclusive, Cache::INCLUSIVE),
            (cache.complex_indexing, Cache::COMPLEX_INDEXING),
        ];
        Self {
            size: cache.size,
            ways: cache.ways,
            line: cache.line,
            partitions: cache.partitions,
            properties: bits.iter().filter(|(set, _)| *set).map(|(_, bit)| bit).sum(),
        }
    }

    /// The properties that must be written beside those of the host's cache that a guest would inherit.
    fn beside(self, inherited: Option<&HostCache>) -> spec::Cache {
        let cache = inherited.map(|host| &host.cache);
        let differs = |own: u32, theirs: Option<u32>| (theirs != Some(own)).then_some(own);
        let bit = |bit: u32| {
            let own = self.properties & bit != 0;
            (own != cache.is_some_and(|cache| cache.has(bit))).then_some(own)
        };
        spec::Cache {
            size: (cache.map(|cache| cache.size) != Some(self.size)).then_some(Size(self.size)),
            ways: differs(self.ways, cache.map(|cache| cache.ways)),
            line: differs(self.line, Some(cache.map_or(64, |cache| cache.line))),
            partitions: differs(self.partitions, Some(cache.map_or(1, |cache| cache.partitions))),
            inclusive: bit(Cache::INCLUSIVE),
            wbinvd_reaches_sharers: bit(Cache::WBINVD_EXCLUDES_SHARERS).map(|excludes| !excludes),
            complex_indexing: bit(Cache::COMPLEX_INDEXING),
            ..spec::Cache::default()
        }
    }
}

/// A guest so far, to resolve caches for.
pub(super) struct Guest<'a> {
    chosen: &'a Chosen,
    spec: &'a Spec,
    topology: Topology,
    numbered: Numbered,
    host: Vec<HostCache>,
}

impl<'a> Guest<'a> {
    /// `None` where the spec does not resolve.
    pub fn of(chosen: &'a Chosen, spec: &'a Spec, profile: &HostProfile) -> Option<Self> {
        let topology = Topology::resolve(spec)?;
        let numbered = Numbered::number(&topology, Some(chosen.processor));
        Some(Self { chosen, spec, topology, numbered, host: profile.caches() })
    }

    /// The caches to write: of each what differs, and nothing where the host's come out right by themselves.
    pub fn caches(&self) -> (Option<spec::Caches>, Vec<Misfit>) {
        let types = self.types();
        let mut caches = spec::Caches::default();
        for key in KEYS {
            let fits: Vec<Option<spec::Cache>> =
                types.iter().map(|(own, cpus)| self.fit(key, *own, cpus)).collect();
            let Some(first) = fits.first() else { continue };
            if fits.iter().all(|fit| fit == first) {
                *general(&mut caches, key.0) = first.clone();
                continue;
            }
            for ((core_type, _), fit) in types.iter().zip(fits) {
                let Some(core_type) = core_type else { continue };
                let block = match core_type {
                    CoreType::Performance => &mut caches.performance,
                    CoreType::Efficiency => &mut caches.efficiency,
                };
                if fit.is_some() {
                    *of_type(block.get_or_insert_with(CoreCaches::default), key.0) = fit;
                }
            }
        }
        let misfits = self.misfits(&caches);
        ((caches != spec::Caches::default()).then_some(caches), misfits)
    }

    /// The types of core, each with its CPUs.
    fn types(&self) -> Vec<(Option<CoreType>, Vec<usize>)> {
        let mut types: Vec<(Option<CoreType>, Vec<usize>)> = Vec::new();
        for (cpu, vcpu) in self.topology.vcpus().enumerate() {
            let core_type = self.topology.core_type(vcpu);
            match types.iter_mut().find(|(known, _)| *known == core_type) {
                Some((_, cpus)) => cpus.push(cpu),
                None => types.push((core_type, vec![cpu])),
            }
        }
        types
    }

    /// What to write of a cache for the cores of a type; `None` for nothing.
    fn fit(&self, key: Key, core_type: Option<CoreType>, cpus: &[usize]) -> Option<spec::Cache> {
        let none = spec::Cache { mode: Some(CacheMode::None), ..spec::Cache::default() };
        let settled = self.resolve(&spec::Caches::default());
        let inherited = settled.of_host(core_type, key.1, key.2);
        let Some(meant) = cpus.iter().find_map(|cpu| self.read(*cpu, key)).map(Figures::read) else {
            return inherited.map(|_| none);
        };
        let beside = meant.beside(inherited);
        let written = beside.properties().next().is_some();
        let theirs = Self::restricted(&self.host_sharing(key), cpus);
        let shared = std::iter::once(None).chain(self.levels().into_iter().map(Some));
        let mut candidates = shared.map(|shared_by| spec::Cache { shared_by, ..beside.clone() });
        let fits = |candidate: &spec::Cache| {
            let mut caches = spec::Caches::default();
            if candidate.properties().next().is_some() {
                *general(&mut caches, key.0) = Some(candidate.clone());
            }
            let settled = self.resolve(&caches);
            let figures =
                settled.of(core_type).iter().find(|cache| cache.key() == Some(key.0)).map(Figures::of);
            figures == Some(meant) && Self::restricted(&self.guest_sharing(&settled, key.0), cpus) == theirs
        };
        if let Some(found) = candidates.find(fits) {
            return Some(found).filter(|found| found.properties().next().is_some());
        }
        // On AMD a guest cannot have an L3 of several nodes: rather none than one that it would not believe.
        if key.1 == 3 && self.spans_nodes(settled.of(core_type)) {
            return Some(none);
        }
        written.then_some(beside)
    }

    /// Whether an L3 of the guest is shared by several nodes of AMD's.
    fn spans_nodes(&self, caches: &[Cache]) -> bool {
        let of_nodes = |cache: &Cache| match cache.sharing {
            Sharing::Domain(domain) => self.topology.domain_spans_nodes(domain),
            Sharing::AmdNode => false,
        };
        self.chosen.processor.vendor.is_amd_like()
            && caches.iter().any(|cache| cache.level == 3 && of_nodes(cache))
    }

    fn resolve(&self, caches: &spec::Caches) -> Caches {
        let spec = Spec { caches: Some(caches.clone()), ..self.spec.clone() };
        Caches::resolve(&spec, &self.topology, &self.numbered, Some(self.chosen.processor), &self.host)
    }

    /// The levels that the guest tells apart, by which a cache can be shared.
    fn levels(&self) -> Vec<CacheLevel> {
        let levels = [
            CacheLevel::Core,
            CacheLevel::Module,
            CacheLevel::Tile,
            CacheLevel::Complex,
            CacheLevel::Die,
            CacheLevel::DieGroup,
            CacheLevel::Socket,
        ];
        let is_there = |level: &CacheLevel| {
            matches!(level, CacheLevel::Core | CacheLevel::Socket) || self.topology.has(Domain::from(*level))
        };
        levels.into_iter().filter(is_there).collect()
    }

    /// A cache as one of the host's CPUs has it.
    fn read(&self, cpu: usize, key: Key) -> Option<&decode::Cache> {
        self.chosen.machine.cpus.get(cpu)?.caches.iter().find(|cache| is_key(cache.name, key))
    }

    /// Which instance of a cache each CPU has on the host.
    fn host_sharing(&self, key: Key) -> Vec<Option<usize>> {
        let all = self.chosen.machine.caches.iter();
        let of_key = all.filter(|(name, _)| is_key(**name, key)).flat_map(|(_, list)| list);
        self.chosen.labels(of_key.map(|cache| &cache.cpus))
    }

    /// Which instance of a cache each vCPU has in the guest.
    fn guest_sharing(&self, settled: &Caches, key: &str) -> Vec<Option<usize>> {
        let mut known: BTreeMap<u64, usize> = BTreeMap::new();
        self.topology
            .vcpus()
            .map(|vcpu| {
                let list = settled.of(self.topology.core_type(vcpu));
                let cache = list.iter().find(|cache| cache.key() == Some(key))?;
                let instance =
                    u64::from(self.numbered.id(vcpu).0) / cache.sharing.shift(&self.numbered).span();
                let next = known.len();
                Some(*known.entry(instance).or_insert(next))
            })
            .collect()
    }

    /// The sharing of some CPUs alone, its instances numbered anew so that equal sharing is equal.
    fn restricted(sharing: &[Option<usize>], cpus: &[usize]) -> Vec<Option<usize>> {
        let of_cpus = cpus.iter().map(|cpu| sharing.get(*cpu).copied().flatten());
        renumbered(of_cpus)
    }

    /// What is unlike with these caches.
    fn misfits(&self, caches: &spec::Caches) -> Vec<Misfit> {
        let settled = self.resolve(caches);
        let mut misfits = Vec::new();
        for key in KEYS {
            let name = key.0.replacen('l', "L", 1);
            let level = u32::from(key.1);
            let mut unlike = |sharing, what| misfits.push(Misfit { level, sharing, what });
            let figures = |cpu: usize, vcpu| {
                let own = settled.of(self.topology.core_type(vcpu));
                let guest = own.iter().find(|cache| cache.key() == Some(key.0)).map(Figures::of);
                (self.read(cpu, key).map(Figures::read), guest)
            };
            let pairs: Vec<_> =
                self.topology.vcpus().enumerate().map(|(cpu, vcpu)| figures(cpu, vcpu)).collect();
            let wrong: Vec<usize> = (0..pairs.len()).filter(|cpu| pairs[*cpu].0 != pairs[*cpu].1).collect();
            if let Some((host, guest)) = wrong.first().and_then(|cpu| pairs.get(*cpu)) {
                let cpus = self.chosen.listed(wrong.iter().copied());
                let cpus = format!("CPU{} {cpus}", if wrong.len() == 1 { "" } else { "s" });
                unlike(false, format!("{name} of {cpus}: {}", difference(host.as_ref(), guest.as_ref())));
            }
            let (host, guest) = (self.host_sharing(key), self.guest_sharing(&settled, key.0));
            let both: Vec<usize> = (0..pairs.len())
                .filter(|cpu| host.get(*cpu).is_some_and(Option::is_some) && guest[*cpu].is_some())
                .collect();
            let (host, guest) = (Self::restricted(&host, &both), Self::restricted(&guest, &both));
            let (host, guest) = (sets(&host, &both), sets(&guest, &both));
            if let Some((host, guest)) = host.iter().zip(&guest).find(|(host, guest)| host != guest) {
                let set = |cpus: &[usize]| self.chosen.listed(cpus.iter().copied());
                let whose = |cpus: &[usize]| match cpus.len() {
                    1 => format!("CPU {} has its own", set(cpus)),
                    _ => format!("CPUs {} share one", set(cpus)),
                };
                unlike(true, format!("{name}: on the host {}, in the guest {}", whose(host), whose(guest)));
            }
        }
        misfits
    }
}

/// For each of these CPUs, those of them that have the same label.
fn sets(labels: &[Option<usize>], cpus: &[usize]) -> Vec<Vec<usize>> {
    let mut by_label: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (label, cpu) in labels.iter().zip(cpus) {
        by_label.entry(*label).or_default().push(*cpu);
    }
    // Labels begin at the first CPU of each set, so that the first set of either side comes first.
    let mut sets: Vec<Vec<usize>> = by_label.into_values().collect();
    sets.sort_unstable();
    sets
}

/// Labels in the order of their first CPU.
fn renumbered(labels: impl Iterator<Item = Option<usize>>) -> Vec<Option<usize>> {
    let mut known: BTreeMap<usize, usize> = BTreeMap::new();
    labels
        .map(|label| {
            let next = known.len();
            label.map(|label| *known.entry(label).or_insert(next))
        })
        .collect()
}

fn is_key(name: decode::CacheName, key: Key) -> bool {
    let kind = match key.2 {
        CacheKind::Data => DecodedKind::Data,
        CacheKind::Instruction => DecodedKind::Instruction,
        CacheKind::Unified => DecodedKind::Unified,
    };
    (name.level, name.kind) == (u32::from(key.1), kind)
}

/// In what a cache of the host and that of the guest differ.
fn difference(host: Option<&Figures>, guest: Option<&Figures>) -> String {
    let whole = |figures: Option<&Figures>| figures.map_or("none".to_owned(), |f| Size(f.size).to_string());
    let pair = |host: String, guest: String| format!("{host} on the host, {guest} in the guest");
    let (Some(host), Some(guest)) = (host, guest) else { return pair(whole(host), whole(guest)) };
    let of = |f: &Figures| {
        let bit = |bit: u32| (f.properties & bit != 0).to_string();
        [
            ("size", Size(f.size).to_string()),
            ("ways", f.ways.to_string()),
            ("line", f.line.to_string()),
            ("partitions", f.partitions.to_string()),
            ("inclusive", bit(Cache::INCLUSIVE)),
            ("wbinvd_reaches_sharers", (f.properties & Cache::WBINVD_EXCLUDES_SHARERS == 0).to_string()),
            ("complex_indexing", bit(Cache::COMPLEX_INDEXING)),
        ]
    };
    let pairs = of(host).into_iter().zip(of(guest)).filter(|(host, guest)| host != guest);
    pairs
        .map(|((key, host), (_, guest))| format!("`{key}` is {}", pair(host, guest)))
        .collect::<Vec<_>>()
        .join("; ")
}

fn general<'c>(caches: &'c mut spec::Caches, key: &str) -> &'c mut Option<spec::Cache> {
    match key {
        "l1d" => &mut caches.l1d,
        "l1i" => &mut caches.l1i,
        "l2" => &mut caches.l2,
        _ => &mut caches.l3,
    }
}

fn of_type<'c>(caches: &'c mut CoreCaches, key: &str) -> &'c mut Option<spec::Cache> {
    match key {
        "l1d" => &mut caches.l1d,
        "l1i" => &mut caches.l1i,
        "l2" => &mut caches.l2,
        _ => &mut caches.l3,
    }
}
