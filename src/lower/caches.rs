//! Caches: leaves 2 and 4 and 80000006H on Intel, with 80000005H on Zhaoxin and Centaur; 80000005H,
//! 80000006H and 8000001DH on AMD and Hygon.

use super::writer::Writer;
use super::{LowerError, Machine};
use crate::cpuid::field::{self, Field};
use crate::topology::{Cache, CacheKind, Domain, VcpuIndex, instances};

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
        return l3(machine, writer);
    }
    descriptors(writer)?;
    list(&LEAF_4, machine, writer)?;
    let layout = machine.numbered.layout();
    let cores = 1_u64 << (layout.shift(Domain::Package).0 - layout.shift(Domain::Core).0);
    for subleaf in subleaves(caches) {
        writer.put_saturating(&field::CACHE_CORES, Some(subleaf), cores - 1)?;
    }
    if vendor.is_centaur_like() {
        l1(caches, writer)?;
    }
    // 7: leaf 4 tells. Source: SDM, leaf 80000006H.
    l2(caches, writer, u32::from(vendor.is_centaur_like()), |cache| ways_code(cache).unwrap_or(7))
}

/// Leaf 2 sends the reader to leaf 4 for caches; descriptor FEH would send it to leaf 18H for TLBs,
/// which guests do not get. F0H: 64-byte prefetch.
fn descriptors(writer: &mut Writer<'_>) -> Result<(), LowerError> {
    writer.put(&field::DESCRIPTORS_EAX, None, 0x0000_ff01_u32)?;
    writer.put(&field::DESCRIPTORS_EBX, None, 0x0000_00f0_u32)?;
    writer.put(&field::DESCRIPTORS_ECX, None, 0_u32)?;
    writer.put(&field::DESCRIPTORS_EDX, None, 0_u32)
}

/// The caches by subleaf, and the end.
///
/// Sharing is the capacity of the ID space on both vendors, a power of two less one. AMD's silicon
/// gives the threads that are there, but Linux takes L1 and L2 siblings from ID modulo that number,
/// and the LLC's ID from a shift by its logarithm, so unlike complexes would collide. Source: Linux
/// `arch/x86/kernel/cpu/cacheinfo.c`.
fn list(leaf: &Leaf, machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    for (subleaf, cache) in subleaves(machine.caches).zip(machine.caches) {
        let at = Some(subleaf);
        let kind: u32 = match cache.kind {
            CacheKind::Data => 1,
            CacheKind::Instruction => 2,
            CacheKind::Unified => 3,
        };
        writer.put(leaf.kind, at, kind)?;
        writer.put(leaf.level, at, cache.level)?;
        writer.put(leaf.self_init, at, 1_u32)?;
        writer.put(leaf.fully_associative, at, u32::from(cache.fully_associative))?;
        let span = cache.sharing.shift(machine.numbered).span();
        writer.put_saturating(leaf.sharing, at, span - 1)?;
        writer.put(leaf.line, at, u64::from(cache.line) - 1)?;
        writer.put(leaf.partitions, at, u64::from(cache.partitions) - 1)?;
        writer.put(leaf.ways, at, u64::from(cache.ways) - 1)?;
        writer.put(leaf.sets, at, cache.sets - 1)?;
        writer.put_truncated(leaf.properties, at, cache.properties)?;
    }
    let end = subleaves(machine.caches).last().map_or(0, |last| last + 1);
    writer.terminate(leaf.number, end)
}

fn subleaves(caches: &[Cache]) -> impl Iterator<Item = u32> + use<> {
    0..u32::try_from(caches.len()).unwrap_or(u32::MAX)
}

fn find(caches: &[Cache], level: u8, kind: CacheKind) -> Option<&Cache> {
    caches.iter().find(|c| (c.level, c.kind) == (level, kind))
}

