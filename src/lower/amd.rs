//! What AMD and Hygon alone have: CmpLegacy and TopologyExtensions, 80000008H, 8000001EH.

use super::identity::{package_threads, several_threads};
use super::writer::Writer;
use super::{LowerError, Machine, Why};
use crate::cpuid::field;
use crate::topology::{Domain, VcpuIndex};

/// Why a field is 0 on another vendor's processors.
pub(super) const AMDS_OWN: Why = Why::Always("only AMD's and Hygon's processors have the field");

pub(super) fn write(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    if !machine.processor.vendor.is_amd_like() {
        // Reserved in leaves that others have, too.
        for field in
            [&field::CMP_LEGACY, &field::TOPOLOGY_EXTENSIONS, &field::PACKAGE_THREADS, &field::APIC_ID_SIZE]
        {
            writer.note(field, None, AMDS_OWN);
        }
        return Ok(());
    }
    writer.put(&field::CMP_LEGACY, None, u32::from(several_threads(machine)), Why::SeveralThreads)?;
    // From Zen on, 8000001DH and 8000001EH are always there.
    let extensions = machine.processor.has_topology_extensions();
    writer.put(&field::TOPOLOGY_EXTENSIONS, None, u32::from(extensions), Why::TopologyExtensions)?;
    writer.own(&field::PACKAGE_THREADS, None, Why::Population(Domain::Package), |machine, vcpu| {
        (package_threads(machine, vcpu) - 1).min(field::PACKAGE_THREADS.max())
    })?;
    writer.put(
        &field::APIC_ID_SIZE,
        None,
        machine.numbered.layout().shift(Domain::Package).0,
        Why::Shift(Domain::Package),
    )?;
    if !extensions {
        return Ok(());
    }
    // Before Zen, the cores of a compute unit: each core is one of its own, as L2s are a core's.
    writer.own(&field::THREADS_PER_CORE, None, Why::Population(Domain::Core), |machine, vcpu| {
        machine.topology.population(vcpu, Domain::Core) - 1
    })?;
    writer.put(
        &field::NODES_PER_PROCESSOR,
        None,
        machine.numbered.amd_nodes().per_package() - 1,
        Why::Nodes,
    )?;
    writer.own(&field::EXTENDED_APIC_ID, None, Why::ApicId, |machine, vcpu| machine.numbered.id(vcpu).0)?;
    writer.own(&field::CORE_ID, None, Why::CoreId, core_id)?;
    writer.own(&field::NODE_ID, None, Why::Nodes, node_id)
}

/// The core's number as the ID has it, gaps and all, not its rank.
fn core_id(machine: &Machine<'_>, vcpu: VcpuIndex) -> u32 {
    let numbered = machine.numbered;
    numbered.within_package(numbered.id(vcpu)) >> numbered.layout().shift(Domain::Core).0
}

fn node_id(machine: &Machine<'_>, vcpu: VcpuIndex) -> u32 {
    let socket = machine.topology.place(vcpu).index(Domain::Package);
    let nodes = machine.numbered.amd_nodes();
    socket.wrapping_mul(nodes.per_package()).wrapping_add(nodes.local(vcpu))
}
