//! `topoc mirror` as a user runs it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/examples.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod examples;

use std::fs;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Code, standard output, standard error.
type Run = (Option<i32>, String, String);

fn host(name: &str) -> String {
    examples::folder().join("hosts").join(name).into_os_string().into_string().unwrap()
}

fn topoc(dir: &TempDir, args: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_topoc"));
    let output = command.args(args).current_dir(dir.path()).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_mirror_compiles_for_its_host() {
    let dir = TempDir::new().unwrap();
    let host = host("two-socket-intel-xeon-gold-6140.json");
    let part = ["mirror", &host, "--cpus", "0-3,36-39", "-o", "part.topoc.yaml"];
    let (code, out, err) = topoc(&dir, &part);
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "", "wrote part.topoc.yaml: 8 vCPUs\n"));
    let (_, printed, _) = topoc(&dir, &part[..4]);
    assert_eq!(printed, fs::read_to_string(dir.path().join("part.topoc.yaml")).unwrap());
    let (code, _, err) = topoc(&dir, &["compile", "part.topoc.yaml", "--host", &host, "-o", "out"]);
    assert_eq!(code, Some(0), "{err}");
    let (_, tree, _) = topoc(&dir, &["decode", "out"]);
    assert!(tree.contains("1 socket, 4 cores, 8 threads"), "{tree}");
    // What stands there stays.
    let (code, _, err) = topoc(&dir, &part);
    assert!(code == Some(2) && err.contains("part.topoc.yaml exists; pass --force to replace it"), "{err}");
    let (code, ..) = topoc(&dir, &[&part[..], &["--force", "--pin"]].concat());
    assert_eq!(code, Some(0));
    assert!(fs::read_to_string(dir.path().join("part.topoc.yaml")).unwrap().contains("cpus: 36-39 }"));
}

#[test]
fn programs_get_the_pairs_and_what_is_unlike() {
    let dir = TempDir::new().unwrap();
    let (code, out, err) =
        topoc(&dir, &["mirror", &host("two-socket-amd-opteron-6274.json"), "--format", "json"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json["written"], &json["cpus"][31]), (&serde_json::Value::Null, &31.into()));
    assert_eq!(json["spec"]["topology"], serde_json::json!({ "sockets": 2, "cores": 16 }));
    assert_eq!(json["unlike"].as_array().unwrap().len(), 2);
    let (_, _, err) =
        topoc(&dir, &["mirror", &host("two-socket-amd-opteron-6274.json"), "-o", "a.topoc.yaml"]);
    assert!(err.contains("note: not as on the host: L2: on the host CPUs 0-1 share one"), "{err}");
}

#[test]
fn bad_input_says_what_is_there() {
    let dir = TempDir::new().unwrap();
    let host = host("one-socket-centaur-zx-d-4600.json");
    for (args, code, words) in [
        (
            &["mirror", &host, "--cpus", "6-9"][..],
            2,
            "CPUs 8-9 were not online\n  help: the host has CPUs 0-7",
        ),
        (&["mirror", &host, "--cpus", "3-1"], 2, "`3-1` descends"),
        (&["mirror", "nothing.json"], 2, "cannot read nothing.json"),
        (&["mirror", &host, "-o", "no/such/folder"], 2, "no/such/folder"),
    ] {
        let (found, _, err) = topoc(&dir, args);
        assert!(found == Some(code) && err.contains(words), "{args:?}: {found:?} {err}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// The shipped example is what the command writes.
#[test]
fn the_example_is_current() {
    let host = examples::host("two-socket-intel-xeon-8480plus");
    let cpus = "0-7,56-63,112-119,168-175".parse().unwrap();
    let mirrored = topoc::mirror::mirror(&host, Some(&cpus)).unwrap();
    examples::is_current("examples/mirrors/xeon-8480plus.topoc.yaml", &mirrored.text(), "mirror_cli");
}
