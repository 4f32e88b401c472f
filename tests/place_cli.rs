//! `topoc place`, and the placement in a compiled directory, as a user runs them.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/process.rs"]
mod process;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use process::{Run, topoc};
use serde_json::Value;
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Two sockets of two cores of two threads, a node each; the kernel numbers second threads last.
fn host() -> PathBuf {
    root().join("tests/ui/host/does_not_fit/host.json")
}

/// Both sockets in full, and what `topoc place` says of it with these arguments.
fn place(args: &[&str]) -> Run {
    let dir = TempDir::new().unwrap();
    let spec = "version: 1\nname: db\ntopology: { sockets: 2, cores: 2, threads: 2 }\n\
                numa: { per: socket, memory: 1GiB }\nhost: { fidelity: exact }\n";
    let host = host();
    let all = [&["place", "-", "--host", host.to_str().unwrap()], args].concat();
    topoc(dir.path(), &all, spec)
}

#[test]
fn people_see_a_line_for_each_core() {
    let run = place(&[]);
    assert_eq!(
        (run.code, run.out.as_str(), run.err.as_str()),
        (
            Some(0),
            "socket 0, node 0 on the host's node 0\n  vCPUs 0-1  CPUs 0, 4\n  vCPUs 2-3  CPUs 1, 5\n\
             socket 1, node 1 on the host's node 1\n  vCPUs 4-5  CPUs 2, 6\n  vCPUs 6-7  CPUs 3, 7\n",
            ""
        )
    );
}

#[test]
fn programs_see_the_same_in_each_form() {
    let json: Value = serde_json::from_str(&place(&["--format", "json"]).out).unwrap();
    assert_eq!((&json["name"], &json["host_cpus"]), (&Value::from("db"), &Value::from("0-7")));
    let cpus: Vec<u64> =
        json["vcpus"].as_array().unwrap().iter().map(|v| v["host_cpu"].as_u64().unwrap()).collect();
    assert_eq!(cpus, [0, 4, 1, 5, 2, 6, 3, 7]);

    let xml = place(&["--format", "libvirt"]).out;
    let document = format!("<domain>{xml}</domain>");
    let document = roxmltree::Document::parse(&document).unwrap();
    let pins = document.descendants().filter(|node| node.has_tag_name("vcpupin"));
    let pins: Vec<u64> = pins.map(|pin| pin.attribute("cpuset").unwrap().parse().unwrap()).collect();
    assert_eq!(pins, cpus);
    let nodes = document.descendants().filter(|node| node.has_tag_name("memnode"));
    let nodes: BTreeMap<_, _> =
        nodes.map(|node| (node.attribute("cellid").unwrap(), node.attribute("nodeset").unwrap())).collect();
    assert_eq!(nodes, BTreeMap::from([("0", "0"), ("1", "1")]));

    assert_eq!(place(&["--format", "cpuset"]).out, "cpuset.cpus 0-7\ncpuset.mems 0-1\n");
}

/// The script is run with a `taskset` that tells what it was asked.
#[test]
fn the_script_pins_each_thread_in_turn() {
    let dir = TempDir::new().unwrap();
    let taskset = dir.path().join("taskset");
    fs::write(&taskset, "#!/bin/sh\necho \"$@\"\n").unwrap();
    let script = dir.path().join("pin.sh");
    fs::write(&script, place(&["--format", "taskset"]).out).unwrap();
    let run = |tids: &[&str]| {
        let path = format!("{}:{}", dir.path().display(), std::env::var("PATH").unwrap());
        Command::new("sh").arg(&script).args(tids).env("PATH", path).output().unwrap()
    };
    Command::new("chmod").arg("+x").arg(&taskset).status().unwrap();
    let output = run(&["100", "101", "102", "103", "104", "105", "106", "107"]);
    let expected: String = [(0, 100), (4, 101), (1, 102), (5, 103), (2, 104), (6, 105), (3, 106), (7, 107)]
        .map(|(cpu, tid)| format!("--cpu-list --pid {cpu} {tid}\n"))
        .concat();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    assert_eq!(run(&["100"]).status.code(), Some(2));
}

