//! Caches: leaves 2 and 4 and 80000006H on Intel, with 80000005H on Zhaoxin and Centaur; 80000005H,
//! 80000006H and 8000001DH on AMD and Hygon.

use super::amd::AMDS_OWN;
use super::writer::Writer;
use super::{CachePart, LowerError, Machine, WhichCache, Why};
use crate::cpuid::field::{self, Field};
use crate::topology::{Cache, CacheKind, CacheList, Caches, Domain, VcpuIndex};

/// The fields of a leaf that lists caches by subleaf. The two leaves have the same form.
struct Leaf {
    number: u32,
    kind: &'static Field,
    level: &'static Field,
    self_init: &'static Field,
    fully_associative: &'static Field,
    sharing: &'static Field,
    line: &'static Field,
    partitions: &'static Field,
    ways: &'static Field,
    sets: &'static Field,
    properties: &'static Field,
}

const LEAF_4: Leaf = Leaf {
    number: 0x4,
    kind: &field::CACHE_TYPE,
    level: &field::CACHE_LEVEL,
    self_init: &field::CACHE_SELF_INIT,
    fully_associative: &field::CACHE_FULLY_ASSOCIATIVE,
    sharing: &field::CACHE_SHARING,
    line: &field::CACHE_LINE,
    partitions: &field::CACHE_PARTITIONS,
    ways: &field::CACHE_WAYS,
    sets: &field::CACHE_SETS,
    properties: &field::CACHE_PROPERTIES,
};

const LEAF_8000001D: Leaf = Leaf {
    number: 0x8000_001d,
    kind: &field::AMD_CACHE_TYPE,
    level: &field::AMD_CACHE_LEVEL,
    self_init: &field::AMD_CACHE_SELF_INIT,
    fully_associative: &field::AMD_CACHE_FULLY_ASSOCIATIVE,
    sharing: &field::AMD_CACHE_SHARING,
    line: &field::AMD_CACHE_LINE,
    partitions: &field::AMD_CACHE_PARTITIONS,
    ways: &field::AMD_CACHE_WAYS,
    sets: &field::AMD_CACHE_SETS,
    properties: &field::AMD_CACHE_PROPERTIES,
};

pub(super) fn write(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    let (vendor, caches) = (machine.processor.vendor, machine.caches);
    if vendor.is_amd_like() {
        if machine.processor.has_topology_extensions() {
            list(&LEAF_8000001D, machine, writer)?;
        }
        l1(caches, writer)?;
        l2(caches, writer, 1, amd_ways)?;
        return l3(caches, writer);
    }
    for field in [&field::L3_SIZE, &field::L3_WAYS, &field::L3_LINES_PER_TAG, &field::L3_LINE] {
        writer.note(field, None, AMDS_OWN);
    }
    descriptors(writer)?;
    list(&LEAF_4, machine, writer)?;
    let layout = machine.numbered.layout();
    let cores = 1_u64 << (layout.shift(Domain::Package).0 - layout.shift(Domain::Core).0);
    for subleaf in 0..longest(caches) {
        let cores = |cache: Option<&Cache>| cache.map_or(0, |_| saturated(&field::CACHE_CORES, cores - 1));
        each_at(caches, subleaf, &field::CACHE_CORES, Why::CoreIds, writer, cores)?;
    }
    if vendor.is_centaur_like() {
        l1(caches, writer)?;
    }
    // 7: leaf 4 tells. Source: SDM, leaf 80000006H.
    l2(caches, writer, u32::from(vendor.is_centaur_like()), |cache| ways_code(cache).unwrap_or(7))
}

/// Why leaf 2 says what it says.
const DESCRIPTORS: Why = Why::Always(
    "leaf 2 sends the reader to leaf 4 for caches, and FEH, which sends it to leaf 18H, is left out",
);

