//! The digest of what a spec means.

use serde::Serialize;

use crate::emit::digest;
use crate::spec::{self, Spec};
use crate::topology::{Domain, Topology};

/// The resolved spec in canonical form. The order of fields is part of the digest.
///
/// A section whose keys are not resolved elsewhere stands here as it is written, so that a new key is
/// part of the digest by being part of the language.
#[derive(Serialize)]
struct Canonical<'a> {
    version: u32,
    name: Option<&'a str>,
    /// By vCPU: its place inner to outer, its core's type, whether it is present.
    vcpus: Vec<([u32; 8], Option<spec::CoreType>, bool)>,
    id_bits: [Option<u32>; 8],
    caches: spec::Caches,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<spec::Size>,
    nodes: Vec<(Vec<u32>, Option<u64>)>,
    /// By the node's number, where the spec says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    host_nodes: Vec<(u32, u32)>,
    distances: &'a [Vec<u32>],
    cpu: spec::Cpu,
    host: spec::Host,
    vmm: spec::Vmm,
    guest: spec::Guest,
}

/// The digest of what a spec means: the same for every order of keys, comment and alias.
pub(super) fn spec_digest(spec: &Spec, topology: &Topology) -> String {
    let vcpu = |vcpu| {
        let place = Domain::ALL.map(|domain| topology.place(vcpu).index(domain));
        (place, topology.core_type(vcpu), topology.is_present(vcpu))
    };
    let canonical = Canonical {
        version: 1,
        name: spec.name.as_deref(),
        vcpus: topology.vcpus().map(vcpu).collect(),
        id_bits: Domain::ALL.map(|domain| topology.id_bits(domain)),
        caches: spec.caches.clone().unwrap_or_default(),
        nodes: topology.nodes().iter().map(|n| (n.vcpus.iter().map(|v| v.0).collect(), n.memory)).collect(),
        memory: spec.memory,
        host_nodes: (0..).zip(topology.nodes()).filter_map(|(i, n)| Some((i, n.host_node?))).collect(),
        distances: topology.distances(),
        cpu: spec.cpu.clone().unwrap_or_default(),
        host: spec.host.clone().unwrap_or_default(),
        vmm: vmm(spec),
        guest: spec.guest.clone().unwrap_or_default(),
    };
    // Plain data with string keys: serialising cannot fail.
    digest::sha256(&serde_json::to_vec(&canonical).unwrap_or_default())
}

/// What the monitor does, with what the spec leaves out.
fn vmm(spec: &Spec) -> spec::Vmm {
    let written = spec.vmm.clone().unwrap_or_default();
    spec::Vmm {
        irqchip: Some(written.irqchip.unwrap_or_default()),
        x2apic_at_boot: Some(written.x2apic_at_boot.unwrap_or(false)),
        interrupt_remapping: Some(written.interrupt_remapping.unwrap_or(false)),
        apic_bus: written.apic_bus,
    }
}
