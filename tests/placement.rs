//! Where a machine runs, and what it is made of by merges, as the command writes it into the manifest.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// What a run printed, and the manifest that it wrote.
fn compile(spec: &str) -> (String, Option<Value>) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.topoc.yaml"), spec).unwrap();
    let host =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hosts/two-socket-intel-xeon-gold-6140.json");
    let output = Command::new(env!("CARGO_BIN_EXE_topoc"))
        .args(["compile", "a.topoc.yaml", "-o", "out", "--format", "concise", "--host"])
        .arg(host)
        .current_dir(dir.path())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    let manifest = fs::read(dir.path().join("out/manifest.json")).ok();
    (printed, manifest.map(|text| serde_json::from_slice(&text).unwrap()))
}

fn manifest(spec: &str) -> Value {
    let (printed, manifest) = compile(spec);
    manifest.unwrap_or_else(|| panic!("{printed}"))
}

#[test]
fn the_manifest_has_the_place_of_each_vcpu_and_node() {
    let manifest = manifest(
        "version: 1\ntopology: { sockets: 2, cores: 2 }\n\
         numa:\n  nodes:\n    - { sockets: [0], memory: 1GiB, host_node: 1 }\n    - { sockets: [1], memory: 2GiB }\n\
         host:\n  cpus: 0-71\n  pin:\n    - { vcpus: \"0,2\", cpus: \"18,40\" }\n    - { vcpus: 1, cpus: 19 }\n",
    );
    let cpus: Vec<&Value> = manifest["vcpus"].as_array().unwrap().iter().map(|v| &v["host_cpu"]).collect();
    assert_eq!(json!(cpus), json!([18, 19, 40, null]));
    assert_eq!(manifest["host_cpus"], "0-71");
    assert_eq!(manifest["nodes"][0]["host_node"], 1);
    assert_eq!(manifest["nodes"][1].get("host_node"), None);
    assert_eq!(manifest.get("memory"), None);
}

#[test]
fn placement_changes_no_table_and_every_digest_of_the_spec() {
    let spec = |rest: &str| manifest(&format!("version: 1\ntopology: {{ cores: 2 }}\n{rest}"));
    let (plain, memory) = (spec(""), spec("memory: 4GiB\n"));
    let others =
        [spec("host: { cpus: 0-7 }\n"), spec("host: { pin: [{ vcpus: 0-1, cpus: 4-5 }] }\n"), memory];
    for other in &others {
        assert_eq!(other["vcpus"][1]["sha256"], plain["vcpus"][1]["sha256"]);
        assert_ne!(other["spec_sha256"], plain["spec_sha256"]);
    }
    assert_eq!(others[2]["memory"], 4_u64 << 30);
    let node =
        |rest: &str| spec(&format!("numa: {{ nodes: [{{ sockets: [0]{rest} }}] }}\n"))["spec_sha256"].clone();
    assert_ne!(node(""), node(", host_node: 1"));
}

/// Merges of a mapping and of lists, in the topology, in nodes and in pins: the machine is that of the
/// spec without them.
#[test]
fn merged_parts_are_those_written_out() {
    let merged = manifest(
        "version: 1\nx-node: &node { memory: 1GiB, host_node: 0 }\nx-smt: &smt { threads: 2, cores: 9 }\n\
         x-big: &big { cores: 4, sockets: 9 }\n\
         topology: { <<: [*smt, *big], cores: 2, sockets: 2 }\n\
         numa:\n  nodes:\n    - { <<: *node, sockets: [0] }\n    - { sockets: [1], <<: *node, host_node: 1 }\n\
         host:\n  pin:\n    - { <<: { vcpus: 0, cpus: 3 } }\n",
    );
    let plain = manifest(
        "version: 1\ntopology: { sockets: 2, cores: 2, threads: 2 }\n\
         numa:\n  nodes:\n    - { sockets: [0], memory: 1GiB, host_node: 0 }\n    \
         - { sockets: [1], memory: 1GiB, host_node: 1 }\n\
         host:\n  pin:\n    - { vcpus: 0, cpus: 3 }\n",
    );
    assert_eq!(merged["spec_sha256"], plain["spec_sha256"]);
    assert_eq!(merged["vcpus"], plain["vcpus"]);
}

/// `x-` keys are ignored at the top and unknown elsewhere; what is no key, and what a rule finds, is told at the merge;
/// what is written twice beside one at the second.
#[test]
fn mistakes_around_merges_are_told_where_they_are() {
    let spec = |rest: &str| compile(&format!("version: 1\n{rest}")).0;
    let unknown = spec("topology: { cores: 2, x-note: 1 }\n");
    assert!(unknown.contains("a.topoc.yaml:2:23: error[spec::unknown_key]"), "{unknown}");
    let merged = spec(
        "x-node: &node { memry: 1GiB }\ntopology: { cores: 2 }\nnuma: { nodes: [{ <<: *node, sockets: [0] }] }\n",
    );
    assert!(merged.contains("a.topoc.yaml:4:23: error[spec::unknown_key]"), "{merged}");
    assert!(merged.contains("`numa.nodes[0]` has no key `memry`"), "{merged}");
    let twice = spec("x-a: &a { cores: 2 }\ntopology: { <<: *a, threads: 2, threads: 1 }\n");
    assert!(twice.contains("a.topoc.yaml:3:33: error[yaml::duplicate_key]"), "{twice}");
    let rule =
        spec("x-node: &node { sockets: [7] }\ntopology: { cores: 2 }\nnuma: { nodes: [{ <<: *node }] }\n");
    assert!(rule.contains("a.topoc.yaml:4:23: error[numa::no_such_cpu]"), "{rule}");
}

/// Distances are rows or a mapping, and each form has mistakes of its own.
#[test]
fn distances_of_either_form_say_what_is_wrong_where_it_is() {
    let spec = |distances: &str| {
        compile(&format!(
            "version: 1\ntopology: {{ dies: 2 }}\nnuma:\n  per: die\n  distances: {distances}\n"
        ))
        .0
    };
    for (distances, place, says) in [
        ("20", "5:14", "`numa.distances` must be rows of numbers, or `same_socket` and `remote`, not `20`"),
        ("{ same_sockets: 12 }", "5:16", "`numa.distances` has no key `same_sockets`"),
        ("{ remote: [20] }", "5:24", "`numa.distances.remote` must be a whole number"),
        ("[10, 20]", "5:15", "`numa.distances[0]` must be a list"),
        ("[[10, a], [20, 10]]", "5:20", "`numa.distances[0][1]` must be a whole number"),
        ("{ same_socket: 300 }", "5:29", "the distance between nodes of one socket is 300"),
    ] {
        let printed = spec(distances);
        assert!(printed.contains(&format!("a.topoc.yaml:{place}: error[")), "{distances}: {printed}");
        assert!(printed.contains(says), "{distances}: {printed}");
    }
}
