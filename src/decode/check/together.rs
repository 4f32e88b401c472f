//! Between the tables of one machine.

use std::collections::{BTreeMap, HashMap};

use super::coordinate;
use crate::decode::bits::{bits, block, ceil_log2};
use crate::decode::cache::{Cache, CacheName};
use crate::decode::cpu::Cpu;
use crate::decode::domain::Domain;
use crate::decode::finding::{Finding, FindingKind};
use crate::decode::machine::{Machine, group};
use crate::decode::rows::Row;

/// The findings that no table shows alone. `whole`: the tables are those of every vCPU of the machine.
pub(in crate::decode) fn together(machine: &Machine, whole: bool, found: &mut Vec<Finding>) {
    let cpus = &machine.cpus;
    apic_ids(machine, found);
    alike(machine, found);
    cache_views(machine, found);
    core_types(cpus, found);
    if whole {
        populations(machine, found);
        node_ids(machine, found);
        l3_totals(machine, found);
    }
}

fn apic_ids(machine: &Machine, found: &mut Vec<Finding>) {
    let cpus = &machine.cpus;
    for twins in group(cpus.iter().map(|cpu| Some(cpu.x2apic_id))) {
        if let [first, _, ..] = twins.as_slice()
            && let Some(cpu) = cpus.get(*first)
        {
            let message =
                format!("{} {}s have x2APIC ID {:#x}", twins.len(), machine.names.word(), cpu.x2apic_id);
            found.push(Finding::of(FindingKind::ApicIdTwice, message, twins));
        }
    }
}

/// Vendor, signature, shifts and types are the machine's, not the vCPU's (SDM, scope of leaves 01H, 0BH, 1FH).
fn alike(machine: &Machine, found: &mut Vec<Finding>) {
    let first_name = format!("{} {}", machine.names.word(), machine.names.number(0));
    let Some((first, rest)) = machine.cpus.split_first() else { return };
    let shape = |row: &Row| (row.leaf, row.subleaf, row.kind, row.shift);
    for (index, cpu) in (1..).zip(rest) {
        if (&cpu.vendor, cpu.signature) != (&first.vendor, first.signature) {
            let message = format!("vendor or signature is not {first_name}'s");
            found.push(Finding::of(FindingKind::SignatureDiffers, message, [index]));
        }
        if !cpu.rows.iter().map(shape).eq(first.rows.iter().map(shape))
            || cpu
                .shifts
                .iter()
                .map(|s| (s.domain, s.shift))
                .ne(first.shifts.iter().map(|s| (s.domain, s.shift)))
        {
            let message = format!("types or shifts of the topology leaves are not {first_name}'s");
            found.push(Finding::of(FindingKind::RowsDiffer, message, [index]));
        }
    }
}

/// Sharers of a cache describe it alike, and the windows of one level do not overlap.
fn cache_views(machine: &Machine, found: &mut Vec<Finding>) {
    let name_of = |index| format!("{} {}", machine.names.word(), machine.names.number(index));
    let mut windows: BTreeMap<(CacheName, u32), (&Cache, usize)> = BTreeMap::new();
    for (index, cpu) in machine.cpus.iter().enumerate() {
        for cache in &cpu.caches {
            let (known, by) = *windows.entry((cache.name, cache.window.first)).or_insert((cache, index));
            let view = |c: &Cache| (c.window, c.size, c.line, c.partitions, c.ways, c.sets);
            let flags =
                |c: &Cache| (c.fully_associative, c.inclusive, c.complex_indexing, c.self_initializing);
            if view(cache) != view(known)
                || flags(cache) != flags(known)
                || cache.wbinvd_excludes_sharers != known.wbinvd_excludes_sharers
            {
                let by = name_of(by);
                let message = format!("{by} shares the {} but describes it otherwise", cache.name);
                found.push(Finding::of(FindingKind::CacheViewsDiffer, message, [index]));
            }
        }
    }
    let mut before: Option<(CacheName, u64, usize)> = None;
    for ((name, first), (cache, index)) in &windows {
        let end = u64::from(*first) + u64::from(cache.window.ids);
        if let Some((last_name, last_end, by)) = before
            && last_name == *name
            && u64::from(*first) < last_end
        {
            let by = name_of(by);
            let message = format!("the {name} overlaps that of {by}, which reaches further");
            found.push(Finding::of(FindingKind::CacheViewsDiffer, message, [*index]));
        }
        let reaches = before.filter(|(last, last_end, _)| last == name && *last_end > end);
        before = reaches.or(Some((*name, end, *index)));
    }
}

fn core_types(cpus: &[Cpu], found: &mut Vec<Finding>) {
    let types: std::collections::BTreeSet<_> = cpus.iter().map(|cpu| cpu.core_type).collect();
    if types.len() < 2 {
        return;
    }
    let silent = |cpu: &Cpu| !cpu.vendor.is_amd_like() && !cpu.hybrid;
    let without: Vec<usize> =
        cpus.iter().enumerate().filter(|(_, cpu)| silent(cpu)).map(|(index, _)| index).collect();
    if !without.is_empty() {
        let message = "core types differ, but CPUID.(EAX=07H,ECX=0):EDX[15] (HYBRID) is 0".to_owned();
        found.push(Finding::of(FindingKind::Hybrid, message, without));
    }
}

