//! The levels of the hierarchy: leaves 0BH and 1FH, and AMD's 80000026H.

use std::collections::BTreeSet;

use super::core_types::native_model;
use super::writer::Writer;
use super::{LowerError, Machine, Why};
use crate::cpuid::Vendor;
use crate::cpuid::field::{self, Field};
use crate::topology::{CoreType, Domain, Topology, VcpuIndex};

/// One leaf's fields. The three leaves have the same form.
struct Leaf {
    shift: &'static Field,
    count: &'static Field,
    subleaf: &'static Field,
    kind: &'static Field,
    id: &'static Field,
}

const LEAF_B: Leaf = Leaf {
    shift: &field::LEVEL_SHIFT,
    count: &field::LEVEL_COUNT,
    subleaf: &field::LEVEL_SUBLEAF,
    kind: &field::LEVEL_TYPE,
    id: &field::LEVEL_ID,
};

const LEAF_1F: Leaf = Leaf {
    shift: &field::LEVEL_2_SHIFT,
    count: &field::LEVEL_2_COUNT,
    subleaf: &field::LEVEL_2_SUBLEAF,
    kind: &field::LEVEL_2_TYPE,
    id: &field::LEVEL_2_ID,
};

const LEAF_80000026: Leaf = Leaf {
    shift: &field::AMD_LEVEL_SHIFT,
    count: &field::AMD_LEVEL_COUNT,
    subleaf: &field::AMD_LEVEL_SUBLEAF,
    kind: &field::AMD_LEVEL_TYPE,
    id: &field::AMD_LEVEL_ID,
};

/// A level as a leaf lists it: its type, and the domain whose instances its shift and count are of.
pub(super) type Level = (u32, Domain);

/// Types of leaf 1FH: the member at each level. Source: SDM, leaf 1FH.
pub(super) const TYPES_1F: [Level; 6] = [
    (1, Domain::Thread),
    (2, Domain::Core),
    (3, Domain::Module),
    (4, Domain::Tile),
    (5, Domain::Die),
    (6, Domain::DieGroup),
];

/// Types of 80000026H: the container. All four are listed. Source: APM, `Fn8000_0026`.
const LEVELS_80000026: [Level; 4] =
    [(1, Domain::Core), (2, Domain::Complex), (3, Domain::Die), (4, Domain::Package)];

/// Leaf 0BH knows threads and cores alone, so its second level ends at the package.
const LEVELS_B: [Level; 2] = [(1, Domain::Core), (2, Domain::Package)];

/// Whether leaf 1FH lists a domain that the machine may have. Zhaoxin's and Centaur's know dies alone
/// beside threads and cores.
pub(super) fn is_listed(machine: &Machine<'_>, domain: Domain) -> bool {
    machine.topology.has(domain) && (domain == Domain::Die || machine.processor.vendor == Vendor::Intel)
}

/// The levels of leaf 1FH: those that the machine has, each with the next one listed as container.
fn levels_1f(machine: &Machine<'_>) -> Vec<Level> {
    let listed: Vec<Level> =
        TYPES_1F.into_iter().filter(|(_, d)| *d <= Domain::Core || is_listed(machine, *d)).collect();
    let containers = listed.iter().skip(1).map(|(_, d)| *d).chain([Domain::Package]);
    listed.iter().map(|(kind, _)| *kind).zip(containers).collect()
}

/// The leaves of the machine with their levels.
fn leaves(machine: &Machine<'_>, max_leaf: u32) -> Vec<(Leaf, Vec<Level>)> {
    let mut leaves = Vec::new();
    if machine.processor.has_leaf_b() {
        leaves.push((LEAF_B, LEVELS_B.to_vec()));
    }
    match machine.processor.vendor {
        Vendor::Intel | Vendor::Zhaoxin | Vendor::Centaur if max_leaf >= 0x1f => {
            leaves.push((LEAF_1F, levels_1f(machine)));
        }
        Vendor::Amd | Vendor::Hygon if has_extended_levels(machine) => {
            leaves.push((LEAF_80000026, LEVELS_80000026.to_vec()));
        }
        _ => {}
    }
    leaves
}

pub(super) fn write(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    let max_leaf = writer.table().lookup(0x0, 0).eax;
    for (leaf, levels) in leaves(machine, max_leaf) {
        let mut subleaf = 0_u32;
        for (kind, container) in levels {
            let at = Some(subleaf);
            writer.put(
                leaf.shift,
                at,
                machine.numbered.layout().shift(container).0,
                Why::Shift(container),
            )?;
            writer.own(leaf.count, at, Why::Population(container), POPULATION[container.rank()])?;
            writer.put(leaf.subleaf, at, subleaf, Why::LevelRow)?;
            writer.put(leaf.kind, at, kind, Why::LevelRow)?;
            writer.own(leaf.id, at, Why::ApicId, x2apic_id)?;
            subleaf += 1;
        }
        // The end: type, shift and count 0, and the subleaf's number and the ID all the same.
        for field in [leaf.shift, leaf.count, leaf.kind] {
            writer.put(field, Some(subleaf), 0_u32, Why::LevelRow)?;
        }
        writer.put(leaf.subleaf, Some(subleaf), subleaf, Why::LevelRow)?;
        writer.own(leaf.id, Some(subleaf), Why::ApicId, x2apic_id)?;
    }
    if has_extended_levels(machine) {
        core_types(machine, writer)?;
    }
    Ok(())
}

