//! Where the vCPUs of a compiled machine run, in the forms of the programs that put them there: one file per form.
//!
//! All is taken from the manifest, whoever made the placement: the spec's pins or the search.

mod cpuset;
mod libvirt;
mod summary;
mod taskset;

pub use cpuset::cpuset;
pub use libvirt::libvirt;
pub use summary::summary;
pub use taskset::taskset;

use schemars::JsonSchema;
use serde::Serialize;

use super::Manifest;
use crate::spec::CpuList;

/// Where a machine runs, for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Placement {
    /// The spec's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// All CPUs of the host that are taken, such as `8-15`.
    pub host_cpus: String,
    /// Each vCPU by index, and its CPU.
    pub vcpus: Vec<PlacedVcpu>,
    /// Each node that a node of the host backs.
    pub nodes: Vec<PlacedNode>,
}

/// A vCPU and its CPU of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlacedVcpu {
    /// The vCPU's index.
    pub index: u32,
    /// Its ID: the argument of KVM_CREATE_VCPU.
    pub vcpu_id: u32,
    /// The host's CPU, by the kernel's number.
    pub host_cpu: u32,
}

/// A node and its node of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlacedNode {
    /// The guest's node.
    pub node: u32,
    /// The host's node, by the kernel's number.
    pub host_node: u32,
}

impl Placement {
    /// What a manifest says of it. `None` where it leaves some vCPU to the host's scheduler.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Option<Self> {
        let vcpu = |vcpu: &super::ManifestVcpu| {
            Some(PlacedVcpu { index: vcpu.index, vcpu_id: vcpu.vcpu_id, host_cpu: vcpu.host_cpu? })
        };
        let vcpus: Vec<PlacedVcpu> = manifest.vcpus.iter().map(vcpu).collect::<Option<_>>()?;
        let node =
            |node: &super::ManifestNode| Some(PlacedNode { node: node.node, host_node: node.host_node? });
        Some(Self {
            name: manifest.name.clone(),
            host_cpus: vcpus.iter().map(|vcpu| vcpu.host_cpu).collect::<CpuList>().to_string(),
            nodes: manifest.nodes.iter().filter_map(node).collect(),
            vcpus,
        })
    }

    /// All nodes of the host that are taken, such as `0-1`; empty where none is bound.
    fn host_nodes(&self) -> String {
        self.nodes.iter().map(|node| node.host_node).collect::<CpuList>().to_string()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Four vCPUs on two cores of a host that numbers second threads last, and two nodes.
    pub(in crate::emit::placement) fn example() -> Placement {
        let vcpu = |(index, host_cpu)| PlacedVcpu { index, vcpu_id: index + 4 * (index / 2), host_cpu };
        let node = |(node, host_node)| PlacedNode { node, host_node };
        Placement {
            name: Some("db".to_owned()),
            host_cpus: "8,14,72,78".to_owned(),
            vcpus: [(0, 8), (1, 72), (2, 14), (3, 78)].map(vcpu).to_vec(),
            nodes: [(0, 1), (1, 3)].map(node).to_vec(),
        }
    }
}
