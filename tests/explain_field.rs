//! `topoc explain COORDINATE`: what a register's field is, and why it has its value in a compiled directory.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const INTEL: &str = "two-socket-intel-xeon-8480plus";
const SKYLAKE: &str = "two-socket-intel-xeon-gold-6140";
const AMD: &str = "two-socket-amd-epyc-9654";

/// Exit code, standard output, standard error.
fn topoc(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_topoc"))
        .args(args)
        .env_remove("CLICOLOR_FORCE")
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn out(dir: &Path, args: &[&str]) -> String {
    let (code, out, err) = topoc(dir, &[&["explain"], args].concat());
    assert_eq!((code, err.as_str()), (0, ""), "{args:?}");
    out
}

/// The text as one line: folding may part any two words.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A spec compiled to `out`, as `db.topoc.yaml` for `host.json`.
fn compiled(spec: &str, host: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("db.topoc.yaml"), spec).unwrap();
    let hosts = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hosts");
    fs::copy(hosts.join(format!("{host}.json")), dir.path().join("host.json")).unwrap();
    let (code, _, err) = topoc(dir.path(), &["compile", "db.topoc.yaml", "--host", "host.json", "-o", "out"]);
    assert_eq!(code, 0, "{err}");
    dir
}

fn json(dir: &Path, args: &[&str]) -> Value {
    serde_json::from_str(&out(dir, &[args, &["--format", "json"]].concat())).unwrap()
}

const DIES: &str = "\
version: 1
topology:
  sockets: 1
  dies: 2
  cores: 8     # a die has 8
  threads: 2
caches:
  l3: { size: 16MiB, ways: 16, shared_by: die }
cpu: { disable: [avx512f] }
";

#[test]
fn a_field_is_told_without_tables() {
    let here = Path::new("/");
    // Which rules there are is the registry's to say.
    let plain = |text: &str| out(here, &[text]).split("\n  - rules whose").next().unwrap().to_owned();
    insta::assert_snapshot!("field", plain("CPUID.04H:EAX[25:14]"));
    insta::assert_snapshot!("flag", plain("CPUID.01H:ECX.X2APIC[bit 21]"));
    assert!(out(here, &["CPUID.01H:EBX[15:8]"]).contains("`cache::line_not_clflush`"));
    insta::assert_snapshot!("leaf", out(here, &["Fn8000_001E"]));
    insta::assert_snapshot!("nameless", out(here, &["CPUID.04H:EAX[13:10]"]));
    let value = json(here, &["cpuid.(eax=07h,ecx=0):ebx[5]"]);
    assert_eq!(value["fields"][0]["feature"]["name"], "avx2");
    assert_eq!(value["fields"][0]["feature"]["needs"], serde_json::json!(["avx"]));
    assert_eq!(value["fields"][0]["written_by"], Value::Null);
    let value = json(here, &["0x8000001d.3:eax[25:14]"]);
    assert_eq!(value["fields"][0]["written_by"], "caches");
    assert_eq!(
        (&value["fields"][0]["largest"], &value["fields"][0]["on"]),
        (&4095.into(), &"AMD and Hygon".into())
    );
    assert_eq!(
        out(here, &["CPUID.0BH:EDX", "--format", "concise"]),
        "CPUID.(EAX=0BH):EDX[31:0]: x2APIC ID\n"
    );
}