#[test]
fn a_compiled_directory_has_its_placement() {
    let dir = TempDir::new().unwrap();
    let spec = "version: 1\ntopology: { cores: 2, threads: 2 }\nhost: { fidelity: sharing, cpus: 2-7 }\n";
    fs::write(dir.path().join("vm.topoc.yaml"), spec).unwrap();
    let host = host();
    let compiled =
        topoc(dir.path(), &["compile", "vm.topoc.yaml", "--host", host.to_str().unwrap(), "-o", "out"], "");
    assert_eq!(compiled.code, Some(0), "{}", compiled.err);
    let manifest: Value =
        serde_json::from_slice(&fs::read(dir.path().join("out/manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["fidelity"], "sharing");
    let cpus = |value: &Value| -> Vec<u64> {
        value["vcpus"].as_array().unwrap().iter().map(|v| v["host_cpu"].as_u64().unwrap()).collect()
    };
    // The second socket is the only one of which both cores have both threads.
    assert_eq!(cpus(&manifest), [2, 6, 3, 7]);
    let placed = topoc(dir.path(), &["place", "out", "--format", "json"], "");
    assert_eq!(cpus(&serde_json::from_str(&placed.out).unwrap()), [2, 6, 3, 7]);
    let of_manifest = topoc(dir.path(), &["place", "out/manifest.json", "--format", "json"], "");
    assert_eq!(of_manifest.out, placed.out);
    let both = topoc(dir.path(), &["place", "out", "--host", host.to_str().unwrap()], "");
    assert_eq!((both.code, both.out.as_str()), (Some(2), ""));
}

/// Without a fidelity nothing is placed at compiling; `place` asks for one by itself.
#[test]
fn who_asks_for_no_place_gets_none() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("vm.topoc.yaml"), "version: 1\ntopology: { cores: 2 }\n").unwrap();
    let host = host();
    let host = host.to_str().unwrap();
    topoc(dir.path(), &["compile", "vm.topoc.yaml", "--host", host, "-o", "out"], "");
    let none = topoc(dir.path(), &["place", "out", "--format", "libvirt"], "");
    assert_eq!((none.code, none.out.as_str()), (Some(1), ""));
    assert!(none.err.contains("fidelity: sharing"), "{}", none.err);
    assert_eq!(
        topoc(dir.path(), &["place", "out"], "").out,
        "socket 0\n  vCPU 0  CPU any\n  vCPU 1  CPU any\n"
    );
    let placed = topoc(dir.path(), &["place", "vm.topoc.yaml", "--host", host, "--format", "concise"], "");
    assert_eq!((placed.code, placed.out.as_str()), (Some(0), "socket 0\n  vCPU 0  CPU 0\n  vCPU 1  CPU 1\n"));
}

#[test]
fn what_does_not_fit_says_so_and_places_nothing() {
    let dir = TempDir::new().unwrap();
    let host = host();
    let spec = "version: 1\ntopology: { cores: 3 }\ncaches: { l3: { mode: none } }\n";
    let args = ["place", "-", "--host", host.to_str().unwrap(), "--fidelity", "exact"];
    let run = topoc(dir.path(), &args, spec);
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    assert!(run.err.contains("error[host::does_not_fit]: socket 0 has 3 cores"), "{}", run.err);
    let json = topoc(dir.path(), &[&args[..], &["--format", "json"]].concat(), spec);
    let findings: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(findings["findings"][0]["rule"], "host::does_not_fit");
    let no_host = topoc(dir.path(), &["place", "-"], spec);
    assert_eq!((no_host.code, no_host.out.as_str()), (Some(2), ""));
    assert!(no_host.err.contains("--host FILE"), "{}", no_host.err);
}

/// The placement of an example on a real host's shape: threads of a core are siblings there, and each socket's
/// vCPUs lie in one socket. Judged by the decoder's own partitions of the profile, not by the search's check.
#[test]
fn an_example_lies_where_the_decoder_says_that_it_may() {
    let dir = TempDir::new().unwrap();
    let profile = root().join("examples/hosts/two-socket-intel-xeon-8480plus.json");
    let spec = root().join("examples/whole-sockets.topoc.yaml");
    let (profile, spec) = (profile.to_str().unwrap(), spec.to_str().unwrap());
    let compiled = topoc(dir.path(), &["compile", spec, "--host", profile, "-o", "out"], "");
    assert_eq!(compiled.code, Some(0), "{}", compiled.err);
    let manifest: Value =
        serde_json::from_slice(&fs::read(dir.path().join("out/manifest.json")).unwrap()).unwrap();
    let decoded: Value =
        serde_json::from_str(&topoc(dir.path(), &["decode", profile, "--format", "json"], "").out).unwrap();
    let place_of: BTreeMap<u64, &Value> = decoded["places"]
        .as_array()
        .unwrap()
        .iter()
        .map(|place| (place["cpu"].as_u64().unwrap(), &place["units"]))
        .collect();
    for (guest, host) in [(&["socket", "core"][..], "core"), (&["socket"][..], "package")] {
        let mut units: BTreeMap<Vec<u64>, BTreeSet<u64>> = BTreeMap::new();
        for vcpu in manifest["vcpus"].as_array().unwrap() {
            let unit = guest.iter().map(|level| vcpu["place"][level].as_u64().unwrap()).collect();
            let cpu = vcpu["host_cpu"].as_u64().unwrap();
            units.entry(unit).or_default().insert(place_of[&cpu][host].as_u64().unwrap());
        }
        assert!(units.values().all(|on_host| on_host.len() == 1), "{host}: {units:?}");
        let distinct: BTreeSet<_> = units.values().collect();
        assert_eq!(distinct.len(), units.len(), "{host}");
    }
    let cpus: BTreeSet<_> =
        manifest["vcpus"].as_array().unwrap().iter().map(|v| v["host_cpu"].as_u64().unwrap()).collect();
    assert_eq!(cpus.len(), 64);
}
