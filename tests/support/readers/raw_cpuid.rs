//! The crate raw-cpuid, in process. It panics on leaf 0x1F's die groups, and then refuses the machine.

use raw_cpuid::{CacheType, CpuId, CpuIdReader, CpuIdResult, HierarchyLevelType, TopologyType};

use super::{Property, Reading, Said, Value, by_vcpu, group, or_none, ranges};
use crate::support::words::Entry;

/// A table that answers as KVM answers from it.
#[derive(Clone)]
struct Table<'a>(&'a [Entry]);

impl CpuIdReader for Table<'_> {
    fn cpuid2(&self, leaf: u32, subleaf: u32) -> CpuIdResult {
        let found = self.0.iter().find(|e| e.leaf == leaf && e.subleaf.is_none_or(|s| s == subleaf));
        let [eax, ebx, ecx, edx] = found.map_or([0; 4], |entry| entry.words);
        CpuIdResult { eax, ebx, ecx, edx }
    }
}

/// What one CPU says of itself.
#[derive(Default)]
struct Cpu {
    /// Its ID, and in each place where it stands whether it is the same.
    id: u32,
    ids_agree: bool,
    /// Bits of the ID below one of it, where a leaf gives it.
    shifts: Said<u32>,
    /// Numbers of a level's threads.
    counts: Said<u32>,
    /// Bytes of a cache.
    sizes: Said<u64>,
    /// AMD's node, and the nodes of a package.
    node: Option<(u8, u8)>,
    /// AMD's core within the package: the shift of the package, and the core's number.
    core: Option<(u32, u8)>,
}

/// Leaves 0xB and 0x1F: a level's shift drops what lies below the next level outward. The last one is
/// the package's.
fn levels(levels: impl Iterator<Item = raw_cpuid::ExtendedTopologyLevel>, cpu: &mut Cpu) {
    let levels: Vec<_> = levels.collect();
    for (at, level) in levels.iter().enumerate() {
        let outward = match levels.get(at + 1).map(raw_cpuid::ExtendedTopologyLevel::level_type) {
            None => Property::Packages,
            Some(TopologyType::Core) => Property::Cores,
            Some(TopologyType::Module) => Property::Modules,
            Some(TopologyType::Tile) => Property::Tiles,
            Some(TopologyType::Die) => Property::Dies,
            Some(other) => panic!("{other:?}"),
        };
        cpu.shifts.push((outward, level.shift_right_for_next_apic_id()));
        cpu.ids_agree &= level.x2apic_id() == cpu.id;
        if outward != Property::Cores {
            cpu.counts.push((outward, level.processors().into()));
        } else {
            cpu.counts.push((Property::Threads, level.processors().into()));
        }
    }
}

