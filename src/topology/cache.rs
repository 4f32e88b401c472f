//! Caches whose size, geometry and sharing are settled.

use super::{CoreType, Domain, Layout, Numbered, Shift};

/// What a cache holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CacheKind {
    /// Data.
    Data,
    /// Instructions.
    Instruction,
    /// Both.
    Unified,
}

/// Who shares one instance of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sharing {
    /// The threads of one instance of a domain.
    Domain(Domain),
    /// The threads of one of AMD's nodes, where no domain ends at the node.
    AmdNode,
}

impl Sharing {
    /// The bits of the ID below the sharing set's number.
    #[must_use]
    pub fn shift(self, numbered: &Numbered) -> Shift {
        let layout: &Layout = numbered.layout();
        match self {
            Self::Domain(domain) => layout.shift(domain),
            Self::AmdNode => numbered.amd_nodes().shift().unwrap_or(layout.shift(Domain::Package)),
        }
    }
}

/// Where a cache comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CacheOrigin {
    /// The spec says so, of all cores.
    Spec,
    /// The spec says so, of the cores of a type.
    TypeOf(CoreType),
    /// The host's cache, its sharing recomputed.
    Host,
}

/// A cache as the spec names it: `l3`, or `efficiency.l3` where a type of core has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CachePath {
    /// The block of a type of core.
    pub block: Option<CoreType>,
    /// The key in it.
    pub key: &'static str,
}

impl std::fmt::Display for CachePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.block {
            Some(CoreType::Performance) => write!(f, "performance.{}", self.key),
            Some(CoreType::Efficiency) => write!(f, "efficiency.{}", self.key),
            None => f.write_str(self.key),
        }
    }
}

/// One cache of every core, or of a larger domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cache {
    /// Level, from 1.
    pub level: u8,
    /// What it holds.
    pub kind: CacheKind,
    /// Bytes of a line.
    pub line: u32,
    /// Physical line partitions.
    pub partitions: u32,
    /// Ways of associativity.
    pub ways: u32,
    /// Sets.
    pub sets: u64,
    /// Size of one instance in bytes: line × partitions × ways × sets. AMD's 80000006H gives size and
    /// ways alone, and there the sets are what is whole of the rest.
    pub size: u64,
    /// Whether any line can stand anywhere.
    pub fully_associative: bool,
    /// EDX of leaf 4 or 8000001DH, the bits that [`Self::has`] knows by name.
    pub properties: u32,
    /// Who shares one instance.
    pub sharing: Sharing,
    /// Where it comes from.
    pub origin: CacheOrigin,
}

impl Cache {
    /// Size of one instance in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The bytes of one set: line × partitions × ways.
    #[must_use]
    pub fn set(&self) -> u64 {
        u64::from(self.line)
            .saturating_mul(u64::from(self.partitions))
            .saturating_mul(u64::from(self.ways))
            .max(1)
    }

    /// The bytes of its whole sets: line × partitions × ways × sets.
    #[must_use]
    pub fn whole_sets(&self) -> u64 {
        self.set().saturating_mul(self.sets)
    }

    /// EDX\[0\]: WBINVD on one thread is not sure to reach the inner caches of other sharers.
    pub const WBINVD_EXCLUDES_SHARERS: u32 = 1;
    /// EDX\[1\]: it holds all that the caches within it hold.
    pub const INCLUSIVE: u32 = 2;
    /// EDX\[2\] of leaf 4: sets are picked by a hash of the address.
    pub const COMPLEX_INDEXING: u32 = 4;

    /// Whether a bit of `properties` is set.
    #[must_use]
    pub const fn has(&self, property: u32) -> bool {
        self.properties & property != 0
    }

    /// Whether the spec describes it.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.origin != CacheOrigin::Host
    }

    /// Where the spec describes it, or would; `None` for a cache that specs cannot name.
    #[must_use]
    pub fn path(&self) -> Option<CachePath> {
        let block = if let CacheOrigin::TypeOf(core_type) = self.origin { Some(core_type) } else { None };
        Some(CachePath { block, key: self.key()? })
    }

    /// The key under `caches` in a spec; `None` for a cache that specs cannot name.
    #[must_use]
    pub const fn key(&self) -> Option<&'static str> {
        Some(match (self.level, self.kind) {
            (1, CacheKind::Data) => "l1d",
            (1, CacheKind::Instruction) => "l1i",
            (2, CacheKind::Unified) => "l2",
            (3, CacheKind::Unified) => "l3",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const L2: Cache = Cache {
        level: 2,
        kind: CacheKind::Unified,
        line: 64,
        partitions: 2,
        ways: 16,
        sets: 1024,
        size: 2 << 20,
        fully_associative: false,
        properties: Cache::COMPLEX_INDEXING,
        sharing: Sharing::Domain(Domain::Core),
        origin: CacheOrigin::Spec,
    };

    #[test]
    fn properties_are_bits_of_edx() {
        let has = |properties| {
            let cache = Cache { properties, ..L2 };
            [Cache::WBINVD_EXCLUDES_SHARERS, Cache::INCLUSIVE, Cache::COMPLEX_INDEXING]
                .map(|bit| cache.has(bit))
        };
        assert_eq!(has(0), [false; 3]);
        assert_eq!(has(0b001), [true, false, false]);
        assert_eq!(has(0b010), [false, true, false]);
        assert_eq!(has(0b100), [false, false, true]);
        assert_eq!(has(0b111), [true; 3]);
    }

    #[test]
    fn a_size_is_line_times_partitions_times_ways_times_sets() {
        assert_eq!((L2.set(), L2.whole_sets(), L2.size()), (2048, 2 << 20, 2 << 20));
        assert_eq!(Cache { ways: 0, ..L2 }.set(), 1, "sizes are divided by it");
    }

    /// As specs write it: under the block of a type of core, where that has its own.
    #[test]
    fn a_path_is_the_specs() {
        let path = |origin| Cache { origin, ..L2 }.path().map(|path| path.to_string());
        assert_eq!(path(CacheOrigin::Spec).as_deref(), Some("l2"));
        assert_eq!(path(CacheOrigin::TypeOf(CoreType::Performance)).as_deref(), Some("performance.l2"));
        assert_eq!(path(CacheOrigin::TypeOf(CoreType::Efficiency)).as_deref(), Some("efficiency.l2"));
        assert_eq!(Cache { level: 4, ..L2 }.path(), None);
        let written = |origin| Cache { origin, ..L2 }.is_written();
        assert!(written(CacheOrigin::Spec) && written(CacheOrigin::TypeOf(CoreType::Performance)));
        assert!(!written(CacheOrigin::Host));
    }

    #[test]
    fn every_cache_of_the_language_has_its_key() {
        let key = |level, kind| Cache { level, kind, ..L2 }.key();
        assert_eq!(key(1, CacheKind::Data), Some("l1d"));
        assert_eq!(key(1, CacheKind::Instruction), Some("l1i"));
        assert_eq!(key(2, CacheKind::Unified), Some("l2"));
        assert_eq!(key(3, CacheKind::Unified), Some("l3"));
        assert_eq!(key(2, CacheKind::Data), None);
    }
}
