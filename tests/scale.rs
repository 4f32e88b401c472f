//! The largest machines that KVM can be built for: 4,096 vCPUs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/examples.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod examples;

use std::time::{Duration, Instant};

use topoc::compile::{CompileError, Compiled, compile};
use topoc::decode::Answers;
use topoc::diag::Severity;
use topoc::profile::{Capabilities, HostProfile, KvmPart, base_table};

const INTEL: &str = "two-socket-intel-xeon-8480plus";
const AMD: &str = "two-socket-amd-epyc-9654";

/// 32 sockets of four nodes each, four dies of 32 vCPUs.
const LARGEST: &str = "
version: 1
topology: { sockets: 32, dies: 4, cores: 16, threads: 2 }
numa: { per: die, memory: 64GiB, distances: { same_socket: 12, remote: 32 } }
cpu: { hypervisor: { msi_ext_dest_id: true } }
vmm: { x2apic_at_boot: true }
host: { fidelity: none }
";

/// An example host whose kernel is built with this CONFIG_KVM_MAX_NR_VCPUS; IDs end at four times that.
fn host(name: &str, max_vcpus: u32) -> HostProfile {
    let host = examples::host(name);
    let capabilities = Capabilities {
        max_vcpus: Some(max_vcpus),
        max_vcpu_id: Some(4 * max_vcpus),
        x2apic_api: Some(3),
        ..Capabilities::default()
    };
    let table = base_table(&host).unwrap().table;
    let kvm = KvmPart { capabilities, supported_cpuid: Some(table), ..KvmPart::default() };
    HostProfile { kvm: Some(kvm), ..host }
}

fn of(spec: &str, host: &HostProfile) -> Result<Compiled, CompileError> {
    let parsed = topoc::spec::parse(spec.as_bytes()).unwrap_or_else(|f| panic!("{:?}", f.diagnostics()));
    compile(parsed.spec(), host)
}

/// Leaf 8000001EH of a vCPU, as a guest reads it.
fn leaf_1e(compiled: &Compiled, vcpu: usize) -> [u32; 4] {
    Answers::from_blob(&compiled.blobs()[vcpu]).unwrap().get(0x8000_001e, 0)
}

#[test]
fn the_largest_machine_compiles_where_kvm_is_built_for_it() {
    for name in [INTEL, AMD] {
        let start = Instant::now();
        let compiled = of(LARGEST, &host(name, 4096)).unwrap();
        // About a second; what grows with the square of a count takes minutes.
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
        assert_eq!(compiled.blobs().len(), 4096);
        let manifest = compiled.manifest();
        assert_eq!((manifest.nodes.len(), manifest.requires.max_vcpu_id), (128, 4096));
        assert_eq!(manifest.vcpus[4095].node, Some(127));
        assert_eq!(manifest.distances[127][123..], [32, 12, 12, 12, 10]);
        if name == AMD {
            // NodesPerProcessor 4, NodeId 127; CoreId 63.
            assert_eq!(leaf_1e(&compiled, 4095), [4095, 0x13f, 0x37f, 0]);
        }
    }
}

#[test]
fn a_smaller_kvm_refuses_it_and_names_its_own_limit() {
    let refused = |spec: &str, host: &HostProfile| match of(spec, host) {
        Err(refused @ CompileError::Refused(_)) => refused.to_string(),
        other => panic!("{:?}", other.map(|compiled| compiled.blobs().len())),
    };
    assert_eq!(
        refused(LARGEST, &host(INTEL, 1024)),
        "host::vcpus_beyond_kvm_limit: the machine has 4096 vCPUs, KVM on this host creates 1024 at most"
    );
    // A profile that does not say has the end of CONFIG_KVM_MAX_NR_VCPUS for its limit.
    let larger = "version: 1\ntopology: { sockets: 64, cores: 16384 }\nhost: { fidelity: none }\n";
    assert_eq!(
        refused(larger, &examples::host(INTEL)),
        "host::vcpus_beyond_kvm_limit: the machine has 1048576 vCPUs, KVM creates 4096 at most however it is built"
    );
}

/// 8000001EH has eight bits for a core and eight for a node.
#[test]
fn numbers_beyond_their_field_are_cut_and_a_warning_says_what_is_read() {
    let rest = "cpu: { hypervisor: { msi_ext_dest_id: true } }\nvmm: { x2apic_at_boot: true }\n";
    for (topology, read, warning) in [
        (
            "cores: 258",
            [257, 1, 0, 0],
            "257, CPUID.8000001EH:EBX[7:0] (CoreId) holds 0 to 255: the guest reads 1",
        ),
        (
            "sockets: 257",
            [256, 0, 0, 0],
            "256, CPUID.8000001EH:ECX[7:0] (NodeId) holds 0 to 255: the guest reads 0",
        ),
    ] {
        let spec = format!("version: 1\ntopology: {{ {topology} }}\n{rest}host: {{ fidelity: none }}\n");
        let compiled = of(&spec, &host(AMD, 4096)).unwrap();
        assert_eq!(leaf_1e(&compiled, compiled.blobs().len() - 1), read, "{topology}");
        let found =
            compiled.report().diagnostics.iter().find(|d| d.rule == "topology::number_truncated").unwrap();
        assert_eq!(found.severity, Severity::Warning);
        assert!(found.message.ends_with(warning), "{}", found.message);
    }
}

/// NodesPerProcessor ends at 8: nine nodes of a socket stand in ACPI alone, and eight in CPUID.
#[test]
fn amd_says_eight_nodes_of_a_socket_at_most() {
    let spec = |dies| format!("version: 1\ntopology: {{ dies: {dies} }}\nnuma: {{ per: die }}\n");
    let eight = of(&spec(8), &host(AMD, 4096)).unwrap();
    assert_eq!(leaf_1e(&eight, 7), [7, 7, 0x707, 0]);
    let nine = of(&spec(9), &host(AMD, 4096)).unwrap();
    assert_eq!(leaf_1e(&nine, 8)[2], 0);
    let found = nine.report().diagnostics.iter().find(|d| d.rule == "numa::amd_node_count").unwrap();
    assert!(found.message.contains("9 nodes") && found.message.contains("1, 2, 4 or 8"), "{}", found.message);
}
