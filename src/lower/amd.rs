//! AMD's own: CmpLegacy and TopologyExtensions, 80000008H, 8000001EH.

use super::identity::{package_threads, several_threads};
use super::writer::Writer;
use super::{LowerError, Machine};
use crate::cpuid::Vendor;
use crate::cpuid::field;
use crate::topology::{Domain, VcpuIndex};

pub(super) fn shared(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    if machine.vendor != Vendor::Amd {
        return Ok(());
    }
    writer.put(&field::CMP_LEGACY, None, u32::from(several_threads(machine)))?;
    // 8000001DH and 8000001EH are always there. Without this bit, Windows Server 2022 loops at boot
    // on a CPU that has PerfCtrExtCore.
    writer.put(&field::TOPOLOGY_EXTENSIONS, None, 1_u32)?;
    writer.put_saturating(&field::PACKAGE_THREADS, None, u64::from(package_threads(machine)) - 1)?;
    writer.put(&field::APIC_ID_SIZE, None, machine.numbered.layout().shift(Domain::Package).0)?;
    let threads = machine.topology.population(VcpuIndex(0), Domain::Core);
    writer.put(&field::THREADS_PER_CORE, None, threads - 1)?;
    writer.put(&field::NODES_PER_PROCESSOR, None, machine.numbered.amd_nodes().per_package() - 1)
}

pub(super) fn own(machine: &Machine<'_>, vcpu: VcpuIndex, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    if machine.vendor != Vendor::Amd {
        return Ok(());
    }
    let numbered = machine.numbered;
    let id = numbered.id(vcpu);
    writer.put(&field::EXTENDED_APIC_ID, None, id.0)?;
    // The core's number as the ID has it, gaps and all, not its rank.
    let core = numbered.within_package(id) >> numbered.layout().shift(Domain::Core).0;
    writer.put_truncated(&field::CORE_ID, None, core)?;
    let socket = machine.topology.place(vcpu).index(Domain::Package);
    let nodes = numbered.amd_nodes();
    let node = socket.wrapping_mul(nodes.per_package()).wrapping_add(nodes.local(vcpu));
    writer.put_truncated(&field::NODE_ID, None, node)
}
