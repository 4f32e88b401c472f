//! Leaf 1: the ID in eight bits, the package's size, and the bits that depend on the VMM. Beside it what the CPU
//! says of itself elsewhere: its signature once more, its name, the widths of addresses.

use super::writer::Writer;
use super::{LowerError, Machine, Why};
use crate::cpuid::{Key, Vendor, field, quirk};
use crate::spec::Irqchip;
use crate::topology::{Domain, VcpuIndex};

pub(super) fn write(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    if let Some(signature) = machine.processor.signature {
        writer.put(&field::SIGNATURE, None, signature.0, Why::Signature)?;
        // AMD has it twice (APM Vol. 3, `Fn8000_0001_EAX`), others 0; Zhaoxin has it in a range of its own.
        let is_amd_like = machine.processor.vendor.is_amd_like();
        if is_amd_like || writer.table().get(Key::leaf(field::EXTENDED_SIGNATURE.leaf)).is_some() {
            let word = if is_amd_like { signature.0 } else { 0 };
            writer.put(&field::EXTENDED_SIGNATURE, None, word, Why::Signature)?;
        }
        if writer.table().get(Key::leaf(field::CENTAUR_SIGNATURE.leaf)).is_some() {
            writer.put(&field::CENTAUR_SIGNATURE, None, signature.0, Why::Signature)?;
        }
    }
    brand(machine, writer)?;
    address_widths(machine, writer)?;
    writer.put(
        &field::BRAND_INDEX,
        None,
        0_u32,
        Why::Always("no processor of this century has an index of brands: the brand string tells"),
    )?;
    // 64 bytes, the line of every cache of this century; in units of 8.
    writer.put(
        &field::CLFLUSH_SIZE,
        None,
        8_u32,
        Why::Always("every processor of this century flushes lines of 64 bytes"),
    )?;
    writer.own(&field::LOGICAL_PROCESSORS, None, Why::LogicalProcessors, logical_processors)?;
    writer.put(&field::HTT, None, u32::from(several_threads(machine)), Why::SeveralThreads)?;
    writer.put(&field::HYPERVISOR, None, 1_u32, Why::Always("a guest looks for KVM's leaves only where it is set, and kernels touch MSRs that only hardware has where it is not"))?;
    writer.put(&field::APIC, None, 1_u32, Why::Always("every vCPU has a local APIC"))?;
    writer.put(
        &field::MONITOR,
        None,
        0_u32,
        Why::Always("KVM lets no guest wait by MWAIT as long as MWAIT leaves the guest"),
    )?;
    writer.put(
        &field::OSXSAVE,
        None,
        0_u32,
        Why::Always("it mirrors CR4.OSXSAVE, which is 0 until the guest sets it"),
    )?;
    // KVM offers both on its own local APIC; without that a guest that uses them hangs.
    let in_kernel = machine.irqchip != Irqchip::User;
    let x2apic = field::X2APIC.get(writer.table().lookup(0x1, 0).ecx) == 1;
    writer.put(
        &field::X2APIC,
        None,
        u32::from(x2apic && in_kernel && !quirk::NO_X2APIC.applies(&machine.processor)),
        Why::LocalApic,
    )?;
    let deadline = field::TSC_DEADLINE.get(writer.table().lookup(0x1, 0).ecx) == 1;
    writer.put(&field::TSC_DEADLINE, None, u32::from(deadline && in_kernel), Why::LocalApic)?;
    // The x2APIC ID modulo 256. Source: Intel x2APIC specification, section 2.4.
    writer.own(&field::INITIAL_APIC_ID, None, Why::ApicId, |machine, vcpu| machine.numbered.id(vcpu).0)
}

/// 80000002H to 80000004H: 48 characters, NUL behind the last. Zeros where the spec has no brand, as KVM
/// reports: the host's would tell of the capturing CPU.
fn brand(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    let mut characters = machine.identity.brand.bytes().chain(std::iter::repeat(0));
    for field in field::BRAND {
        let word = [(); 4].map(|()| characters.next().unwrap_or(0));
        writer.put(field, None, u32::from_le_bytes(word), Why::Brand)?;
    }
    Ok(())
}

/// 80000008H. An entry that KVM's table lacks does not come into being here: with 0 for the bits, KVM would take
/// every address for reserved. Source: Linux `arch/x86/kvm/cpuid.c`, `cpuid_query_maxphyaddr`.
fn address_widths(machine: &Machine<'_>, writer: &mut Writer<'_>) -> Result<(), LowerError> {
    const LA57: u32 = 1 << 16;
    let fields = [
        (&field::PHYSICAL_BITS, Why::PhysicalBits),
        (&field::LINEAR_BITS, Why::LinearBits),
        (&field::GUEST_PHYSICAL_BITS, Why::GuestPhysicalBits),
    ];
    let Some(physical) = machine.identity.physical_bits else {
        fields.into_iter().for_each(|(field, why)| writer.note(field, None, why));
        return Ok(());
    };
    let five_levels = writer.table().lookup(0x7, 0).ecx & LA57 != 0;
    let linear = if five_levels { 57 } else { 48 };
    for ((field, why), bits) in
        fields.into_iter().zip([physical, linear, machine.identity.guest_physical_bits])
    {
        writer.put(field, None, bits, why)?;
    }
    Ok(())
}

/// Intel counts the IDs that the package can hold, AMD its threads. A package of one ID says 0 on
/// Intel, where the field means nothing without HTT.
fn logical_processors(machine: &Machine<'_>, vcpu: VcpuIndex) -> u32 {
    let most = field::LOGICAL_PROCESSORS.max();
    let shift = machine.numbered.layout().shift(Domain::Package);
    match machine.processor.vendor {
        Vendor::Amd | Vendor::Hygon => package_threads(machine, vcpu).min(most),
        _ if shift.0 == 0 => 0,
        // Lossless: no more than the field holds.
        _ => u32::try_from(shift.span()).unwrap_or(most).min(most),
    }
}

/// Whether the package has room for several threads (Intel), or has several (AMD). The flag is the
/// platform's: where sockets are unlike, the largest decides.
pub(super) fn several_threads(machine: &Machine<'_>) -> bool {
    match machine.processor.vendor {
        Vendor::Amd | Vendor::Hygon => machine.topology.most(Domain::Package) > 1,
        _ => machine.numbered.layout().shift(Domain::Package).0 > 0,
    }
}

/// The threads of a vCPU's package.
pub(super) fn package_threads(machine: &Machine<'_>, vcpu: VcpuIndex) -> u32 {
    machine.topology.population(vcpu, Domain::Package)
}
