//! The manifest: what a VMM must know beside the tables. From it alone it can create the vCPUs and
//! write MADT, SRAT and SLIT.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cpuid::Vendor;
use crate::spec::{CpuList, Fidelity};
use crate::topology::{Domain, Numbered, Place, Topology, VcpuIndex};
use crate::yaml;

/// The version of the manifest's form.
pub const MANIFEST_VERSION: u32 = 1;

/// A compiled machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this form: 1. A directory whose manifest begins so is topoc's own.
    pub topoc_manifest: u32,
    /// The version of topoc that compiled it.
    pub topoc: String,
    /// The spec's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// SHA-256 of the spec's source, byte by byte. Absent for a spec built in a program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec_source_sha256: Option<String>,
    /// SHA-256 of the resolved spec: unchanged by key order, comments and aliases.
    pub spec_sha256: String,
    /// SHA-256 of the host profile's canonical form.
    pub profile_sha256: String,
    /// SHA-256 of the baseline's canonical form. Absent without a baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_sha256: Option<String>,
    /// The vendor of the guest's CPU.
    pub vendor: Vendor,
    /// What the tables are based on.
    pub base: Base,
    /// What the VMM must provide.
    pub requires: Requires,
    /// How true to the host the shape was asked to be, and is. Absent if the spec does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fidelity: Option<Fidelity>,
    /// The CPUs of the host that the machine may use, such as `8-55`. Absent if the spec does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_cpus: Option<String>,
    /// The memory of a machine without nodes, in bytes. Absent if the spec does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// NUMA nodes in order of their numbers; empty for a machine without.
    pub nodes: Vec<ManifestNode>,
    /// The SLIT: row i, column j is the distance from node i to node j.
    pub distances: Vec<Vec<u32>>,
    /// The vCPUs in order of their indices: the order of creation and of the MADT.
    pub vcpus: Vec<ManifestVcpu>,
}

/// What the tables are based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// The profile's KVM_GET_SUPPORTED_CPUID.
    Kvm,
    /// The profile has none: its CPUs' own CPUID, with what KVM is assumed to pass.
    Assumed,
}

/// What the VMM must provide for the tables to be true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requires {
    /// KVM_CAP_MAX_VCPU_ID must be at least this: the largest vcpu_id plus 1.
    pub max_vcpu_id: u32,
    /// Whether the local APIC must be KVM's own (KVM_CREATE_IRQCHIP or KVM_CAP_SPLIT_IRQCHIP).
    pub in_kernel_apic: bool,
    /// Flags to enable with KVM_CAP_X2APIC_API before the first vCPU is created.
    pub x2apic_api: Vec<String>,
    /// Whether vCPUs must be in x2APIC mode when the guest kernel starts: IDs of 255 and above.
    pub x2apic_at_boot: bool,
    /// Whether the VMM must decode 15-bit destination IDs in MSIs and I/O APIC entries.
    pub msi_ext_dest_id: bool,
}

/// A NUMA node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestNode {
    /// Its number, which is its proximity domain.
    pub node: u32,
    /// Its vCPUs by index, such as `0-7`; empty for a node of memory alone.
    pub vcpus: String,
    /// Its memory in bytes. Absent if the spec does not say: left to the VMM, or CPUs alone beside nodes
    /// with memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// The node of the host that is to back it: as the spec binds it, or as its place was found. Absent without either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_node: Option<u32>,
}

/// A vCPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestVcpu {
    /// Its index: order of creation and of the MADT.
    pub index: u32,
    /// The argument of KVM_CREATE_VCPU. It is the x2APIC ID in the table, MADT and SRAT.
    pub vcpu_id: u32,
    /// Where it lies.
    pub place: ManifestPlace,
    /// Its NUMA node. Absent on a machine without nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<u32>,
    /// The CPU of the host on which it is to run: as the spec pins it, or as its place was found. Absent without either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_cpu: Option<u32>,
    /// Whether it is there at boot.
    pub present: bool,
    /// The file of its table: a bare name in the manifest's directory.
    pub file: String,
    /// SHA-256 of that file.
    pub sha256: String,
}