fn one(table: &[Entry]) -> Cpu {
    let cpuid = CpuId::with_cpuid_reader(Table(table));
    let mut cpu = Cpu { ids_agree: true, ..Cpu::default() };
    let features = cpuid.get_feature_info().unwrap();
    let initial = u32::from(features.initial_local_apic_id());
    // Processors before Zen do not have leaf 0xB.
    let basic = cpuid.get_extended_topology_info();
    cpu.id = basic.clone().and_then(|mut levels| levels.next()).map_or(initial, |level| level.x2apic_id());
    cpu.ids_agree &= initial == cpu.id & 0xff;
    levels(basic.into_iter().flatten(), &mut cpu);
    if let Some(second) = cpuid.get_extended_topology_info_v2() {
        levels(second, &mut cpu);
    }
    for level in cpuid.get_extended_cpu_topology().into_iter().flatten() {
        let property = match level.level_type() {
            HierarchyLevelType::Core => Property::Cores,
            HierarchyLevelType::Complex => Property::Complexes,
            HierarchyLevelType::Die => Property::Dies,
            HierarchyLevelType::Socket => Property::Packages,
            _ => panic!("80000026H: an unknown level"),
        };
        cpu.shifts.push((property, level.mask_width().into()));
        cpu.ids_agree &= level.extended_apic_id() == cpu.id;
        let counted = if property == Property::Cores { Property::Threads } else { property };
        cpu.counts.push((counted, level.num_logical_processors().into()));
    }
    // The crate takes Hygon for AMD, and gives this leaf for no other vendor.
    let is_amd = cpuid.get_l1_cache_and_tlb_info().is_some();
    let package_ids = u32::from(features.max_logical_processor_ids());
    if is_amd {
        cpu.counts.push((Property::Packages, package_ids));
    } else {
        cpu.shifts.push((Property::Packages, package_ids.next_power_of_two().trailing_zeros()));
    }
    let mut windows = Vec::new();
    for cache in cpuid.get_cache_parameters().into_iter().flatten() {
        let property = match (cache.level(), cache.cache_type()) {
            (1, CacheType::Data) => Property::L1d,
            (1, CacheType::Instruction) => Property::L1i,
            (2, CacheType::Unified) => Property::L2,
            (3, CacheType::Unified) => Property::L3,
            other => panic!("{other:?}"),
        };
        // Intel's windows are powers of two; AMD's counts are rounded up to one (APM, 8000001DH).
        let window = u32::try_from(cache.max_cores_for_cache()).unwrap().next_power_of_two();
        cpu.shifts.push((property, window.trailing_zeros()));
        // Intel's IDs for the cores of a package are a window too; it ends at 64, which then says nothing.
        let cores = u32::try_from(cache.max_cores_for_package()).unwrap();
        if !is_amd && cores < 64 {
            let core = cpu.shifts.iter().find(|(property, _)| *property == Property::Cores).unwrap().1;
            windows.push((Property::Packages, cores.next_power_of_two().trailing_zeros() + core));
        }
        let parts = [
            cache.associativity(),
            cache.physical_line_partitions(),
            cache.coherency_line_size(),
            cache.sets(),
        ];
        cpu.sizes.push((property, parts.into_iter().map(|n| u64::try_from(n).unwrap()).product()));
    }
    // Each cache says it, and not all cores have the same caches.
    windows.dedup();
    cpu.shifts.extend(windows);
    if let Some(l1) = cpuid.get_l1_cache_and_tlb_info() {
        cpu.sizes.push((Property::L1d, u64::from(l1.dcache_size()) * 1024));
        cpu.sizes.push((Property::L1i, u64::from(l1.icache_size()) * 1024));
    }
    if let Some(l2) = cpuid.get_l2_l3_cache_and_tlb_info().filter(|_| is_amd) {
        cpu.sizes.push((Property::L2, u64::from(l2.l2cache_size()) * 1024));
        // It is of all L3s of a package, which without leaf 0x8000001D is one.
        if !cpu.sizes.iter().any(|(cache, _)| *cache == Property::L3) && l2.l3cache_size() > 0 {
            cpu.sizes.push((Property::L3, u64::from(l2.l3cache_size()) * 512 * 1024));
        }
    }
    let Some(sizes) = cpuid.get_processor_capacity_feature_info().filter(|_| is_amd) else { return cpu };
    let package = u32::from(sizes.apic_id_size());
    cpu.shifts.push((Property::Packages, package));
    cpu.counts.push((Property::Packages, u32::try_from(sizes.num_phys_threads()).unwrap()));
    if let Some(own) = cpuid.get_processor_topology_info() {
        cpu.ids_agree &= own.x2apic_id() == cpu.id;
        cpu.node = Some((own.node_id(), own.nodes_per_processor()));
        cpu.core = Some((package, own.core_id()));
        cpu.counts.push((Property::Threads, own.threads_per_core().into()));
    }
    cpu
}

/// What raw-cpuid makes of the tables.
pub fn read(tables: &[Vec<Entry>]) -> Reading {
    let read = || tables.iter().map(|table| one(table)).collect();
    let Ok(cpus): Result<Vec<Cpu>, _> = std::panic::catch_unwind(read) else {
        return Property::ALL.into_iter().map(|property| (property, vec![Value::Refused])).collect();
    };
    let mut reading = Reading::new();
    let mut say = |property, value| reading.entry(property).or_default().push(value);
    for (property, shifts) in by_vcpu(&cpus, |cpu| &cpu.shifts) {
        say(property, Value::Sets(ranges(cpus.iter().map(|cpu| cpu.id), &shifts)));
    }
    for (property, counts) in by_vcpu(&cpus, |cpu| &cpu.counts) {
        say(property, Value::Counts(or_none(counts)));
    }
    for (property, sizes) in by_vcpu(&cpus, |cpu| &cpu.sizes) {
        say(property, Value::Sizes(or_none(sizes)));
    }
    if cpus[0].node.is_some() {
        say(Property::Nodes, Value::Sets(group(cpus.iter().map(|cpu| cpu.node))));
        let nodes = cpus.iter().filter_map(|cpu| cpu.node).map(|(_, nodes)| nodes.into());
        say(Property::Nodes, Value::Instances(nodes.collect()));
        let core = |cpu: &Cpu| cpu.core.map(|(package, core)| (cpu.id >> package, core));
        say(Property::Cores, Value::Sets(group(cpus.iter().map(core))));
    }
    let ids: Vec<u32> = cpus.iter().map(|cpu| cpu.id).collect();
    say(Property::Threads, Value::Sets(group(&ids)));
    let agree = cpus.iter().all(|cpu| cpu.ids_agree);
    say(Property::Ids, Value::Ids(if agree { ids } else { Vec::new() }));
    reading
}