/// Leaf 2 sends the reader to leaf 4 for caches; descriptor FEH would send it to leaf 18H for TLBs,
/// which guests do not get. F0H: 64-byte prefetch.
fn descriptors(writer: &mut Writer<'_>) -> Result<(), LowerError> {
    writer.put(&field::DESCRIPTORS_EAX, None, 0x0000_ff01_u32, DESCRIPTORS)?;
    writer.put(&field::DESCRIPTORS_EBX, None, 0x0000_00f0_u32, DESCRIPTORS)?;
    writer.put(&field::DESCRIPTORS_ECX, None, 0_u32, DESCRIPTORS)?;
    writer.put(&field::DESCRIPTORS_EDX, None, 0_u32, DESCRIPTORS)
}

/// The caches by subleaf, and the end.
///
/// Sharing is the capacity of the ID space on both vendors, a power of two less one. AMD's silicon
/// gives the threads that are there, but Linux takes L1 and L2 siblings from ID modulo that number,
/// and the LLC's ID from a shift by its logarithm, so unlike complexes would collide. Source: Linux
/// `arch/x86/kernel/cpu/cacheinfo.c`.
///
/// A type of core that has fewer caches than another ends earlier.
fn list(leaf: &Leaf, machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    let caches = machine.caches;
    let longest = longest(caches);
    for subleaf in 0..longest {
        let mut put = |field, part, value: &dyn Fn(&Cache) -> u32| {
            let why = Why::Cache(WhichCache::At(subleaf), part);
            each_at(caches, subleaf, field, why, writer, |cache| cache.map_or(0, value))
        };
        put(leaf.kind, CachePart::Existence, &|cache| match cache.kind {
            CacheKind::Data => 1,
            CacheKind::Instruction => 2,
            CacheKind::Unified => 3,
        })?;
        put(leaf.level, CachePart::Existence, &|cache| cache.level.into())?;
        put(leaf.self_init, CachePart::Existence, &|_| 1)?;
        put(leaf.fully_associative, CachePart::FullyAssociative, &|cache| cache.fully_associative.into())?;
        put(leaf.sharing, CachePart::Sharing, &|cache| {
            saturated(leaf.sharing, cache.sharing.shift(machine.numbered).span() - 1)
        })?;
        put(leaf.line, CachePart::Line, &|cache| cache.line - 1)?;
        put(leaf.partitions, CachePart::Partitions, &|cache| cache.partitions - 1)?;
        put(leaf.ways, CachePart::Ways, &|cache| cache.ways - 1)?;
        put(leaf.sets, CachePart::Sets, &|cache| saturated(leaf.sets, cache.sets - 1))?;
        // AMD's leaf has no bit for what Intel calls complex indexing.
        put(leaf.properties, CachePart::Properties, &|cache| cache.properties & leaf.properties.max())?;
    }
    writer.terminate(leaf.number, longest, Why::EndOfCaches)
}

/// The most caches that a type of core has.
fn longest(caches: &Caches) -> u32 {
    let longest = caches.lists.iter().map(|list| list.caches.len()).max();
    u32::try_from(longest.unwrap_or(0)).unwrap_or(u32::MAX)
}

/// The largest value that a field holds stands for all above it, as on real machines.
fn saturated(field: &Field, value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX).min(field.max())
}

/// Writes a field of one subleaf from the cache that each type of core has there.
fn each_at(
    caches: &Caches,
    subleaf: u32,
    field: &'static Field,
    why: Why,
    writer: &mut Writer<'_>,
    value: impl Fn(Option<&Cache>) -> u32,
) -> Result<(), LowerError> {
    let at = usize::try_from(subleaf).unwrap_or(usize::MAX);
    let values: Vec<_> =
        caches.lists.iter().map(|list| (list.core_type, value(list.caches.get(at)))).collect();
    writer.put_by_type(field, Some(subleaf), &values, why)
}

