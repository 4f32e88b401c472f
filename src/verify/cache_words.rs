//! Caches beside their partitions: the flags of the leaf that lists them, and the summaries of 80000005H and
//! 80000006H.

use std::collections::{HashMap, HashSet};

use crate::cpuid::Vendor;
use crate::decode::{self, Answers};
use crate::lower::Machine;
use crate::topology::{Cache, CacheKind, Domain, Sharing, VcpuIndex};

/// What each vCPU reads of its caches otherwise than was meant.
pub(super) fn differences(
    machine: &Machine<'_>,
    tables: &[Answers],
    decoded: &decode::Machine,
    differences: &mut Vec<String>,
) {
    let l3s = l3s(machine);
    for ((vcpu, table), cpu) in machine.topology.vcpus().zip(tables).zip(&decoded.cpus) {
        let caches = machine.caches.of(machine.topology.core_type(vcpu));
        flags(machine, caches, vcpu, cpu, differences);
        let package = machine.topology.place(vcpu).index(Domain::Package);
        summary(machine, caches, l3s.get(&package).copied().unwrap_or_default(), vcpu, table, differences);
    }
}

/// The properties of each cache that its partition does not show.
fn flags(
    machine: &Machine<'_>,
    caches: &[Cache],
    vcpu: VcpuIndex,
    cpu: &decode::Cpu,
    differences: &mut Vec<String>,
) {
    let read = cpu.caches.iter().map(|c| {
        let properties = u32::from(c.wbinvd_excludes_sharers)
            | u32::from(c.inclusive) << 1
            | u32::from(c.complex_indexing) << 2;
        (c.name.level, c.self_initializing, c.fully_associative, properties, c.partitions, c.share_field)
    });
    // Bit 2 is leaf 4's alone.
    let mask = if machine.processor.vendor.is_amd_like() { 3 } else { 7 };
    let meant = caches.iter().map(|c| {
        let level = c.level.into();
        if machine.processor.tells_sets() {
            (level, true, c.fully_associative, c.properties & mask, c.partitions, Some(share(machine, c)))
        } else {
            // 80000005H and 80000006H have none of these.
            (level, false, false, 0, 1, None)
        }
    });
    if !read.clone().eq(meant.clone()) {
        let [read, meant] = [Vec::from_iter(read), Vec::from_iter(meant)];
        differences.push(format!("cache properties of vCPU {vcpu}: read {read:?}, meant {meant:?}"));
    }
}

/// The share field: all IDs of the sharing set's part of the space, used or not, as far as 12 bits go.
fn share(machine: &Machine<'_>, cache: &Cache) -> u32 {
    saturate(cache.sharing.shift(machine.numbered).span() - 1, 12)
}

/// By package: how many L3s its vCPUs have, and the bytes of all.
fn l3s(machine: &Machine<'_>) -> HashMap<u32, (u64, u64)> {
    let mut seen = HashSet::new();
    let mut packages: HashMap<u32, (u64, u64)> = HashMap::new();
    for vcpu in machine.topology.vcpus() {
        let caches = machine.caches.of(machine.topology.core_type(vcpu));
        let Some(l3) = caches.iter().find(|cache| cache.level == 3) else { continue };
        let place = machine.topology.place(vcpu);
        let package = place.index(Domain::Package);
        // Its instance by the indices of all domains that hold it.
        let instance: Vec<u32> = match l3.sharing {
            Sharing::AmdNode => vec![package, machine.numbered.amd_nodes().local(vcpu)],
            Sharing::Domain(shared_by) => {
                Domain::ALL.into_iter().filter(|d| *d >= shared_by).map(|d| place.index(d)).collect()
            }
        };
        if seen.insert(instance) {
            let (count, bytes) = packages.entry(package).or_default();
            *count += 1;
            *bytes = bytes.saturating_add(l3.size());
        }
    }
    packages
}

/// 80000005H and 80000006H against the caches. Source: APM, `Fn8000_0005` and `Fn8000_0006`; SDM,
/// leaf 80000006H.
fn summary(
    machine: &Machine<'_>,
    caches: &[Cache],
    (l3s, l3_bytes): (u64, u64),
    vcpu: VcpuIndex,
    table: &Answers,
    differences: &mut Vec<String>,
) {
    let find = |level, kind| caches.iter().find(|c| (c.level, c.kind) == (level, kind));
    let amd = machine.processor.vendor.is_amd_like();
    let intel = machine.processor.vendor == Vendor::Intel;
    let [_, _, l1d, l1i] = table.get(0x8000_0005, 0);
    let [_, _, l2, l3] = table.get(0x8000_0006, 0);
    let l1 = |cache: &Cache| {
        let ways = if cache.fully_associative { 0xff } else { cache.ways.min(0xff) };
        saturate(cache.size() >> 10, 8) << 24 | ways << 16 | 1 << 8 | cache.line.min(0xff)
    };
    let mut expect = |name: &str, read: u32, meant: u32| {
        if read != meant {
            differences.push(format!("{name} of vCPU {vcpu}: read {read:#010x}, meant {meant:#010x}"));
        }
    };
    expect("80000005H ECX", l1d, find(1, CacheKind::Data).filter(|_| !intel).map_or(0, l1));
    expect("80000005H EDX", l1i, find(1, CacheKind::Instruction).filter(|_| !intel).map_or(0, l1));
    let meant = find(2, CacheKind::Unified).map_or(0, |cache| {
        let code = ways_code(cache, amd);
        saturate(cache.size() >> 10, 16) << 16 | code << 12 | u32::from(!intel) << 8 | cache.line.min(0xff)
    });
    expect("80000006H ECX", l2, meant);
    let meant = find(3, CacheKind::Unified).filter(|_| amd).map_or(0, |cache| {
        let code = if l3s > 1 { 9 } else { ways_code(cache, amd) };
        saturate(l3_bytes >> 19, 14) << 18 | code << 12 | 1 << 8 | cache.line.min(0xff)
    });
    expect("80000006H EDX", l3, meant);
}

fn saturate(value: u64, bits: u32) -> u32 {
    let max = (1_u32 << bits) - 1;
    u32::try_from(value).unwrap_or(max).min(max)
}

fn ways_code(cache: &Cache, amd: bool) -> u32 {
    const CODES: [(u32, u32); 10] =
        [(1, 1), (2, 2), (4, 4), (8, 6), (16, 8), (32, 10), (48, 11), (64, 12), (96, 13), (128, 14)];
    match (cache.fully_associative, cache.ways, amd) {
        (true, ..) => 15,
        (_, 3, true) => 3,
        (_, 6, true) => 5,
        (_, ways, amd) => {
            let code = CODES.iter().find(|(n, _)| *n == ways).map(|(_, code)| *code);
            code.unwrap_or(if amd { 9 } else { 7 })
        }
    }
}