/// 80000005H: L1 caches. Ways are a plain number, FFH for full associativity.
fn l1(caches: &[Cache], writer: &mut Writer<'_>) -> Result<(), LowerError> {
    let fields = [
        (CacheKind::Data, [&field::L1D_SIZE, &field::L1D_WAYS, &field::L1D_LINES_PER_TAG, &field::L1D_LINE]),
        (
            CacheKind::Instruction,
            [&field::L1I_SIZE, &field::L1I_WAYS, &field::L1I_LINES_PER_TAG, &field::L1I_LINE],
        ),
    ];
    for (kind, [size, ways, lines_per_tag, line]) in fields {
        if let Some(cache) = find(caches, 1, kind) {
            writer.put_saturating(size, None, cache.size() >> 10)?;
            let full = cache.fully_associative || cache.ways > 0xfe;
            writer.put(ways, None, if full { 0xff } else { cache.ways })?;
            writer.put(lines_per_tag, None, 1_u32)?;
            writer.put_saturating(line, None, u64::from(cache.line))?;
        }
    }
    Ok(())
}

/// 80000006H ECX: the L2.
fn l2(
    caches: &[Cache],
    writer: &mut Writer<'_>,
    lines_per_tag: u32,
    code: impl Fn(&Cache) -> u32,
) -> Result<(), LowerError> {
    if let Some(cache) = find(caches, 2, CacheKind::Unified) {
        writer.put_saturating(&field::L2_SIZE, None, cache.size() >> 10)?;
        writer.put(&field::L2_WAYS, None, code(cache))?;
        writer.put(&field::L2_LINES_PER_TAG, None, lines_per_tag)?;
        writer.put_saturating(&field::L2_LINE, None, u64::from(cache.line))?;
    }
    Ok(())
}

/// 80000006H EDX: all of a package's L3 together. Several instances have no associativity of their
/// own: code 9 sends the reader to 8000001DH, as EPYC does.
fn l3(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    if let Some(cache) = find(machine.caches, 3, CacheKind::Unified) {
        writer.own(&field::L3_SIZE, None, l3_size)?;
        writer.own(&field::L3_WAYS, None, l3_ways)?;
        writer.put(&field::L3_LINES_PER_TAG, None, 1_u32)?;
        writer.put_saturating(&field::L3_LINE, None, u64::from(cache.line))?;
    }
    Ok(())
}

fn l3_size(machine: &Machine<'_>, vcpu: VcpuIndex) -> u32 {
    let l3 = find(machine.caches, 3, CacheKind::Unified);
    let units = l3.map_or(0, |cache| cache.size().saturating_mul(l3s(machine, vcpu, cache)) >> 19);
    u32::try_from(units).unwrap_or(u32::MAX).min(field::L3_SIZE.max())
}

fn l3_ways(machine: &Machine<'_>, vcpu: VcpuIndex) -> u32 {
    let l3 = find(machine.caches, 3, CacheKind::Unified);
    l3.map_or(0, |cache| if l3s(machine, vcpu, cache) > 1 { 9 } else { amd_ways(cache) })
}

fn l3s(machine: &Machine<'_>, vcpu: VcpuIndex, l3: &Cache) -> u64 {
    instances(machine.topology, machine.numbered, vcpu, l3.sharing)
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
            l1(&[cache], &mut Writer::new(&mut table, Owner::Caches)).unwrap();
            table.lookup(0x8000_0005, 0).ecx
        };
        let l1d = |ways| cache(1, CacheKind::Data, ways);
        assert_eq!(told(l1d(8)), 32 << 24 | 8 << 16 | 0x140);
        assert_eq!(told(Cache { size: 32 << 10, ..l1d(254) }), 32 << 24 | 254 << 16 | 0x140);
        assert_eq!(told(Cache { size: 32 << 10, ..l1d(255) }), 32 << 24 | 0xff << 16 | 0x140);
        assert_eq!(told(Cache { fully_associative: true, ..l1d(8) }), 32 << 24 | 0xff << 16 | 0x140);
    }
}
