//! The profile in memory. `file` reads and writes it; parts may be absent.

use std::collections::BTreeMap;

use crate::cpuid::{CpuidTable, Key, Processor, Registers, Signature, UnknownVendor, Vendor};
use crate::spec::CpuList;

/// Everything that topoc knows of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostProfile {
    /// Where the profile comes from.
    pub origin: Origin,
    /// Kernel version, major.minor unless more was asked for.
    pub kernel: Option<String>,
    /// What KVM said. Absent in an imported or assembled profile.
    pub kvm: Option<KvmPart>,
    /// What each CPU answers to CPUID itself. Absent where it could not be read.
    pub cpus: Option<CpusPart>,
    /// NUMA nodes. Absent where they could not be read.
    pub numa: Option<NumaPart>,
    /// What capture could not read, in words.
    pub unread: Vec<String>,
}

/// Where a profile comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// How it was made.
    pub kind: OriginKind,
    /// Of what machine, from which sources, in words.
    pub note: Option<String>,
    /// When it was captured: `YYYY-MM-DD`.
    pub date: Option<String>,
    /// The host's name; only when asked for.
    pub host_name: Option<String>,
}

/// How a profile was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OriginKind {
    /// Read from the machine by topoc.
    Captured,
    /// Read from another program's capture.
    Imported,
    /// Put together from published figures.
    #[default]
    Assembled,
}

/// What KVM said of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KvmPart {
    /// The vendor module, such as `kvm_intel`.
    pub module: Option<String>,
    /// KVM_GET_API_VERSION.
    pub api_version: Option<u32>,
    /// KVM_CHECK_EXTENSION.
    pub capabilities: Capabilities,
    /// KVM_GET_SUPPORTED_CPUID.
    pub supported_cpuid: Option<CpuidTable>,
    /// KVM_GET_EMULATED_CPUID.
    pub emulated_cpuid: Option<CpuidTable>,
}

/// The capabilities that bear on topology. `None`: not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// KVM_CAP_NR_VCPUS: the recommended number of vCPUs.
    pub nr_vcpus: Option<u32>,
    /// KVM_CAP_MAX_VCPUS: the most vCPUs of a VM.
    pub max_vcpus: Option<u32>,
    /// KVM_CAP_MAX_VCPU_ID: every vcpu_id lies below it.
    pub max_vcpu_id: Option<u32>,
    /// KVM_CAP_X2APIC_API: flags.
    pub x2apic_api: Option<u32>,
    /// KVM_CAP_IRQCHIP.
    pub irqchip: Option<u32>,
    /// KVM_CAP_SPLIT_IRQCHIP.
    pub split_irqchip: Option<u32>,
    /// KVM_CAP_TSC_DEADLINE_TIMER.
    pub tsc_deadline_timer: Option<u32>,
    /// KVM_CAP_X86_DISABLE_EXITS: flags.
    pub x86_disable_exits: Option<u32>,
    /// KVM_CAP_ENFORCE_PV_FEATURE_CPUID.
    pub enforce_pv_feature_cpuid: Option<u32>,
}

/// Every online CPU's own CPUID: stored once, with what differs per CPU.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpusPart {
    /// The CPUs that were online, by the kernel's numbers.
    pub online: CpuList,
    /// The first online CPU's whole table.
    pub cpuid: CpuidTable,
    /// For the other CPUs, the entries that differ from the first one's.
    pub differences: BTreeMap<u32, BTreeMap<Key, Registers>>,
}

/// The host's NUMA nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumaPart {
    /// The nodes, by number.
    pub nodes: Vec<NumaNode>,
    /// Distances: row i, column j is from the i-th to the j-th node of `nodes`.
    pub distances: Vec<Vec<u32>>,
}

/// One node of the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumaNode {
    /// The kernel's number.
    pub id: u32,
    /// Its CPUs.
    pub cpus: CpuList,
    /// Its memory in bytes, where known.
    pub memory: Option<u64>,
}

impl HostProfile {
    /// Leaf 0's vendor, from the CPUs' own CPUID, else from KVM's table. `None` without either.
    #[must_use]
    pub fn vendor(&self) -> Option<Result<Vendor, UnknownVendor>> {
        let leaf0 = self.any_table()?.lookup(0, 0);
        Some(Vendor::from_words(leaf0.ebx, leaf0.ecx, leaf0.edx))
    }

    /// Leaf 1's signature, from the CPUs' own CPUID, else from KVM's table.
    #[must_use]
    pub fn signature(&self) -> Option<Signature> {
        Some(Signature(self.any_table()?.lookup(1, 0).eax))
    }

    /// The host's processor; `None` where its vendor is not known.
    #[must_use]
    pub fn processor(&self) -> Option<Processor> {
        let vendor = self.vendor()?.ok()?;
        let any = self.any_table()?;
        let own = self.cpus.as_ref().map(|cpus| &cpus.cpuid);
        Some(Processor {
            vendor,
            signature: self.signature(),
            max_basic: Some(any.lookup(0, 0).eax),
            max_extended: own.map(|own| own.lookup(0x8000_0000, 0).eax),
            topology_extensions: any.get(Key::leaf(0x8000_0001)).map(|words| words.ecx >> 22 & 1 == 1),
        })
    }

    /// The first CPU's own table, else KVM's.
    fn any_table(&self) -> Option<&CpuidTable> {
        self.cpus.as_ref().map(|cpus| &cpus.cpuid).or_else(|| self.kvm.as_ref()?.supported_cpuid.as_ref())
    }
}