#[test]
fn what_is_no_coordinate_says_what_would_be_one() {
    let of = |args: &[&str]| topoc(Path::new("/"), &[&["explain"], args].concat());
    for (args, words) in [
        (&["CPUID.04H:EFX[3]"][..], "a register is EAX, EBX, ECX or EDX"),
        (&["CPUID.04H:EAX[32]"], "bits are 31 to 0, the higher first"),
        (&["CPUID.03H"], "topoc explain CPUID.02H, or topoc explain CPUID.04H"),
        (&["CPUID.04H", "--vcpu", "3"], "--in"),
        (&["cache", "--in", "out"], "--in goes with a coordinate"),
        (&["CPUID.04H", "--in", "nowhere"], "cannot read nowhere"),
    ] {
        let (code, out, err) = of(args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(err.contains(words), "{args:?}: {err}");
    }
}

#[test]
fn a_value_is_told_down_to_the_line() {
    let dir = compiled(DIES, INTEL);
    let of = |args: &[&str]| out(dir.path(), &[args, &["--in", "out"]].concat());
    insta::assert_snapshot!("l3_sharing", of(&["CPUID.(EAX=04H,ECX=3):EAX[25:14]", "--vcpu", "3"]));
    insta::assert_snapshot!("id", of(&["CPUID.(EAX=0BH,ECX=0):EDX", "--vcpu", "17"]));
    insta::assert_snapshot!("leaf_1_ebx", of(&["CPUID.01H:EBX", "--vcpu", "3"]));
    insta::assert_snapshot!("disabled", of(&["CPUID.(EAX=07H,ECX=0):EBX.AVX512BW"]));
    insta::assert_snapshot!("default", of(&["CPUID.01H:ECX[31]"]));
    insta::assert_snapshot!("host_cache", of(&["CPUID.(EAX=04H,ECX=2):ECX"]));
    insta::assert_snapshot!("counts", of(&["CPUID.(EAX=1FH,ECX=0)", "--format", "concise"]));
    // Every vCPU's own, by value.
    let all = flat(&of(&["CPUID.01H:EBX[31:24]"]));
    assert!(all.contains("- 31, 0x1f: vCPU 31") || all.contains("more values"), "{all}");
    let value = json(dir.path(), &["CPUID.04H.3:EAX[25:14]", "--in", "out", "--vcpu", "3"]);
    let field = &value["fields"][0];
    assert_eq!((&field["value"], &field["says"]), (&15.into(), &"16 addressable IDs".into()));
    let grounds = field["rests_on"].as_array().unwrap();
    let shared = grounds.iter().find(|g| g["path"] == "caches.l3.shared_by").unwrap();
    assert_eq!(
        (&shared["file"], &shared["line"], &shared["column"]),
        (&"db.topoc.yaml".into(), &8.into(), &43.into())
    );
    let cores = grounds.iter().find(|g| g["path"] == "topology.cores").unwrap();
    assert_eq!((&cores["line"], &cores["text"]), (&5.into(), &"cores: 8     # a die has 8".into()));
    let (code, _, err) = topoc(dir.path(), &["explain", "CPUID.01H", "--in", "out", "--vcpu", "32"]);
    assert_eq!(code, 2);
    assert!(err.contains("there is no vCPU 32: the machine has 32"), "{err}");
    let none = of(&["CPUID.80000026H"]);
    assert!(none.contains("the table has no leaf 80000026H"), "{none}");
}

#[test]
fn amds_leaves_are_told() {
    let spec = "\
version: 1
topology: { sockets: 2, dies: 2, cores: 4, threads: 2 }
numa: { per: die, memory: 4GiB }
";
    let dir = compiled(spec, AMD);
    let of = |args: &[&str]| out(dir.path(), &[args, &["--in", "out", "--vcpu", "9"]].concat());
    insta::assert_snapshot!("amd_sharing", of(&["Fn8000_001D_EAX_x3[25:14]"]));
    insta::assert_snapshot!("amd_node", of(&["CPUID.8000001EH:ECX"]));
}

/// Without a leaf's index, every subleaf that the table has.
#[test]
fn an_index_that_is_left_out_is_every_index() {
    let dir = compiled(DIES, SKYLAKE);
    let lines = out(dir.path(), &["CPUID.04H:EAX[7:5]", "--in", "out", "--format", "concise"]);
    let levels: Vec<_> =
        lines.lines().map(|line| line.split(" = ").nth(1).unwrap().split(',').next().unwrap()).collect();
    assert_eq!(levels, ["1", "1", "2", "3", "0"]);
}

#[test]
fn without_origins_the_value_is_told_all_the_same() {
    let dir = compiled(DIES, INTEL);
    let path: PathBuf = dir.path().join("out/origins.json");
    let args = ["explain", "CPUID.04H.3:EAX[25:14]", "--in", "out"];
    let written = fs::read_to_string(&path).unwrap();
    let changed = written.replacen("\"spec_sha256\": \"", "\"spec_sha256\": \"0", 1);
    for (text, why) in [
        (Some(changed.as_str()), "of another compilation than the manifest"),
        (Some("{}"), "missing field"),
        (None, "the directory has no origins.json"),
    ] {
        match text {
            Some(text) => fs::write(&path, text).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let (code, out, err) = topoc(dir.path(), &args);
        assert_eq!(code, 0, "{err}");
        assert!(out.contains("= 15, 16 addressable IDs") && !out.contains("Because"), "{out}");
        assert!(err.contains("why it has its value is not recorded") && err.contains(why), "{err}");
    }
    let (code, out, err) =
        topoc(dir.path(), &["explain", "CPUID.04H.3:EAX[25:14]", "--in", "out/vcpu-0000.cpuid2"]);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("= 15, 16 addressable IDs") && err.contains("a table alone does not record it"),
        "{out}{err}"
    );
    // A directory with or without it is topoc's own.
    let compile = ["compile", "db.topoc.yaml", "--host", "host.json", "-o", "out", "--force"];
    for _ in 0..2 {
        assert_eq!(topoc(dir.path(), &compile).0, 0);
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), written);
}

/// The file is shown, not obeyed: nothing in it reaches a terminal as a control.
#[test]
fn a_hostile_file_is_shown_escaped() {
    let dir = compiled(DIES, INTEL);
    let path = dir.path().join("out/origins.json");
    let mut origins: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let evil = "\u{1b}[2J\n# fake \u{202e}";
    origins["spec"] = evil.into();
    for place in origins["places"].as_object_mut().unwrap().values_mut() {
        place["text"] = evil.into();
    }
    for origin in origins["origins"].as_array_mut().unwrap() {
        origin["because"] = evil.into();
        origin["rests_on"].as_array_mut().unwrap().push(serde_json::json!({ "host": evil }));
        origin["rests_on"].as_array_mut().unwrap().push(serde_json::json!({ "always": evil }));
        origin["rests_on"].as_array_mut().unwrap().push(serde_json::json!({ "spec": evil }));
    }
    fs::write(&path, origins.to_string()).unwrap();
    for format in ["human", "concise", "json"] {
        let (code, out, err) =
            topoc(dir.path(), &["explain", "CPUID.04H.3:EAX[25:14]", "--in", "out", "--format", format]);
        assert_eq!(code, 0, "{err}");
        assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}') && !out.contains("\n# fake"), "{out}");
    }
}

/// Where the files lie is no part of the output.
#[test]
fn names_are_the_last_component_alone() {
    let dir = compiled(DIES, INTEL);
    let spec = dir.path().join("db.topoc.yaml");
    let host = dir.path().join("host.json");
    let (spec, host) = (spec.to_str().unwrap(), host.to_str().unwrap());
    let (code, ..) = topoc(
        Path::new("/"),
        &["compile", spec, "--host", host, "-o", dir.path().join("b").to_str().unwrap()],
    );
    assert_eq!(code, 0);
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(read("out/origins.json"), read("b/origins.json"));
    assert!(read("out/origins.json").contains("\"spec\": \"db.topoc.yaml\",\n  \"profile\": \"host.json\""));
}
