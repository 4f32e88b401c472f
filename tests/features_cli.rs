//! `topoc features`, `topoc baseline` and the baseline that a spec names, as a user runs them.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/process.rs"]
mod process;

use std::fs;
use std::path::{Path, PathBuf};

use process::{Run, topoc};
use serde_json::Value;
use tempfile::TempDir;

const OLD: &str = "two-socket-intel-xeon-gold-6140";
const NEW: &str = "two-socket-intel-xeon-8480plus";

fn host(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hosts").join(format!("{name}.json"))
}

/// A repository with a baseline of two hosts, and a spec that names it in this way.
fn repository(named: &str) -> TempDir {
    let dir = TempDir::new().unwrap();
    for folder in [".git", "specs", "fleet"] {
        fs::create_dir(dir.path().join(folder)).unwrap();
    }
    let (old, new) = (host(OLD), host(NEW));
    let args = ["baseline", old.to_str().unwrap(), new.to_str().unwrap(), "-o", "fleet/xeon.json"];
    assert_eq!(topoc(dir.path(), &args, "").code, Some(0));
    let spec = format!("version: 1\ntopology: {{ cores: 2 }}\ncpu: {{ baseline: {named} }}\n");
    fs::write(dir.path().join("specs/vm.topoc.yaml"), spec).unwrap();
    dir
}

fn check(dir: &Path) -> Run {
    topoc(dir, &["check", "specs/vm.topoc.yaml", "--host", host(OLD).to_str().unwrap()], "")
}

#[test]
fn features_are_listed_in_any_spelling() {
    let dir = TempDir::new().unwrap();
    let all = topoc(dir.path(), &["features"], "");
    assert_eq!(all.code, Some(0));
    assert!(all.out.lines().count() > 230, "{}", all.out);
    let two = topoc(dir.path(), &["features", "SSE4.1", "invtsc"], "");
    let lines: Vec<&str> = two.out.lines().skip(1).map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!((two.code, lines), (Some(0), vec!["sse4_1", "constant_tsc"]), "{}", two.out);
    assert!(two.out.contains("CPUID.(EAX=01H):ECX[19]"), "{}", two.out);
    let none = topoc(dir.path(), &["features", "avx2", "axv2"], "");
    assert_eq!((none.code, none.out.as_str()), (Some(2), ""));
    assert!(
        none.err.contains("axv2 is no CPU feature") && none.err.contains("help: topoc features avx2"),
        "{}",
        none.err
    );
}

#[test]
fn a_host_says_what_a_guest_can_have() {
    let dir = TempDir::new().unwrap();
    let path = host(NEW);
    let args = ["features", "avx2", "amx_tile", "sgx", "sse4a", "topoext", "--host", path.to_str().unwrap()];
    let human = topoc(dir.path(), &args, "").out;
    for (name, word) in [("avx2", "  yes"), ("amx_tile", "  no: the CPU does"), ("sse4a", "  no  ")] {
        let line = human.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line.contains(word), "{line}");
    }
    let json = topoc(dir.path(), &[&args[..], &["--format", "json"]].concat(), "");
    let json: Value = serde_json::from_str(&json.out).unwrap();
    let of =
        |name: &str| json["features"].as_array().unwrap().iter().find(|f| f["name"] == name).unwrap().clone();
    assert_eq!(of("avx2")["offered"], true);
    assert_eq!((&of("avx2")["leaf"], &of("avx2")["subleaf"]), (&"0x00000007".into(), &0.into()));
    assert_eq!((&of("avx2")["register"], &of("avx2")["bit"]), (&"ebx".into(), &5.into()));
    assert_eq!(of("avx2")["needs"], serde_json::json!(["avx"]));
    assert_eq!((&of("amx_tile")["offered"], &of("amx_tile")["cpu"]), (&false.into(), &true.into()));
    assert!(of("topoext")["decided"].is_string());
}

