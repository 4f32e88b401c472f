//! The host's caches, and the domain that each belongs to.

use super::{HostProfile, PreparedHost, answers};
use crate::cpuid::Vendor;
use crate::decode::{self, CacheKind as DecodedKind, Domain as DecodedDomain};
use crate::topology::{Cache, CacheKind, CacheOrigin, CoreType, Domain, HostCache, Sharing};

impl HostProfile {
    /// The caches of the first CPU of each type of core, by level; empty where the profile has no CPUID at all.
    ///
    /// A cache belongs to the domain whose threads share one instance. Without the CPUs' own CPUID
    /// there is no sharing set to compare: KVM's table has the widths of one CPU alone, so the
    /// usual domain of each level stands in.
    #[must_use]
    pub fn caches(&self) -> Vec<HostCache> {
        PreparedHost::new(self).caches().to_vec()
    }
}

/// As [`HostProfile::caches`].
pub(super) fn of(host: &PreparedHost<'_>) -> Vec<HostCache> {
    let Some(Ok(vendor)) = host.vendor() else { return Vec::new() };
    let has_own = host.cpus.is_some();
    let kvms;
    let machine = if has_own {
        host.machine()
    } else {
        let table = host.kvm.as_ref().and_then(|kvm| kvm.supported_cpuid.as_ref());
        kvms = decode::part_of_machine(&table.map(answers).into_iter().collect::<Vec<_>>());
        &kvms
    };
    let mut types = Vec::new();
    let mut caches = Vec::new();
    for (index, cpu) in machine.cpus.iter().enumerate() {
        let core_type = cpu.core_type.and_then(core_type);
        if types.contains(&core_type) {
            continue;
        }
        types.push(core_type);
        caches.extend(cpu.caches.iter().filter_map(|cache| {
            let belongs_to = if has_own {
                belongs_to(machine, index, cache, vendor)
            } else {
                usual(cache.name.level, vendor)
            };
            let cores = has_own.then(|| cores(machine, index, cache));
            Some(HostCache { cache: plain(cache, belongs_to)?, belongs_to, cores, core_type })
        }));
    }
    caches
}

/// The domain whose partition is the cache's. Where several are (one die in a package, one core in
/// all), the inner levels take the innermost, an L3 the outermost, which is what it would still be
/// if the host were larger; but AMD's L3 is the complex by definition.
///
/// Where none is, the innermost domain that holds a whole sharing set; but where leaves name no modules,
/// cores that share an L2 are one, as Raptor Lake's efficiency cores are, and on Zhaoxin and Centaur those
/// that share an L3 a complex.
fn belongs_to(machine: &decode::Machine, cpu: usize, cache: &decode::Cache, vendor: Vendor) -> Domain {
    let Some(sharers) = sharers(machine, cpu, cache) else { return usual(cache.name.level, vendor) };
    if cache.name.level == 2 && !vendor.is_amd_like() && is_of_module(machine, cache) {
        return Domain::Module;
    }
    let last_level = cache.name.level >= 3;
    let mut equal = Vec::new();
    let mut around = None;
    for (decoded, partition) in &machine.domains {
        let domain = domain(*decoded);
        let around_cpu = partition.iter().find(|unit| holds(unit, cpu));
        let Some(unit) = around_cpu.filter(|_| domain >= Domain::Core) else { continue };
        if unit == sharers {
            equal.push(domain);
        } else if unit.len() > sharers.len() && around.is_none_or(|outer| domain < outer) {
            around = Some(domain);
        }
    }
    let found = if last_level && vendor.is_amd_like() && equal.contains(&Domain::Complex) {
        Some(Domain::Complex)
    } else if last_level {
        equal.iter().max().copied()
    } else {
        // A module of one core, whose L2 it is where other modules have several: by as many IDs.
        let is_window = |domain: &&Domain| {
            let cpu = machine.cpus.get(cpu);
            let shifts = cpu.map(|cpu| cpu.shifts.as_slice()).unwrap_or_default();
            shifts.iter().any(|s| self::domain(s.domain) == **domain && Some(s.shift) == cache.shift())
        };
        equal.iter().filter(is_window).min().or(equal.iter().min()).copied()
    };
    let group = match cache.name.level {
        3 if vendor.is_centaur_like() && around.is_some() => Some(Domain::Complex),
        _ => around,
    };
    found.or(group).unwrap_or(usual(cache.name.level, vendor))
}

