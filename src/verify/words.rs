//! What no single reading shows: which leaves are there, that vCPUs differ only where they may, and
//! the summaries of caches that the deterministic leaves repeat.

use std::collections::{BTreeSet, HashMap};

use super::cache_words;
use crate::cpuid::Vendor;
use crate::decode::{self, Answers, LEAF_1F, LEAF_26, LEAF_B};
use crate::lower::Machine;
use crate::topology::Domain;

/// All differences between the tables and what was meant.
pub(super) fn differences(
    machine: &Machine<'_>,
    tables: &[Answers],
    decoded: &decode::Machine,
) -> Vec<String> {
    let mut differences = Vec::new();
    if let (Some(first), Some(cpu)) = (tables.first(), decoded.cpus.first()) {
        maxima(machine, first, &mut differences);
        leaves(machine, first, cpu, &mut differences);
        cache_words::differences(machine, tables, decoded, &mut differences);
        uniform(machine, tables, &mut differences);
        extended_levels(machine, tables, &mut differences);
        reserved_on_amd(machine, first, &mut differences);
        before_zen(machine, tables, &mut differences);
    }
    differences
}

/// The highest leaves: no further than leaves are defined, and as far as the machine's reach.
fn maxima(machine: &Machine<'_>, table: &Answers, differences: &mut Vec<String>) {
    let processor = &machine.processor;
    let ext = match processor.vendor {
        Vendor::Intel | Vendor::Zhaoxin | Vendor::Centaur => 0x8000_0008..=0x8000_0008,
        Vendor::Amd | Vendor::Hygon if machine.processor.has_extended_levels() == Some(true) => {
            LEAF_26..=LEAF_26
        }
        _ if processor.has_topology_extensions() => 0x8000_001e..=0x8000_0025,
        _ => 0x8000_0008..=0x8000_0025,
    };
    let basic = if processor.has_leaf_b() { LEAF_B..=0x24 } else { 1..=0x24 };
    for (leaf, range) in [(0, basic), (0x8000_0000, ext)] {
        let [max, ..] = table.get(leaf, 0);
        if !range.contains(&max) {
            differences.push(format!(
                "leaf {leaf:#x}: highest leaf {max:#x}, meant {:#x} to {:#x}",
                range.start(),
                range.end()
            ));
        }
    }
}

/// The leaves that list levels are valid, and no others.
fn leaves(machine: &Machine<'_>, table: &Answers, cpu: &decode::Cpu, differences: &mut Vec<String>) {
    let [max, ..] = table.get(0, 0);
    let meant = [
        (LEAF_B, machine.processor.has_leaf_b()),
        (LEAF_1F, !machine.processor.vendor.is_amd_like() && max >= LEAF_1F),
        (LEAF_26, machine.processor.has_extended_levels() == Some(true)),
    ];
    for (leaf, meant) in meant {
        let valid = cpu.rows_of(leaf).next().is_some();
        if valid != meant {
            differences.push(format!("leaf {leaf:#x}: valid is {valid}, meant {meant}"));
        }
    }
}

/// AMD before family 17h: the package's size as it stands, and each core as a compute unit of its own. The
/// decoder draws no domain from compute units, and takes a size of 0 for one that it can work out.
fn before_zen(machine: &Machine<'_>, tables: &[Answers], differences: &mut Vec<String>) {
    if !machine.processor.is_before_zen() {
        return;
    }
    let (numbered, layout) = (machine.numbered, machine.numbered.layout());
    for (vcpu, table) in machine.topology.vcpus().zip(tables) {
        let size = table.get(0x8000_0008, 0)[2] >> 12;
        if size != layout.shift(Domain::Package).0 {
            differences.push(format!("80000008H ECX[15:12] of {vcpu:?}: read {size}, meant another"));
        }
        let core = numbered.within_package(numbered.id(vcpu)) >> layout.shift(Domain::Core).0;
        let unit = table.get(0x8000_001e, 0)[1];
        if machine.processor.has_topology_extensions() && unit != core {
            differences.push(format!("8000001EH EBX of {vcpu:?}: read {unit:#x}, meant {core:#x}"));
        }
    }
}

