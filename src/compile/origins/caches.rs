//! Reasons of what the guest is told of caches.

use super::{Basis, Teller, Told, count, spoken};
use crate::cpuid::{Key, Vendor, field};
use crate::lower::{CachePart, WhichCache};
use crate::spec::{CacheMode, CoreType};
use crate::topology::{Cache, CacheKind, CacheList, Caches, Domain, Sharing};

impl Teller<'_> {
    pub(super) fn cache(&self, which: WhichCache, part: CachePart) -> Told {
        let mut basis = Basis::default();
        let mut told: Vec<String> = Vec::new();
        for list in &self.machine.caches.lists {
            let found = match which {
                WhichCache::At(subleaf) => usize::try_from(subleaf).ok().and_then(|at| list.caches.get(at)),
                WhichCache::Of(level, kind) => {
                    list.caches.iter().find(|c| (c.level, c.kind) == (level, kind))
                }
            };
            // In a list, a cache's place depends on those before it.
            basis = match (which, found.and_then(Cache::key)) {
                (WhichCache::At(_), key) => {
                    let keys = Caches::KEYS.into_iter().take_while(|before| key != Some(*before));
                    self.existence(basis, list, keys)
                }
                (WhichCache::Of(level, kind), None) => {
                    let key = Caches::KEYS.into_iter().filter(|key| of_key(key) == (level, kind));
                    self.existence(basis, list, key)
                }
                (WhichCache::Of(..), Some(_)) => basis,
            };
            let sentence = match found {
                Some(cache) => {
                    basis = self.own_existence(basis, cache, list, part == CachePart::Existence);
                    let (sentence, rests) = self.part(cache, list, part, basis);
                    basis = rests;
                    sentence
                }
                None => "no such cache".to_owned(),
            };
            let of = list.core_type.map_or(String::new(), |t| format!("{} cores: ", t.word()));
            let sentence = format!("{of}{sentence}");
            if !told.contains(&sentence) {
                told.push(sentence);
            }
        }
        let because = if told.is_empty() { "the machine has no caches".to_owned() } else { told.join("; ") };
        (because, basis.core_types_if(self).processor(self))
    }

    /// One part of a cache: the sentence, and what it rests on.
    fn part(&self, cache: &Cache, list: &CacheList, part: CachePart, basis: Basis) -> (String, Basis) {
        let name = name(cache);
        let property = |basis: Basis, key| self.property(basis, cache, list, key);
        match part {
            CachePart::Existence => (format!("the {name} is {}", whose(cache)), basis),
            CachePart::Sharing => self.sharing(cache, list, basis),
            CachePart::Line => {
                (format!("a line of the {name} has {} bytes", cache.line), property(basis, "line"))
            }
            CachePart::Partitions => {
                let partitions = count(cache.partitions, "line partition");
                (format!("the {name} has {partitions}"), property(basis, "partitions"))
            }
            CachePart::Ways => {
                let fully = if cache.fully_associative { " and is fully associative" } else { "" };
                let basis = property(property(basis, "ways"), "size");
                (
                    format!("the {name} has {}{fully}", count(cache.ways, "way")),
                    property(property(basis, "line"), "partitions"),
                )
            }
            CachePart::Size => (
                format!("the {name} has {} KiB", cache.size() >> 10),
                ["size", "ways", "line", "partitions"].into_iter().fold(basis, property),
            ),
            CachePart::Sets | CachePart::FullyAssociative => {
                let sets = count(cache.sets, "set");
                let because = format!(
                    "the {name} has {sets}: {} bytes in {} of {} bytes{}",
                    cache.size(),
                    count(cache.ways, "way"),
                    cache.line,
                    if cache.partitions > 1 {
                        format!(" and {} partitions", cache.partitions)
                    } else {
                        String::new()
                    }
                );
                (because, ["size", "ways", "line", "partitions"].into_iter().fold(basis, property))
            }
            CachePart::Properties => {
                let bits = [
                    (Cache::WBINVD_EXCLUDES_SHARERS, "WBINVD may not reach those who share it"),
                    (Cache::INCLUSIVE, "it includes the caches within it"),
                    (Cache::COMPLEX_INDEXING, "sets are picked by a hash"),
                ];
                let set: Vec<_> =
                    bits.iter().filter(|(bit, _)| cache.has(*bit)).map(|(_, words)| *words).collect();
                let words =
                    if set.is_empty() { "none of the three properties".to_owned() } else { set.join(", ") };
                let keys = ["inclusive", "wbinvd_reaches_sharers", "complex_indexing"];
                (format!("the {name}: {words}"), keys.into_iter().fold(basis, property))
            }
        }
    }

    fn sharing(&self, cache: &Cache, list: &CacheList, basis: Basis) -> (String, Basis) {
        let key = cache.key().unwrap_or_default();
        let name = name(cache);
        let ids = cache.sharing.shift(self.machine.numbered).span();
        let written = self.path_of(list, key, "shared_by");
        let (domain, owner) = match cache.sharing {
            Sharing::Domain(domain) => (domain, spoken(domain)),
            Sharing::AmdNode => (Domain::Package, "node".to_owned()),
        };
        let bits = match cache.sharing {
            Sharing::Domain(_) => self.bits_below(domain),
            Sharing::AmdNode => count(cache.sharing.shift(self.machine.numbered).0, "bit"),
        };
        let from = match (&written, self.host_cache(cache, list)) {
            (Some(_), _) => String::new(),
            (None, Some(host)) => format!(", as it is the {}'s on the host", spoken(host)),
            (None, None) => ", where a cache of its level usually lies".to_owned(),
        };
        let because = format!(
            "{} the {name}: one {owner} has one{from}, and IDs within a {owner} have {bits}",
            if ids == 1 { "1 addressable ID has".to_owned() } else { format!("{ids} addressable IDs share") }
        );
        let basis = match &written {
            Some(path) => basis.written(self, path).layout(self, domain),
            // Who shares it follows from the levels that the guest has, up to the die.
            None => {
                let basis = match self.host_cache(cache, list) {
                    Some(_) => basis.host(self.cache_of_host(cache)),
                    None => basis.or_default(
                        self,
                        &format!("caches.{key}.shared_by"),
                        &owner,
                        "a cache lies where those of its level usually do",
                    ),
                };
                basis.counts(self, |d| d <= Domain::Die).layout(self, domain)
            }
        };
        (because, basis)
    }

    /// The domain that a cache belongs to on the host.
    fn host_cache(&self, cache: &Cache, list: &CacheList) -> Option<Domain> {
        self.machine.caches.of_host(list.core_type, cache.level, cache.kind).map(|host| host.belongs_to)
    }

    /// Whether these caches are there at all.
    fn existence<'k>(&self, basis: Basis, list: &CacheList, keys: impl Iterator<Item = &'k str>) -> Basis {
        let mut basis = basis;
        let mut of_host = Vec::new();
        for key in keys {
            let (level, kind) = of_key(key);
            let blocks = self.blocks(list, key);
            let modes: Vec<String> = blocks.iter().map(|block| format!("{block}.mode")).collect();
            basis = modes.iter().fold(basis, |basis, mode| basis.written(self, mode));
            if self.machine.caches.of_host(list.core_type, level, kind).is_some() {
                of_host.push(key.replacen('l', "L", 1));
            } else if blocks.is_empty() {
                basis = basis.host(format!("that the host has no {}", key.replacen('l', "L", 1)));
            } else if modes.iter().all(|mode| self.value(mode).is_none()) {
                basis = blocks.iter().fold(basis, |basis, block| basis.written(self, block));
            }
        }
        match of_host.as_slice() {
            [] => basis,
            [one] => basis.host(format!("the host's {one}")),
            several => basis.host(format!("that the host has caches before it: {}", several.join(", "))),
        }
    }

    /// Whether a cache of the guest is there: by the spec's block, or by the host. A block is no news where its
    /// values are named.
    fn own_existence(&self, basis: Basis, cache: &Cache, list: &CacheList, tell: bool) -> Basis {
        let blocks = self.blocks(list, cache.key().unwrap_or_default());
        let basis = blocks.iter().fold(basis, |basis, block| basis.written(self, &format!("{block}.mode")));
        match (cache.is_written(), tell) {
            (true, true) => blocks.iter().fold(basis, |basis, block| basis.written(self, block)),
            (true, false) => basis,
            (false, _) => basis.host(self.cache_of_host(cache)),
        }
    }

    /// A property: written, the host's, or a default.
    fn property(&self, basis: Basis, cache: &Cache, list: &CacheList, property: &str) -> Basis {
        let key = cache.key().unwrap_or_default();
        if let Some(path) = self.path_of(list, key, property) {
            return basis.written(self, &path);
        }
        if self.host_cache(cache, list).is_some() {
            return basis.host(self.cache_of_host(cache));
        }
        let (is, reason) = match property {
            "line" => ("64", "every processor of this century has lines of 64 bytes"),
            "partitions" => ("1", "caches have one partition unless said otherwise"),
            _ => ("false", "no host's cache says otherwise"),
        };
        basis.or_default(self, &format!("caches.{key}.{property}"), is, reason)
    }

    /// Where the spec has a property: in the block of the type of core before that of all cores. `None` where
    /// the host's cache is asked for whole.
    fn path_of(&self, list: &CacheList, key: &str, property: &str) -> Option<String> {
        let written = self.spec.caches.as_ref()?.written(list.core_type, key)?;
        if written.mode == Some(CacheMode::Host) {
            return None;
        }
        let paths = self.blocks(list, key).into_iter().map(|block| format!("{block}.{property}"));
        paths.into_iter().find(|path| self.value(path).is_some())
    }

    /// The blocks of the spec that have a cache, that of the type of core first.
    fn blocks(&self, list: &CacheList, key: &str) -> Vec<String> {
        let own = list.core_type.map(|core_type| format!("caches.{}.{key}", block_of(core_type)));
        let all = own.into_iter().chain([format!("caches.{key}")]);
        all.filter(|block| self.value(block).is_some()).collect()
    }

    /// The entry of the host's CPUID that has a cache.
    fn cache_of_host(&self, cache: &Cache) -> String {
        let name = name(cache);
        let cpu = self.host.cpus.as_ref().map(|cpus| &cpus.cpuid);
        let kvm = || self.host.kvm.as_ref().and_then(|kvm| kvm.supported_cpuid.as_ref());
        let leaf = if self.is_amd_like() { 0x8000_001d } else { 0x4 };
        let kind = match cache.kind {
            CacheKind::Data => 1,
            CacheKind::Instruction => 2,
            CacheKind::Unified => 3,
        };
        let entry = cpu.or_else(kvm).and_then(|table| {
            let is_it = |key: &Key| {
                let eax = table.get(*key).map_or(0, |words| words.eax);
                (field::CACHE_TYPE.get(eax), field::CACHE_LEVEL.get(eax)) == (kind, u32::from(cache.level))
            };
            table.leaf(leaf).map(|(key, _)| key).find(is_it)?.subleaf
        });
        let vendor = self.machine.processor.vendor;
        match entry {
            Some(subleaf) => format!("CPUID.(EAX={leaf:02X}H,ECX={subleaf}) of the host's CPU: its {name}"),
            None if vendor == Vendor::Intel => format!("the host's {name}"),
            None => format!("leaves 80000005H and 80000006H of the host's CPU: its {name}"),
        }
    }

    pub(super) fn core_ids(&self) -> Told {
        let layout = self.machine.numbered.layout();
        let bits = layout.shift(Domain::Package).0 - layout.shift(Domain::Core).0;
        let because = format!(
            "a socket has room for {} cores, 64 at most: their numbers have {}",
            1_u64 << bits,
            count(bits, "bit")
        );
        let basis = Basis::default().counts(self, |d| d >= Domain::Core && d < Domain::Package);
        let basis = Domain::ALL
            .into_iter()
            .filter(|d| *d >= Domain::Core && *d < Domain::Package)
            .fold(basis, |basis, d| basis.written(self, &format!("topology.id_bits.{}", d.word())));
        (because, self.all_existence(basis).core_types_if(self))
    }

    pub(super) fn end_of_caches(&self) -> Told {
        let longest = self.machine.caches.lists.iter().map(|list| list.caches.len()).max().unwrap_or(0);
        let because = format!("the list of caches ends behind the last of {longest}");
        (because, self.all_existence(Basis::default()).core_types_if(self))
    }

    fn all_existence(&self, basis: Basis) -> Basis {
        let lists = &self.machine.caches.lists;
        lists.iter().fold(basis, |basis, list| self.existence(basis, list, Caches::KEYS.into_iter()))
    }

    pub(super) fn l3s(&self) -> Told {
        let mut basis = Basis::default();
        let (instances, bytes) = self.machine.caches.l3s(0);
        for list in &self.machine.caches.lists {
            basis = self.existence(basis, list, ["l3"].into_iter());
            for cache in list.caches.iter().filter(|cache| cache.level == 3) {
                basis = ["size", "ways", "line", "partitions"]
                    .into_iter()
                    .fold(basis, |basis, key| self.property(basis, cache, list, key));
                basis = self.sharing(cache, list, basis).1;
            }
        }
        let because = match instances {
            0 => "the first socket has no L3".to_owned(),
            1 => format!("the first socket has one L3 of {} KiB", bytes >> 10),
            several => {
                format!(
                    "the L3s of a socket count together: the first has {several} of {} KiB in all",
                    bytes >> 10
                )
            }
        };
        let basis = basis.counts(self, |domain| domain < Domain::Package).order(self);
        (because, basis.nodes(self).processor(self).core_types_if(self))
    }
}

impl Basis {
    /// The types of core, where cores have one: which cache is whose depends on it.
    fn core_types_if(self, teller: &Teller<'_>) -> Self {
        if teller.machine.topology.core_types().is_empty() {
            return self;
        }
        self.core_types(teller).all_counts(teller).order(teller)
    }
}

fn name(cache: &Cache) -> String {
    match (cache.level, cache.kind) {
        (1, CacheKind::Data) => "L1d".to_owned(),
        (1, CacheKind::Instruction) => "L1i".to_owned(),
        (level, _) => format!("L{level}"),
    }
}

fn of_key(key: &str) -> (u8, CacheKind) {
    match key {
        "l1d" => (1, CacheKind::Data),
        "l1i" => (1, CacheKind::Instruction),
        "l2" => (2, CacheKind::Unified),
        _ => (3, CacheKind::Unified),
    }
}

fn whose(cache: &Cache) -> &'static str {
    if cache.is_written() { "the spec's" } else { "the host's" }
}

const fn block_of(core_type: CoreType) -> &'static str {
    core_type.word()
}
