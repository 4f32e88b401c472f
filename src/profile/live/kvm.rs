//! What `/dev/kvm` says.

use std::os::raw::c_ulong;

use kvm_bindings::{
    CpuId, KVM_CAP_ENFORCE_PV_FEATURE_CPUID, KVM_CAP_IRQCHIP, KVM_CAP_MAX_VCPU_ID, KVM_CAP_MAX_VCPUS,
    KVM_CAP_NR_VCPUS, KVM_CAP_SPLIT_IRQCHIP, KVM_CAP_TSC_DEADLINE_TIMER, KVM_CAP_X2APIC_API,
    KVM_CAP_X86_DISABLE_EXITS, KVM_CPUID_FLAG_SIGNIFCANT_INDEX, KVM_MAX_CPUID_ENTRIES,
};
use kvm_ioctls::Kvm;
use rustix::io::Errno;

use super::CaptureError;
use crate::cpuid::{CpuidTable, Key, Registers, TableError};
use crate::profile::{Capabilities, KvmPart};

/// The only version of the interface there is (Linux `Documentation/virt/kvm/api.rst`).
const API_VERSION: i32 = 12;

/// Opens `/dev/kvm`.
pub(crate) fn open() -> Result<Kvm, CaptureError> {
    let kvm = Kvm::new().map_err(|error| match Errno::from_raw_os_error(error.errno()) {
        Errno::NOENT | Errno::NODEV | Errno::NXIO => CaptureError::NotThere,
        Errno::ACCESS | Errno::PERM => CaptureError::NoPermission,
        _ => CaptureError::NotUsable(error.to_string()),
    })?;
    match kvm.get_api_version() {
        API_VERSION => Ok(kvm),
        other => Err(CaptureError::NotUsable(format!("KVM_GET_API_VERSION is {other}, not {API_VERSION}"))),
    }
}

/// Asks for everything. KVM answers for the CPU that asks, so the caller pins itself first.
pub(super) fn ask(
    kvm: &Kvm,
    module: Option<String>,
    unread: &mut Vec<String>,
) -> Result<KvmPart, CaptureError> {
    let supported = kvm
        .get_supported_cpuid(KVM_MAX_CPUID_ENTRIES)
        .map_err(|error| CaptureError::NotUsable(format!("KVM_GET_SUPPORTED_CPUID: {error}")))?;
    let emulated = kvm.get_emulated_cpuid(KVM_MAX_CPUID_ENTRIES);
    let emulated = emulated.map_err(|error| unread.push(format!("KVM_GET_EMULATED_CPUID: {error}"))).ok();
    let mut table = |entries: &CpuId, ioctl: &str| table(entries, ioctl, unread);
    Ok(KvmPart {
        module,
        api_version: API_VERSION.try_into().ok(),
        capabilities: capabilities(kvm),
        supported_cpuid: Some(table(&supported, "KVM_GET_SUPPORTED_CPUID")),
        emulated_cpuid: emulated.map(|emulated| table(&emulated, "KVM_GET_EMULATED_CPUID")),
    })
}

fn capabilities(kvm: &Kvm) -> Capabilities {
    // A negative answer is an error number: not known.
    let check = |capability: u32| u32::try_from(kvm.check_extension_raw(c_ulong::from(capability))).ok();
    Capabilities {
        nr_vcpus: check(KVM_CAP_NR_VCPUS),
        max_vcpus: check(KVM_CAP_MAX_VCPUS),
        max_vcpu_id: check(KVM_CAP_MAX_VCPU_ID),
        x2apic_api: check(KVM_CAP_X2APIC_API),
        irqchip: check(KVM_CAP_IRQCHIP),
        split_irqchip: check(KVM_CAP_SPLIT_IRQCHIP),
        tsc_deadline_timer: check(KVM_CAP_TSC_DEADLINE_TIMER),
        x86_disable_exits: check(KVM_CAP_X86_DISABLE_EXITS),
        enforce_pv_feature_cpuid: check(KVM_CAP_ENFORCE_PV_FEATURE_CPUID),
    }
}

/// KVM takes the first entry that matches, so a later one that it would never reach is left out.
fn table(entries: &CpuId, ioctl: &str, unread: &mut Vec<String>) -> CpuidTable {
    let mut table = CpuidTable::new();
    for entry in entries.as_slice() {
        let indexed = entry.flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX != 0;
        let key = Key { leaf: entry.function, subleaf: indexed.then_some(entry.index) };
        match table.insert(key, Registers::new(entry.eax, entry.ebx, entry.ecx, entry.edx)) {
            Ok(()) => {}
            Err(error @ (TableError::Duplicate(_) | TableError::Shadowed(_))) => {
                unread.push(format!("{ioctl}: {error}"));
            }
        }
    }
    table
}
