//! Intel's core types: leaf 1AH and HYBRID. AMD's stand beside its levels, in leaf 80000026H.

use super::writer::Writer;
use super::{LowerError, Machine, Why};
use crate::cpuid::{Vendor, field};
use crate::topology::{CoreType, VcpuIndex};

/// EAX[31:24] of leaf 1AH. Source: SDM, leaf 1AH.
const CORE: u32 = 0x40;
const ATOM: u32 = 0x20;

pub(super) fn write(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    let is_intel = machine.processor.vendor == Vendor::Intel;
    // Reserved on other vendors' processors.
    let hybrid = is_intel && machine.topology.is_hybrid();
    writer.put(&field::HYBRID, Some(0), u32::from(hybrid), Why::Hybrid)?;
    if !is_intel || machine.topology.core_types().is_empty() {
        return Ok(());
    }
    writer.own(&field::CORE_TYPE, None, Why::CoreType, core_type)?;
    writer.own(&field::NATIVE_MODEL, None, Why::NativeModel, native_model)
}

fn core_type(machine: &Machine<'_>, vcpu: VcpuIndex) -> u32 {
    match machine.topology.core_type(vcpu) {
        Some(CoreType::Performance) => CORE,
        Some(CoreType::Efficiency) => ATOM,
        None => 0,
    }
}

/// The native model of a vCPU's core; also AMD's, in leaf 80000026H.
pub(super) fn native_model(machine: &Machine<'_>, vcpu: VcpuIndex) -> u32 {
    machine.topology.core_type(vcpu).map_or(0, |core_type| machine.native_models.of(core_type))
}
