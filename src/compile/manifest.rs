//! The manifest of a compiled machine.

use std::collections::HashMap;

use super::Origin;
use super::digest::spec_digest;
use crate::emit::{self, Base, MANIFEST_VERSION, Manifest, ManifestVcpu, Requires, digest};
use crate::lower::Machine;
use crate::profile::PreparedHost;
use crate::spec::{Host, Irqchip, Spec};

pub(super) fn manifest(
    spec: &Spec,
    origin: Origin<'_>,
    host: &PreparedHost<'_>,
    machine: &Machine<'_>,
    blobs: &[Vec<u8>],
    assumed: bool,
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
            host_cpu: pinned.get(&vcpu.0).copied(),
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
        host_cpus: placement.and_then(|host| host.cpus.as_ref()).map(ToString::to_string),
        memory: spec.memory.map(|size| size.0),
        nodes: emit::nodes(topology),
        distances: topology.distances().to_vec(),
        vcpus,
    }
}