/// Where a vCPU lies: its index within its parent at each level that the machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestPlace {
    /// Socket of the machine.
    pub socket: u32,
    /// Die group of the socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub die_group: Option<u32>,
    /// Die of the die group or socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub die: Option<u32>,
    /// Complex of the die.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complex: Option<u32>,
    /// Tile of the die.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tile: Option<u32>,
    /// Module of the tile or die.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<u32>,
    /// Core of the next level outward.
    pub core: u32,
    /// Thread of the core.
    pub thread: u32,
}

/// The file name of a vCPU's table: its index, padded to the digits of the last one, at least four.
#[must_use]
pub fn file_name(vcpu: VcpuIndex, count: u32) -> String {
    let digits = count.saturating_sub(1).checked_ilog10().map_or(1, |log| log + 1).max(4);
    format!("vcpu-{vcpu:0width$}.cpuid2", width = usize::try_from(digits).unwrap_or(4), vcpu = vcpu.0)
}

impl Manifest {
    /// The manifest as it stands in a file.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Plain data with string keys: serialising cannot fail.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl Requires {
    /// What the IDs of a machine ask of the VMM.
    #[must_use]
    pub(crate) fn of(numbered: &Numbered, in_kernel_apic: bool, msi_ext_dest_id: bool) -> Self {
        let max = numbered.max_id().0;
        // 255 is xAPIC's broadcast, so the first ID that needs more is 255 itself.
        let large = max >= 255;
        let flags: &[&str] = if large {
            &["KVM_X2APIC_API_USE_32BIT_IDS", "KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK"]
        } else {
            &[]
        };
        Self {
            max_vcpu_id: max.saturating_add(1),
            in_kernel_apic,
            x2apic_api: flags.iter().map(ToString::to_string).collect(),
            x2apic_at_boot: large,
            msi_ext_dest_id,
        }
    }
}

/// The nodes of a machine.
pub(crate) fn nodes(topology: &Topology) -> Vec<ManifestNode> {
    (0..)
        .zip(topology.nodes())
        .map(|(number, node)| ManifestNode {
            node: number,
            vcpus: node.vcpus.iter().map(|v| v.0).collect::<CpuList>().to_string(),
            memory: node.memory,
            host_node: node.host_node,
        })
        .collect()
}

/// A place as the manifest says it.
pub(crate) fn place(topology: &Topology, place: &Place) -> ManifestPlace {
    let optional = |domain| topology.has(domain).then(|| place.index(domain));
    ManifestPlace {
        socket: place.index(Domain::Package),
        die_group: optional(Domain::DieGroup),
        die: optional(Domain::Die),
        complex: optional(Domain::Complex),
        tile: optional(Domain::Tile),
        module: optional(Domain::Module),
        core: place.index(Domain::Core),
        thread: place.index(Domain::Thread),
    }
}

/// The JSON Schema (draft-07) of a manifest, as checked in under `schema/`.
#[must_use]
pub fn manifest_schema() -> String {
    let schema = yaml::schema::<Manifest>("urn:topoc:schema:manifest:v1", "topoc manifest, version 1");
    format!("{:#}\n", schema.to_value())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuid::Vendor;

    /// 255 is the xAPIC's broadcast: a machine whose last ID is 254 asks for nothing.
    #[test]
    fn ids_from_255_on_ask_for_the_x2apic() {
        for (cores, large) in [(1, false), (255, false), (256, true), (300, true)] {
            let text = format!("version: 1\ntopology: {{ cores: {cores} }}\n");
            let topology = Topology::resolve(crate::spec::parse(text.as_bytes()).unwrap().spec()).unwrap();
            let requires = Requires::of(&Numbered::number(&topology, Some(Vendor::Intel)), true, false);
            assert_eq!(requires.max_vcpu_id, cores);
            assert_eq!(requires.x2apic_at_boot, large, "{cores}");
            assert_eq!(requires.x2apic_api.len(), if large { 2 } else { 0 }, "{cores}");
        }
    }

    #[test]
    fn file_numbers_are_padded_to_the_last_index() {
        assert_eq!(file_name(VcpuIndex(7), 8), "vcpu-0007.cpuid2");
        assert_eq!(file_name(VcpuIndex(7), 10_000), "vcpu-0007.cpuid2");
        assert_eq!(file_name(VcpuIndex(7), 10_001), "vcpu-00007.cpuid2");
    }
}