/// Whether cores that no domain tells apart share an L2 of as many IDs: that of a core alone, such as
/// Raptor Lake's performance cores, is then a module of one core.
fn is_of_module(machine: &decode::Machine, cache: &decode::Cache) -> bool {
    machine.cpus.iter().enumerate().any(|(cpu, other)| {
        let alike = |c: &&decode::Cache| c.name == cache.name && c.shift() == cache.shift();
        let shared = other.caches.iter().find(alike).and_then(|cache| sharers(machine, cpu, cache));
        shared.is_some_and(|shared| machine.domains.values().all(|units| !units.contains(shared)))
    })
}

/// The CPUs that share a CPU's instance of a cache.
fn sharers<'m>(
    machine: &'m decode::Machine,
    cpu: usize,
    cache: &decode::Cache,
) -> Option<&'m decode::CpuSet> {
    let instances = machine.caches.get(&cache.name)?;
    instances.iter().map(|shared| &shared.cpus).find(|cpus| holds(cpus, cpu))
}

fn holds(cpus: &decode::CpuSet, cpu: usize) -> bool {
    cpus.as_slice().binary_search(&cpu).is_ok()
}

/// The types that a spec can name.
const fn core_type(decoded: decode::CoreType) -> Option<CoreType> {
    match decoded {
        decode::CoreType::Performance => Some(CoreType::Performance),
        decode::CoreType::Efficiency => Some(CoreType::Efficiency),
        decode::CoreType::LowPower | decode::CoreType::Other(_) => None,
    }
}

/// How many cores share a CPU's instance of a cache.
fn cores(machine: &decode::Machine, cpu: usize, cache: &decode::Cache) -> u32 {
    let sharers = sharers(machine, cpu, cache).map(decode::CpuSet::as_slice).unwrap_or_default();
    let inside = |core: &&decode::CpuSet| {
        core.as_slice().first().is_some_and(|cpu| sharers.binary_search(cpu).is_ok())
    };
    let count = machine.sets(DecodedDomain::Core).iter().filter(inside).count();
    u32::try_from(count.max(1)).unwrap_or(u32::MAX)
}

/// Where a cache of this level usually lies.
const fn usual(level: u32, vendor: Vendor) -> Domain {
    match (level, vendor) {
        (..=2, _) => Domain::Core,
        (_, Vendor::Amd | Vendor::Hygon) => Domain::Complex,
        (_, Vendor::Intel | Vendor::Zhaoxin | Vendor::Centaur) => Domain::Die,
    }
}

/// A decoded cache in the words of the resolved model.
fn plain(cache: &decode::Cache, belongs_to: Domain) -> Option<Cache> {
    let kind = match cache.name.kind {
        DecodedKind::Data => CacheKind::Data,
        DecodedKind::Instruction => CacheKind::Instruction,
        DecodedKind::Unified => CacheKind::Unified,
        DecodedKind::Reserved(_) => return None,
    };
    // 80000006H does not give the ways of a fully associative cache, and of one whose associativity
    // another leaf is to tell: without them it is no cache that a guest could be told of.
    if cache.ways == 0 {
        return None;
    }
    let properties = u32::from(cache.wbinvd_excludes_sharers)
        | u32::from(cache.inclusive) << 1
        | u32::from(cache.complex_indexing) << 2;
    Some(Cache {
        level: u8::try_from(cache.name.level).ok()?,
        kind,
        line: cache.line,
        partitions: cache.partitions,
        ways: cache.ways,
        sets: cache.sets,
        size: cache.size,
        fully_associative: cache.fully_associative,
        properties,
        sharing: Sharing::Domain(belongs_to),
        origin: CacheOrigin::Host,
    })
}

const fn domain(decoded: DecodedDomain) -> Domain {
    match decoded {
        DecodedDomain::Thread => Domain::Thread,
        DecodedDomain::Core => Domain::Core,
        DecodedDomain::Module => Domain::Module,
        DecodedDomain::Tile => Domain::Tile,
        DecodedDomain::Complex => Domain::Complex,
        DecodedDomain::Die => Domain::Die,
        DecodedDomain::DieGroup => Domain::DieGroup,
        DecodedDomain::Package => Domain::Package,
    }
}