/// What tells of a core stands in the core's own row.
const OF_CORE: Why = Why::Always("what tells of the core stands in subleaf 0 alone");

/// The ranking of both types is 0 on the silicon that has it.
const NO_RANK: Why = Why::Always("the silicon that tells of a ranking ranks both types of core 0");

/// The vCPUs in a vCPU's own instance of each domain, by rank.
const POPULATION: [fn(&Machine<'_>, VcpuIndex) -> u32; 8] = [
    |machine, vcpu| machine.topology.population(vcpu, Domain::Thread),
    |machine, vcpu| machine.topology.population(vcpu, Domain::Core),
    |machine, vcpu| machine.topology.population(vcpu, Domain::Module),
    |machine, vcpu| machine.topology.population(vcpu, Domain::Tile),
    |machine, vcpu| machine.topology.population(vcpu, Domain::Complex),
    |machine, vcpu| machine.topology.population(vcpu, Domain::Die),
    |machine, vcpu| machine.topology.population(vcpu, Domain::DieGroup),
    |machine, vcpu| machine.topology.population(vcpu, Domain::Package),
];

/// How the machine's cores and their containers differ, and each core's own type.
///
/// As Strix Point's words have it: types differ at every level below the socket once they differ at
/// all, whether between complexes or within a die. The ranking of both types is 0 there, though
/// available.
fn core_types(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    let (topology, hybrid) = (machine.topology, machine.topology.is_hybrid());
    for (subleaf, (_, level)) in (0_u32..).zip(LEVELS_80000026) {
        let at = Some(subleaf);
        writer.put(
            &field::AMD_LEVEL_ASYMMETRIC,
            at,
            u32::from(!topology.is_even(level)),
            Why::Uneven(level),
        )?;
        let differ = if level == Domain::Package { packages_differ(topology) } else { hybrid };
        writer.put(&field::AMD_LEVEL_HETEROGENEOUS, at, u32::from(differ), Why::Hybrid)?;
    }
    let end = u32::try_from(LEVELS_80000026.len()).unwrap_or(u32::MAX);
    for field in [&field::AMD_LEVEL_ASYMMETRIC, &field::AMD_LEVEL_HETEROGENEOUS] {
        writer.put(field, Some(end), 0_u32, Why::LevelRow)?;
    }
    for subleaf in 1..=end {
        let of_core = [
            &field::AMD_LEVEL_RANKED,
            &field::AMD_EFFICIENCY_RANK,
            &field::AMD_NATIVE_MODEL,
            &field::AMD_CORE_TYPE,
        ];
        for field in of_core {
            writer.put(field, Some(subleaf), 0_u32, OF_CORE)?;
        }
    }
    writer.put(&field::AMD_LEVEL_RANKED, Some(0), u32::from(hybrid), Why::Hybrid)?;
    writer.put(&field::AMD_EFFICIENCY_RANK, Some(0), 0_u32, NO_RANK)?;
    if !hybrid {
        // Types are told only where they differ.
        writer.put(&field::AMD_NATIVE_MODEL, Some(0), 0_u32, Why::Hybrid)?;
        return writer.put(&field::AMD_CORE_TYPE, Some(0), 0_u32, Why::Hybrid);
    }
    writer.own(&field::AMD_NATIVE_MODEL, Some(0), Why::NativeModel, native_model)?;
    writer.own(&field::AMD_CORE_TYPE, Some(0), Why::CoreType, |machine, vcpu| {
        match machine.topology.core_type(vcpu) {
            Some(CoreType::Efficiency) => 1,
            Some(CoreType::Performance) | None => 0,
        }
    })
}

/// Whether one package has a type of core that another has not.
fn packages_differ(topology: &Topology) -> bool {
    let types = |package: &[VcpuIndex]| {
        package.iter().filter_map(|vcpu| topology.core_type(*vcpu)).collect::<BTreeSet<_>>()
    };
    let mut packages = topology.instances(Domain::Package).map(types);
    let first = packages.next();
    packages.any(|types| Some(types) != first)
}

fn x2apic_id(machine: &Machine<'_>, vcpu: VcpuIndex) -> u32 {
    machine.numbered.id(vcpu).0
}

/// Whether the guest has leaf 80000026H. Where nothing tells, it has not.
pub(super) fn has_extended_levels(machine: &Machine<'_>) -> bool {
    machine.processor.has_extended_levels() == Some(true)
}