/// A row counts the vCPUs that lie in its unit.
fn populations(machine: &Machine, found: &mut Vec<Finding>) {
    let (cpus, word) = (&machine.cpus, machine.names.word());
    let mut units: HashMap<(u32, u32), u32> = HashMap::new();
    let mut shifts: Vec<u32> = cpus.iter().flat_map(|cpu| cpu.rows.iter().map(|row| row.shift)).collect();
    shifts.extend(cpus.iter().filter_map(|cpu| cpu.shift(Domain::Package)));
    shifts.sort_unstable();
    shifts.dedup();
    for &shift in &shifts {
        for cpu in cpus {
            *units.entry((shift, block(cpu.x2apic_id, shift))).or_default() += 1;
        }
    }
    let population =
        |cpu: &Cpu, shift| units.get(&(shift, block(cpu.x2apic_id, shift))).copied().unwrap_or(0);
    for (index, cpu) in cpus.iter().enumerate() {
        for row in &cpu.rows {
            let there = population(cpu, row.shift);
            if row.count != there.min(0xFFFF) {
                let at = coordinate(row.leaf, Some(row.subleaf));
                let message = format!("{at}:EBX[15:0] is {}, but {there} {word}s lie there", row.count);
                found.push(Finding::of(FindingKind::CountNotPopulation, message, [index]));
            }
        }
        let there = population(cpu, cpu.shift(Domain::Package).unwrap_or(0));
        if let Some(count) = cpu.package_threads
            && cpu.rows.is_empty()
            && count != there.min(256)
        {
            let message = format!(
                "CPUID.(EAX=80000008H):ECX[7:0] + 1 is {count}, but {there} {word}s lie in the package"
            );
            found.push(Finding::of(FindingKind::CountNotPopulation, message, [index]));
        }
    }
}

/// Node = package × nodes per processor + the top bits of the package's field (AMD PPR, Fn8000_001E_ECX).
fn node_ids(machine: &Machine, found: &mut Vec<Finding>) {
    let is_uniform = machine.cpus.windows(2).all(
        |pair| matches!(pair, [a, b] if a.node.map(|n| n.per_processor) == b.node.map(|n| n.per_processor)),
    );
    let mut owners: HashMap<u32, (usize, u32)> = HashMap::new();
    for (package, set) in by_id(machine).into_iter().enumerate() {
        let mut per_package = None;
        for index in set {
            let Some(cpu) = machine.cpus.get(index) else { continue };
            let Some(node) = cpu.node.filter(|n| n.per_processor.is_power_of_two()) else { continue };
            if *per_package.get_or_insert(node.per_processor) != node.per_processor {
                let message = "nodes per processor differ within the package".to_owned();
                found.push(Finding::of(FindingKind::NodesPerProcessor, message, [index]));
            }
            let shift = cpu.shift(Domain::Package).unwrap_or(0);
            let within = cpu.x2apic_id & !(u32::MAX << shift);
            let top = within >> shift.saturating_sub(ceil_log2(node.per_processor));
            let owner = *owners.entry(node.id).or_insert((package, top));
            let expected =
                u32::try_from(package).unwrap_or(u32::MAX).wrapping_mul(node.per_processor).wrapping_add(top)
                    & 0xFF;
            let is_wrong = if is_uniform { node.id != expected } else { owner != (package, top) };
            if is_wrong {
                let message = format!(
                    "CPUID.(EAX=8000001EH):ECX[7:0] (NodeId) is {}, but package {package} and APIC ID {:#x} make it {expected}",
                    node.id, cpu.x2apic_id
                );
                found.push(Finding::of(FindingKind::NodeId, message, [index]));
            }
        }
    }
}

/// The packages with their vCPUs, in the order of their APIC IDs, which is that of their numbers.
fn by_id(machine: &Machine) -> Vec<Vec<usize>> {
    let id = |index: &usize| machine.cpus.get(*index).map(|cpu| cpu.x2apic_id);
    let mut packages: Vec<Vec<usize>> =
        machine.sets(Domain::Package).iter().map(|set| set.as_slice().to_vec()).collect();
    packages.sort_by_key(|set| set.iter().filter_map(id).min());
    packages
}

/// `80000006H:EDX[31:18]` counts the 512 KiB of all L3 caches of the package (AMD PPR, Fn8000_0006_EDX).
fn l3_totals(machine: &Machine, found: &mut Vec<Finding>) {
    for package in machine.sets(Domain::Package) {
        let mut windows: BTreeMap<u32, u64> = BTreeMap::new();
        for cpu in package.as_slice().iter().filter_map(|&index| machine.cpus.get(index)) {
            let l3 = cpu.caches.iter().find(|c| c.name.level == 3 && c.share_field.is_some());
            if let Some(cache) = l3 {
                windows.insert(cache.window.first, cache.size);
            }
        }
        let total: u64 = windows.values().fold(0, |sum, size| sum.saturating_add(*size));
        for &index in package.as_slice() {
            let Some(cpu) = machine.cpus.get(index) else { continue };
            let Some(units) = cpu.l3_units else { continue };
            // A core without an L3 of its own says nothing of others'.
            if units == 0 && cpu.caches.iter().all(|cache| cache.name.level != 3) {
                continue;
            }
            // Saturated at 14 bits; a size between two units may be rounded either way.
            let saturated = bits(u32::MAX, 31, 18) == units && total >= u64::from(units) << 19;
            if total != 0 && !saturated && (u64::from(units) << 19).abs_diff(total) >= 1 << 19 {
                let message = format!(
                    "CPUID.(EAX=80000006H):EDX[31:18] makes {} KiB of L3, but the package's caches have {}",
                    u64::from(units) * 512,
                    total / 1024
                );
                found.push(Finding::of(FindingKind::AmdCacheLeaves, message, [index]));
            }
        }
    }
}