/// The bits that may differ between the vCPUs of a machine. All else describes the platform. Source: SDM
/// Vol. 1, chapter on CPUID, which gives each field's domain; APM for AMD's.
fn own_bits(machine: &Machine<'_>, leaf: u32) -> [u32; 4] {
    const ALL: u32 = u32::MAX;
    let topology = machine.topology;
    let amd = machine.processor.vendor.is_amd_like();
    let unlike = |domain| if topology.is_even(domain) { 0 } else { ALL };
    let any = Domain::ALL.into_iter().map(unlike).fold(0, |all, bits| all | bits);
    let hybrid = if topology.is_hybrid() { ALL } else { 0 };
    let caches =
        if machine.caches.lists.windows(2).any(|pair| pair[0].caches != pair[1].caches) { ALL } else { 0 };
    // A type of core without a cache that another has: its subleaf is empty.
    let fewer = if machine.caches.lists.windows(2).any(|pair| pair[0].caches.len() != pair[1].caches.len()) {
        ALL
    } else {
        0
    };
    match leaf {
        // The ID; on AMD the threads of the package.
        0x1 => [0, 0xff00_0000 | if amd { 0x00ff_0000 & unlike(Domain::Package) } else { 0 }, 0, 0],
        LEAF_B | LEAF_1F => [0, 0xffff & any, 0, ALL],
        // The threads at the level; the core's type and model.
        LEAF_26 => [0, 0xffff & any | 0xff00_0000 & hybrid, 0, ALL],
        0x1a if !amd => [hybrid, 0, 0, 0],
        // All of a cache, but the cores of the package beside it.
        0x4 => [0x03ff_ffff & caches | 0xfc00_0000 & fewer, caches, caches, caches],
        0x8000_001d => [caches; 4],
        0x8000_0005 => [0, 0, caches, caches],
        // The L2, and the L3 of the package.
        0x8000_0006 => [0, 0, caches, if amd { any | caches } else { 0 }],
        0x8000_0008 if amd => [0, 0, 0xff & unlike(Domain::Package), 0],
        // The ID; the core's number and its threads; the node's.
        0x8000_001e => [ALL, 0xff | 0xff00 & unlike(Domain::Core), 0xff, 0],
        _ => [0; 4],
    }
}

/// What 80000026H says beside shifts and counts: how components differ. Source: APM Vol. 3,
/// `Fn8000_0026_EAX`, and Strix Point's own words.
fn extended_levels(machine: &Machine<'_>, tables: &[Answers], differences: &mut Vec<String>) {
    if machine.processor.has_extended_levels() != Some(true) {
        return;
    }
    let topology = machine.topology;
    let levels = [Domain::Core, Domain::Complex, Domain::Die, Domain::Package];
    let mut meant = Vec::new();
    for level in levels {
        let mut sizes: Vec<usize> = topology.instances(level).map(<[_]>::len).collect();
        sizes.dedup();
        let mut types: Vec<BTreeSet<_>> = topology
            .instances(level)
            .map(|vcpus| vcpus.iter().map(|vcpu| topology.core_type(*vcpu)).collect())
            .collect();
        types.dedup();
        let mixed = types.iter().any(|types| types.len() > 1) && level != Domain::Package;
        let heterogeneous = types.len() > 1 || mixed;
        let ranked = heterogeneous && level == Domain::Core;
        meant.push(
            u32::from(sizes.len() > 1) << 31 | u32::from(heterogeneous) << 30 | u32::from(ranked) << 29,
        );
    }
    for (vcpu, table) in topology.vcpus().zip(tables) {
        for (subleaf, meant) in (0..).zip(&meant) {
            let [eax, ebx, ..] = table.get(LEAF_26, subleaf);
            // Type and model are told where types differ, and there as the machine's own.
            let silent = subleaf > 0 || !topology.is_hybrid();
            if eax & !0x1f != *meant || ebx >> 16 & 0xff != 0 || silent && ebx >> 24 != 0 {
                differences.push(format!(
                    "80000026H of vCPU {vcpu}, subleaf {subleaf}: read EAX {eax:#010x} and EBX {ebx:#010x}, meant flags {meant:#010x}"
                ));
            }
        }
    }
}

/// HYBRID of leaf 7 is Intel's. AMD reserves it, so that the decoder does not read it there.
fn reserved_on_amd(machine: &Machine<'_>, table: &Answers, differences: &mut Vec<String>) {
    if machine.processor.vendor.is_amd_like() && table.get(0x7, 0)[3] >> 15 & 1 == 1 {
        differences.push("leaf 0x7: EDX[15] is set, which AMD reserves".to_owned());
    }
}

/// The same entries in every table, and the same words but for what is each vCPU's own.
fn uniform(machine: &Machine<'_>, tables: &[Answers], differences: &mut Vec<String>) {
    let Some((first, others)) = tables.split_first() else { return };
    let mut masks_of = HashMap::new();
    for (vcpu, table) in (1..).zip(others) {
        let keys = |answers: &Answers| -> Vec<_> {
            answers.entries().iter().map(|entry| (entry.leaf, entry.subleaf)).collect()
        };
        if table.entries().len() != first.entries().len() || keys(table) != keys(first) {
            differences.push(format!("vCPU {vcpu} has other entries than vCPU 0"));
            continue;
        }
        for (own, shared) in table.entries().iter().zip(first.entries()) {
            let masks = masks_of.entry(own.leaf).or_insert_with(|| own_bits(machine, own.leaf));
            let differs = (0..4).any(|i| (own.registers[i] ^ shared.registers[i]) & !masks[i] != 0);
            if differs {
                differences.push(format!("vCPU {vcpu} differs from vCPU 0 in leaf {:#x}", own.leaf));
            }
        }
    }
}