#[test]
fn a_baseline_is_written_once_and_says_who_loses_what() {
    let dir = TempDir::new().unwrap();
    let (old, new) = (host(OLD), host(NEW));
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    let first = topoc(dir.path(), &["baseline", old, new, "-o", "b.json"], "");
    assert_eq!(first.code, Some(0), "{}", first.err);
    assert!(first.err.contains(&format!("{OLD}: loses nothing")), "{}", first.err);
    let loses = first.err.lines().find(|line| line.starts_with(NEW)).unwrap();
    assert!(loses.contains("vaes") && loses.contains("avx512_fp16") && !loses.contains("avx512f"), "{loses}");
    let printed = topoc(dir.path(), &["baseline", old, new, "-o", "-"], "");
    assert_eq!(printed.out, fs::read_to_string(dir.path().join("b.json")).unwrap());
    let again = topoc(dir.path(), &["baseline", old, "-o", "b.json"], "");
    assert_eq!(again.code, Some(2));
    assert!(again.err.contains("exists; pass --force"), "{}", again.err);
    assert_eq!(topoc(dir.path(), &["baseline", old, "-o", "b.json", "--force"], "").code, Some(0));
    let amd = host("two-socket-amd-epyc-9654");
    let mixed = topoc(dir.path(), &["baseline", old, amd.to_str().unwrap(), "-o", "c.json"], "");
    assert_eq!(mixed.code, Some(1));
    assert!(mixed.err.contains("no guest migrates between vendors") && !dir.path().join("c.json").exists());
}

#[test]
fn a_spec_finds_its_baseline_within_the_repository() {
    let dir = repository("../fleet/xeon.json");
    let run = check(dir.path());
    assert_eq!(run.code, Some(0), "{}", run.err);
    let args = ["compile", "specs/vm.topoc.yaml", "--host", host(NEW).to_str().unwrap(), "-o", "out"]
        .map(str::to_owned);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    assert_eq!(topoc(dir.path(), &args, "").code, Some(0));
    let manifest = fs::read_to_string(dir.path().join("out/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let digest = manifest["baseline_sha256"].as_str().unwrap().to_owned();
    assert_eq!(digest.len(), 64);
    let text = fs::read_to_string(dir.path().join("fleet/xeon.json")).unwrap();
    fs::write(dir.path().join("fleet/xeon.json"), text.replacen("    \"avx2\",\n", "", 1)).unwrap();
    assert_eq!(topoc(dir.path(), &[&args[..], &["--force"]].concat(), "").code, Some(0));
    let manifest = fs::read_to_string(dir.path().join("out/manifest.json")).unwrap();
    assert!(!manifest.contains(&digest), "another baseline, another digest");
}

/// A spec from someone else cannot make topoc read, or show, what is not in its repository.
#[test]
fn a_baseline_outside_of_the_repository_is_refused() {
    let outside = TempDir::new().unwrap();
    let secret = outside.path().join("secret.json");
    fs::write(&secret, "hunter2").unwrap();
    let refused = |dir: &TempDir, why: &str| {
        let run = check(dir.path());
        assert_eq!(run.code, Some(1), "{}", run.err);
        assert!(run.err.contains("features::baseline_unread") && run.err.contains(why), "{}", run.err);
        assert!(!run.err.contains("hunter2"), "{}", run.err);
    };
    refused(&repository(secret.to_str().unwrap()), "the path is absolute");
    refused(&repository("../../../../../../../../../etc/hostname"), "outside of the repository");
    refused(&repository("../fleet"), "it is no plain file");
    refused(&repository("../fleet/none.json"), "No such file");
    refused(&repository("vm.topoc.yaml"), "not a baseline of topoc");
    let long = repository("../fleet/long.json");
    fs::write(long.path().join("fleet/long.json"), vec![b'x'; (1 << 20) + 1]).unwrap();
    refused(&long, "larger than 1 MiB");
    #[cfg(unix)]
    {
        let linked = repository("../fleet/link.json");
        std::os::unix::fs::symlink(&secret, linked.path().join("fleet/link.json")).unwrap();
        refused(&linked, "outside of the repository");
    }
    // Without a repository the spec's own folder is the bound.
    let alone = repository("../fleet/xeon.json");
    fs::remove_dir(alone.path().join(".git")).unwrap();
    refused(&alone, "outside of the repository");
}

#[test]
fn a_spec_from_standard_input_names_no_baseline() {
    let dir = repository("../fleet/xeon.json");
    let spec = "version: 1\ntopology: { cores: 2 }\ncpu: { baseline: fleet/xeon.json }\n";
    let run = topoc(dir.path(), &["check", "-"], spec);
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("a spec from standard input stands nowhere"), "{}", run.err);
}
