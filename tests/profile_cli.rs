//! `topoc profile`: what it prints, and how it ends.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::root;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Exit code, standard output, standard error.
fn topoc(args: &[&str], folder: &Path, stdin: &[u8]) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_topoc"))
        .arg("profile")
        .args(args)
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read it may be gone already.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn hosts() -> PathBuf {
    root().join("examples/hosts")
}

/// A shipped host as JSON, changed.
fn changed(name: &str, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value = serde_json::from_slice(&fs::read(hosts().join(format!("{name}.json"))).unwrap()).unwrap();
    change(&mut value);
    serde_json::to_vec_pretty(&value).unwrap()
}

/// A host of which CPU 1 repeats CPU 0.
fn unpinned() -> Vec<u8> {
    changed("live-amd-genoa-2cpu", |host| {
        host["cpus"]["differences"]["1"] = json!({});
    })
}

const GENOA: &str = "live-amd-genoa-2cpu.json";
const OPTERON: &str = "two-socket-amd-opteron-6274.json";

#[test]
fn a_sound_profile_is_checked_in_silence() {
    let (code, out, err) = topoc(&["check", GENOA], &hosts(), b"");
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", "checked 1 profile: 0 errors, 0 warnings\n"));
}

#[test]
fn a_broken_capture_ends_with_1_and_a_warning_does_not() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("bad.json"), unpinned()).unwrap();
    let (code, out, err) = topoc(&["check", "bad.json"], folder.path(), b"");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("error[one-id]: all 2 CPUs have x2APIC ID 0x0\n"), "{err}");
    for words in
        ["bad.json:", "2 CPUs: 0-1", "  help: the capturing process was not moved", "1 error, 0 warnings"]
    {
        assert!(err.contains(words), "{words} in\n{err}");
    }
    let (code, _, err) = topoc(&["check", OPTERON], &hosts(), b"");
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("warning[subleaf-missing]") && err.contains("0 errors, 1 warning"), "{err}");
}

#[test]
fn several_profiles_go_on_one_line_each_and_into_one_document() {
    let good = hosts().join(GENOA);
    let odd = hosts().join(OPTERON);
    let args = ["check", "-", good.to_str().unwrap(), odd.to_str().unwrap(), "--format"];
    let (code, out, err) = topoc(&[&args[..], &["concise"]].concat(), root(), &unpinned());
    assert_eq!((code, out.as_str(), err.lines().count()), (1, "", 3), "{err}");
    assert!(err.starts_with("<stdin>:"), "{err}");
    assert!(err.ends_with("checked 3 profiles: 1 error, 1 warning\n"), "{err}");
    let (code, out, err) = topoc(&[&args[..], &["json"]].concat(), root(), &unpinned());
    assert_eq!((code, err.as_str()), (1, ""));
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&value["errors"], &value["warnings"]), (&json!(1), &json!(1)));
    let [first, second] = value["findings"].as_array().unwrap().as_slice() else { panic!("{out}") };
    let part = |finding: &Value| ["rule", "severity", "file", "cpus", "page"].map(|key| finding[key].clone());
    assert_eq!(
        part(first),
        ["one-id", "error", "<stdin>", "0-1", "docs/profile-faults.md"].map(|text| json!(text))
    );
    assert_eq!(
        (&second["rule"], &second["severity"], &second["cpus"]),
        (&json!("subleaf-missing"), &json!("warning"), &json!("0-31"))
    );
}

#[test]
fn a_file_that_is_no_profile_is_told_and_the_others_are_checked() {
    let good = hosts().join(GENOA);
    let (code, _, err) = topoc(&["check", "-", good.to_str().unwrap()], root(), b"{}");
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("<stdin>:") && err.contains("topoc_host_profile"), "{err}");
    assert_eq!(topoc(&["check", "nowhere.json"], root(), b"").0, 2);
    assert_eq!(topoc(&["check"], root(), b"").0, 2);
}

#[test]
fn diff_ends_as_diff_does() {
    let folder = TempDir::new().unwrap();
    let run = |args: &[&str], stdin: &[u8]| topoc(args, folder.path(), stdin);
    let old = fs::read(hosts().join(GENOA)).unwrap();
    fs::write(folder.path().join("a.json"), &old).unwrap();
    fs::write(folder.path().join("bad.json"), b"{}").unwrap();
    assert_eq!(run(&["diff", "a.json", "-"], &old), (0, String::new(), "alike\n".to_owned()));
    let dated = changed("live-amd-genoa-2cpu", |host| host["origin"]["date"] = json!("2027-01-02"));
    let (code, out, err) = run(&["diff", "a.json", "-"], &dated);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(
        out,
        "Varies from capture to capture:\n  date: 2026-11-22 → 2027-01-02 (of the capture, not of the machine)\n"
    );
    let newer = changed("live-amd-genoa-2cpu", |host| {
        host["kernel"] = json!("6.19");
        host["kvm"]["capabilities"]["max_vcpus"] = json!(4096);
    });
    let (code, out, _) = run(&["diff", "a.json", "-"], &newer);
    assert_eq!(code, 1);
    assert_eq!(out, "Host:\n  kernel: 6.18 → 6.19\n\nKVM:\n  KVM_CAP_MAX_VCPUS: 1024 → 4096\n");
    let (code, out, _) = run(&["diff", "-", "a.json", "--format", "concise"], &newer);
    assert_eq!((code, out.as_str()), (1, "Host: kernel: 6.19 → 6.18\nKVM: KVM_CAP_MAX_VCPUS: 4096 → 1024\n"));
    let (code, out, _) = run(&["diff", "a.json", "-", "--format", "json"], &newer);
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &value["alike"], &value["more"]), (1, &json!(false), &json!(0)));
    assert_eq!(
        value["changes"][0],
        json!({ "section": "host", "what": "kernel", "old": "6.18", "new": "6.19", "cpus": null, "all_cpus": false,
                "varies": null })
    );
    for args in [
        &["diff", "a.json", "bad.json"][..],
        &["diff", "a.json", "gone.json"],
        &["diff", "-", "-"],
        &["diff", "a.json"],
    ] {
        assert_eq!(run(args, b"").0, 2, "{args:?}");
    }
}
