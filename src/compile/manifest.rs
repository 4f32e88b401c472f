//! The manifest of a compiled machine.

use std::collections::HashMap;

use super::Origin;
use super::digest::spec_digest;
use crate::emit::{self, Base, MANIFEST_VERSION, Manifest, ManifestNode, ManifestVcpu, Requires, digest};
use crate::lower::Machine;
use crate::place::Placement;
use crate::profile::PreparedHost;
use crate::spec::{Host, Irqchip, Spec};
use crate::topology::Topology;

pub(super) fn manifest(
    spec: &Spec,
    origin: Origin<'_>,
    host: &PreparedHost<'_>,
    machine: &Machine<'_>,
    blobs: &[Vec<u8>],
    assumed: bool,
    place: Option<&Placement>,
) -> Manifest {
    let Machine { topology, numbered, .. } = machine;
    let placement = spec.host.as_ref();
    let pinned: HashMap<u32, u32> =
        placement.into_iter().flat_map(Host::pairs).map(|(_, vcpu, cpu)| (vcpu, cpu)).collect();
    let vcpus = topology
        .vcpus()
        .zip(blobs)
        .map(|(vcpu, blob)| ManifestVcpu {
            index: vcpu.0,
            vcpu_id: numbered.id(vcpu).0,
            place: emit::place(topology, topology.place(vcpu)),
            node: topology.node_of(vcpu),
            host_cpu: pinned.get(&vcpu.0).or_else(|| place?.cpu_of.get(usize::from(vcpu))).copied(),
            present: topology.is_present(vcpu),
            file: emit::file_name(vcpu, topology.vcpu_count()),
            sha256: digest::sha256(blob),
        })
        .collect();
    Manifest {
        topoc_manifest: MANIFEST_VERSION,
        topoc: env!("CARGO_PKG_VERSION").to_owned(),
        name: spec.name.clone(),
        spec_source_sha256: origin.text.map(digest::sha256),
        spec_sha256: spec_digest(spec, topology),
        profile_sha256: host.digest().to_owned(),
        baseline_sha256: origin.baseline.and_then(Result::ok).map(|b| digest::sha256(b.to_json().as_bytes())),
        vendor: machine.processor.vendor,
        base: if assumed { Base::Assumed } else { Base::Kvm },
        requires: Requires::of(
            numbered,
            machine.irqchip != Irqchip::User,
            machine.hypervisor.msi_ext_dest_id(),
        ),
        fidelity: placement.and_then(|host| host.fidelity),
        host_cpus: placement.and_then(|host| host.cpus.as_ref()).map(ToString::to_string),
        memory: spec.memory.map(|size| size.0),
        nodes: nodes(topology, place),
        distances: topology.distances().to_vec(),
        vcpus,
    }
}

/// The nodes, each with the host's that the spec binds it to or where its place was found.
fn nodes(topology: &Topology, place: Option<&Placement>) -> Vec<ManifestNode> {
    let mut nodes = emit::nodes(topology);
    let found = place.map(|place| place.node_of.as_slice()).unwrap_or_default();
    for (node, found) in nodes.iter_mut().zip(found) {
        node.host_node = node.host_node.or(*found);
    }
    nodes
}
