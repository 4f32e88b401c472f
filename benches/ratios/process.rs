//! The command as a process: its time beside another compiler's, and its memory.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use tempfile::TempDir;

use crate::clock::compare;
use crate::machine::Shape;
use crate::row::Row;

/// Set for a child of this program that is to be `topoc` and then say its peak memory.
const MEASURED: &str = "TOPOC_BENCH_PEAK";

/// A device tree with as much to say as the spec that it is compared with.
const TREE: &str = r#"/dts-v1/;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	model = "small";
	cpus {
		#address-cells = <1>;
		#size-cells = <0>;
		cpu@0 { device_type = "cpu"; reg = <0>; numa-node-id = <0>; };
		cpu@1 { device_type = "cpu"; reg = <1>; numa-node-id = <1>; };
	};
	memory@0 { device_type = "memory"; reg = <0 0 0 0x40000000>; numa-node-id = <0>; };
};
"#;

/// `topoc check` of the small spec against `dtc` on a small tree, each with the start of its process.
pub fn check_against_dtc() -> Row {
    let (what, peer, aim) = ("topoc check, small spec, as a process", "dtc, small tree, as a process", 2.0);
    let dir = TempDir::new().unwrap();
    let spec = dir.path().join("small.topoc.yaml");
    let tree = dir.path().join("small.dts");
    fs::write(&spec, Shape::SMALL.text()).unwrap();
    fs::write(&tree, TREE).unwrap();
    let topoc = || run(Command::new(env!("CARGO_BIN_EXE_topoc")).arg("check").arg(&spec));
    let dtc = || run(Command::new("dtc").args(["-I", "dts", "-O", "dtb"]).arg(&tree));
    if Command::new("dtc").arg("--version").stdout(Stdio::null()).status().is_err() {
        return Row::skipped(what, peer, "dtc is not installed (device-tree-compiler)".to_owned(), aim);
    }
    let (own, other) = compare(200, topoc, dtc);
    Row::of(what, peer, own.per(1), other.per(1), aim)
}

/// How many specs a repository of them has.
const MANY: usize = 1000;

/// `topoc check` of a folder of specs, each of its own size and with nodes and caches, against yamllint on the same files.
pub fn check_against_yamllint() -> Row {
    let what = format!("topoc check, a folder of {MANY} specs, as a process");
    let (peer, aim) = ("yamllint, the same files, as a process", 1.0);
    let dir = TempDir::new().unwrap();
    for n in 0..MANY {
        let (cores, name) = (2 + n % 30, format!("{n:04}.topoc.yaml"));
        let text = format!(
            "---\nversion: 1\nname: vm-{n:04}\ntopology:\n  sockets: 2\n  cores: {cores}\n  threads: 2\ncpu:\n  vendor: intel\n\
             caches:\n  l3:\n    size: 32MiB\n    ways: 16\n    shared_by: socket\nnuma:\n  nodes:\n    - sockets: [0]\n      memory: 64GiB\n\
             \x20   - sockets: [1]\n      memory: 64GiB\n  distances: [[10, 21], [21, 10]]\n"
        );
        fs::write(dir.path().join(name), text).unwrap();
    }
    let topoc =
        || run(Command::new(env!("CARGO_BIN_EXE_topoc")).args(["check", "--no-config"]).arg(dir.path()));
    let yamllint = || run(Command::new("yamllint").args(["--format", "parsable"]).arg(dir.path()));
    if Command::new("yamllint").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err()
    {
        return Row::skipped(&what, peer, "yamllint is not installed".to_owned(), aim);
    }
    let (own, other) = compare(5, topoc, yamllint);
    Row::of(&what, peer, own.per(1), other.per(1), aim)
}

fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}

/// The peak resident memory of `topoc compile` for the large machine.
pub fn peak_memory(vendor: &str, host: &str) -> Row {
    let what = format!("peak memory, compile of 4096 vCPUs ({vendor})");
    let dir = TempDir::new().unwrap();
    let spec = dir.path().join("large.topoc.yaml");
    fs::write(&spec, Shape::LARGE.text()).unwrap();
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/hosts/{host}.json"));
    let output = Command::new(std::env::current_exe().unwrap())
        .arg("compile")
        .arg(&spec)
        .arg("--host")
        .arg(&profile)
        .arg("-o")
        .arg(dir.path().join("out"))
        .env(MEASURED, "1")
        .stderr(Stdio::null())
        .output()
        .unwrap();
    assert!(dir.path().join("out/manifest.json").exists(), "{what}: nothing was written");
    let text = String::from_utf8(output.stdout).unwrap();
    match text.trim().parse::<f64>() {
        Ok(kib) => Row::limit(&what, "MiB", kib / 1024.0, 30.0),
        Err(_) => Row::skipped(&what, "limit", "no VmHWM in /proc/self/status".to_owned(), 1.0),
    }
}

/// Whether this process is such a child.
pub fn is_measured_child() -> bool {
    std::env::var_os(MEASURED).is_some()
}

/// Runs the command that the arguments name, then prints the process's own peak memory in KiB.
/// Linux tells nobody else once a process has ended, short of `wait4`.
pub fn measured_child() -> ExitCode {
    let code = topoc::cli::main();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("{}", peak.map_or("", |rest| rest.trim().trim_end_matches(" kB")));
    code
}