/// Writes a field of a leaf without subleaves from a cache that each type of core may have.
fn each_of(
    caches: &Caches,
    (level, kind): (u8, CacheKind),
    (field, part): (&'static Field, CachePart),
    writer: &mut Writer<'_>,
    value: impl Fn(&Cache) -> u32,
) -> Result<(), LowerError> {
    let find = |list: &CacheList| list.caches.iter().find(|c| (c.level, c.kind) == (level, kind)).copied();
    let why = Why::Cache(WhichCache::Of(level, kind), part);
    if caches.lists.iter().all(|list| find(list).is_none()) {
        // Nothing comes into being for a cache that is not there; beside a TLB its bits are 0.
        writer.note(field, None, why);
        return Ok(());
    }
    let values: Vec<_> =
        caches.lists.iter().map(|list| (list.core_type, find(list).as_ref().map_or(0, &value))).collect();
    writer.put_by_type(field, None, &values, why)
}

/// 80000005H: L1 caches. Ways are a plain number, FFH for full associativity.
fn l1(caches: &Caches, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    let fields = [
        (CacheKind::Data, [&field::L1D_SIZE, &field::L1D_WAYS, &field::L1D_LINES_PER_TAG, &field::L1D_LINE]),
        (
            CacheKind::Instruction,
            [&field::L1I_SIZE, &field::L1I_WAYS, &field::L1I_LINES_PER_TAG, &field::L1I_LINE],
        ),
    ];
    for (kind, [size, ways, lines_per_tag, line]) in fields {
        let mut put = |field, part, value: &dyn Fn(&Cache) -> u32| {
            each_of(caches, (1, kind), (field, part), writer, value)
        };
        put(size, CachePart::Size, &|cache| saturated(size, cache.size() >> 10))?;
        put(ways, CachePart::Ways, &|cache| {
            let is_full = cache.fully_associative || cache.ways > 0xfe;
            if is_full { 0xff } else { cache.ways }
        })?;
        put(lines_per_tag, CachePart::Existence, &|_| 1)?;
        put(line, CachePart::Line, &|cache| saturated(line, cache.line.into()))?;
    }
    Ok(())
}

/// 80000006H ECX: the L2.
fn l2(
    caches: &Caches,
    writer: &mut Writer<'_>,
    lines_per_tag: u32,
    code: impl Fn(&Cache) -> u32,
) -> Result<(), LowerError> {
    let mut put = |field, part, value: &dyn Fn(&Cache) -> u32| {
        each_of(caches, (2, CacheKind::Unified), (field, part), writer, value)
    };
    put(&field::L2_SIZE, CachePart::Size, &|cache| saturated(&field::L2_SIZE, cache.size() >> 10))?;
    put(&field::L2_WAYS, CachePart::Ways, &code)?;
    put(&field::L2_LINES_PER_TAG, CachePart::Existence, &|_| lines_per_tag)?;
    put(&field::L2_LINE, CachePart::Line, &|cache| saturated(&field::L2_LINE, cache.line.into()))
}

/// 80000006H EDX: all of a package's L3 together, on cores that have one. Several instances have no
/// associativity of their own: code 9 sends the reader to 8000001DH, as EPYC does.
fn l3(caches: &Caches, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    let l3 = (3, CacheKind::Unified);
    if caches.each().iter().any(|(_, cache)| cache.level == 3) {
        writer.own(&field::L3_SIZE, None, Why::L3s, |machine, vcpu| {
            let (_, bytes) = l3s(machine, vcpu).map_or((0, 0), |(_, all)| all);
            saturated(&field::L3_SIZE, bytes >> 19)
        })?;
        writer.own(&field::L3_WAYS, None, Why::L3s, |machine, vcpu| match l3s(machine, vcpu) {
            Some((cache, (1, _))) => amd_ways(cache),
            Some(_) => 9,
            None => 0,
        })?;
    } else {
        writer.note(&field::L3_SIZE, None, Why::L3s);
        writer.note(&field::L3_WAYS, None, Why::L3s);
    }
    each_of(caches, l3, (&field::L3_LINES_PER_TAG, CachePart::Existence), writer, |_| 1)?;
    each_of(caches, l3, (&field::L3_LINE, CachePart::Line), writer, |cache| {
        saturated(&field::L3_LINE, cache.line.into())
    })
}

/// The L3 of a vCPU, with the number and bytes of all in its package.
fn l3s<'m>(machine: &Machine<'m>, vcpu: VcpuIndex) -> Option<(&'m Cache, (u64, u64))> {
    let list = machine.caches.of(machine.topology.core_type(vcpu));
    let cache = list.iter().find(|cache| cache.level == 3)?;
    Some((cache, machine.caches.l3s(machine.topology.place(vcpu).index(Domain::Package))))
}

/// Associativity as 80000006H encodes it on AMD; 9 for what the code cannot say, which is then
/// 8000001DH's to tell. Source: APM, `Fn8000_0006_ECX`.
fn amd_ways(cache: &Cache) -> u32 {
    ways_code(cache).unwrap_or(match cache.ways {
        3 => 3,
        6 => 5,
        _ => 9,
    })
}

/// The codes that both vendors share.
fn ways_code(cache: &Cache) -> Option<u32> {
    if cache.fully_associative {
        return Some(0xf);
    }
    Some(match cache.ways {
        1 => 1,
        2 => 2,
        4 => 4,
        8 => 6,
        16 => 8,
        32 => 0xa,
        48 => 0xb,
        64 => 0xc,
        96 => 0xd,
        128 => 0xe,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuid::CpuidTable;
    use crate::cpuid::field::Owner;
    use crate::topology::{CacheOrigin, Sharing};

    fn cache(level: u8, kind: CacheKind, ways: u32) -> Cache {
        Cache {
            level,
            kind,
            line: 64,
            partitions: 1,
            ways,
            sets: 64,
            size: 64 * 64 * u64::from(ways),
            fully_associative: false,
            properties: 0,
            sharing: Sharing::Domain(Domain::Core),
            origin: CacheOrigin::Host,
        }
    }

    /// Source: APM volume 3, `Fn8000_0006_ECX`; SDM, leaf 80000006H, which knows fewer.
    #[test]
    fn ways_as_either_vendor_encodes_them() {
        let both =
            [(1, 1), (2, 2), (4, 4), (8, 6), (16, 8), (32, 10), (48, 11), (64, 12), (96, 13), (128, 14)];
        for (ways, code) in both {
            let cache = cache(2, CacheKind::Unified, ways);
            assert_eq!((ways_code(&cache), amd_ways(&cache)), (Some(code), code), "{ways} ways");
        }
        for (ways, code) in [(3, 3), (6, 5), (5, 9), (7, 9), (20, 9)] {
            let cache = cache(2, CacheKind::Unified, ways);
            assert_eq!((ways_code(&cache), amd_ways(&cache)), (None, code), "{ways} ways");
        }
        let full = Cache { fully_associative: true, ..cache(2, CacheKind::Unified, 3) };
        assert_eq!((ways_code(&full), amd_ways(&full)), (Some(15), 15));
    }

    /// FFH is full associativity, so 255 ways cannot be told from it. Source: APM volume 3, `Fn8000_0005`.
    #[test]
    fn l1_ways_are_a_number_up_to_254() {
        let told = |cache: Cache| {
            let mut table = CpuidTable::new();
            let mut alone = Caches::default();
            alone.lists.push(CacheList { core_type: None, caches: vec![cache] });
            l1(&alone, &mut Writer::new(&mut table, Owner::Caches)).unwrap();
            table.lookup(0x8000_0005, 0).ecx
        };
        let l1d = |ways| cache(1, CacheKind::Data, ways);
        assert_eq!(told(l1d(8)), 32 << 24 | 8 << 16 | 0x140);
        assert_eq!(told(Cache { size: 32 << 10, ..l1d(254) }), 32 << 24 | 254 << 16 | 0x140);
        assert_eq!(told(Cache { size: 32 << 10, ..l1d(255) }), 32 << 24 | 0xff << 16 | 0x140);
        assert_eq!(told(Cache { fully_associative: true, ..l1d(8) }), 32 << 24 | 0xff << 16 | 0x140);
    }
}
