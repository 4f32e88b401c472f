//! The command as a user runs it: exit codes, files, bad input.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

const SPEC: &str = "version: 1\nname: small\ntopology: { cores: 2, threads: 2 }\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn intel_host() -> PathBuf {
    root().join("examples/hosts/two-socket-intel-xeon-gold-6140.json")
}

fn amd_host() -> PathBuf {
    root().join("examples/hosts/two-socket-amd-epyc-7742.json")
}

/// A directory with `small.topoc.yaml`, and the command to run in it.
struct Bench {
    dir: TempDir,
}

struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Bench {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("small.topoc.yaml"), SPEC).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_topoc"));
        let args = args.split(' ').map(|arg| match arg {
            "INTEL" => intel_host().into_os_string(),
            "AMD" => amd_host().into_os_string(),
            arg => arg.into(),
        });
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, args: &str) -> Run {
        self.command(args).output().unwrap().into()
    }

    fn run_with(&self, args: &str, stdin: &[u8]) -> Run {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that refuses early closes its end: that is its right.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        child.wait_with_output().unwrap().into()
    }

    /// What stands in the directory, hidden names too.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    #[track_caller]
    fn is(&self, code: i32, words: &str) -> &Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        assert!(
            self.err.contains(words) || self.out.contains(words),
            "{words} in:\n{}{}",
            self.out,
            self.err
        );
        self
    }
}

#[test]
fn a_good_compile_writes_a_directory_that_decodes() {
    let bench = Bench::new();
    bench.run("compile small.topoc.yaml --host INTEL -o out").is(0, "wrote out: 4 tables and manifest.json");
    assert_eq!(bench.names(), ["out", "small.topoc.yaml"]);
    let blob = fs::read(bench.path("out/vcpu-0003.cpuid2")).unwrap();
    let nent = usize::try_from(u32::from_le_bytes(blob[..4].try_into().unwrap())).unwrap();
    assert_eq!(blob.len(), 8 + nent * 40);
    bench.run("decode out").is(0, "1 socket, 2 cores, 4 threads");
    bench.run("decode out --leaves --vcpu 3").is(0, "CPUID.(EAX=0BH,ECX=1):EDX[31:0] = 0x3");
    bench.run("decode out --leaves --vcpu 4").is(2, "there is no vCPU 4");
    bench.run("decode out/vcpu-0003.cpuid2").is(0, "x2APIC 0x3");
    let json: serde_json::Value = serde_json::from_str(&bench.run("decode out --format json").out).unwrap();
    assert_eq!(json["domains"]["core"], serde_json::json!(["0-1", "2-3"]));
    bench.run("decode INTEL").is(0, "2 sockets, 36 cores, 72 threads");
}

#[test]
fn compiling_twice_gives_the_same_bytes() {
    let bench = Bench::new();
    bench.write(
        "same.topoc.yaml",
        "# a comment\ntopology:\n  threads: 2\n  cores: 2\nname: small\nversion: 1\n",
    );
    for (spec, out) in [("small", "a"), ("small", "b"), ("same", "c")] {
        bench.run(&format!("compile {spec}.topoc.yaml --host AMD -o {out}")).is(0, "wrote");
    }
    let read = |name: &str| fs::read(bench.path(name)).unwrap();
    assert_eq!(read("a/manifest.json"), read("b/manifest.json"));
    assert_eq!(read("a/vcpu-0002.cpuid2"), read("c/vcpu-0002.cpuid2"));
    let manifest = |name: &str| serde_json::from_slice::<serde_json::Value>(&read(name)).unwrap();
    let (a, c) = (manifest("a/manifest.json"), manifest("c/manifest.json"));
    assert_eq!(a["spec_sha256"], c["spec_sha256"], "another spelling of the same spec");
    assert_ne!(a["spec_source_sha256"], c["spec_source_sha256"]);
}

#[test]
fn exit_codes_say_what_happened() {
    let bench = Bench::new();
    bench.write("broken.topoc.yaml", "version: 1\ntopology: { cores: [ }\n");
    bench.write("wrong.topoc.yaml", "version: 1\ntopology: { cores: 2, complexes: 2 }\n");
    bench.run("check small.topoc.yaml").is(0, "0 errors");
    bench.run("check broken.topoc.yaml").is(1, "yaml::syntax");
    bench.run("check wrong.topoc.yaml --host INTEL").is(1, "topology::level_not_enumerable");
    bench.run("check nothing.topoc.yaml").is(2, "cannot read nothing.topoc.yaml");
    bench.run("check .").is(1, "checked 3 specs: ");
    bench.run("check").is(1, "checked 3 specs: ");
    bench.run("check --formt json").is(2, "--format");
    bench.run("check small.topoc.yaml --host nothing.json").is(2, "cannot read nothing.json");
    bench.run("check small.topoc.yaml --host ./live").is(2, "cannot read ./live");
    bench.run("check small.topoc.yaml --host small.topoc.yaml").is(1, "small.topoc.yaml:");
    bench.run("compile small.topoc.yaml -o out").is(2, "--host live");
    bench.run("compile small.topoc.yaml --host INTEL -o -").is(2, "give -o DIR");
    bench.run("compile small.topoc.yaml --host INTEL -o no/such/parent/out").is(2, "cannot write below");
    bench.run("decode nothing").is(2, "cannot read nothing");
    // With several inputs the highest code wins, and all are looked at.
    bench.run("check broken.topoc.yaml nothing.topoc.yaml small.topoc.yaml").is(2, "yaml::syntax");
    bench.run("compile wrong.topoc.yaml small.topoc.yaml --host INTEL -o out").is(1, "nothing written");
    assert!(!bench.path("out").exists());
}

#[test]
fn kvm_that_cannot_be_used_is_exit_3() {
    let bench = Bench::new();
    let mut command = bench.command("check small.topoc.yaml --host live");
    if Path::new("/dev/kvm").exists() {
        // Only another user can be refused here, and only root can be another user.
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, PermissionsExt};
            use std::os::unix::process::CommandExt;
            let kvm = fs::metadata("/dev/kvm").unwrap();
            let is_root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
            if !is_root || kvm.permissions().mode() & 0o006 != 0 {
                println!("skipped: /dev/kvm is open to all, or this is not root");
                return;
            }
            fs::set_permissions(bench.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
            command.uid(65534).gid(65534);
        }
    }
    match command.output() {
        Ok(output) => {
            Run::from(output).is(3, "/dev/kvm");
        }
        Err(error) => println!("skipped: another user cannot run it here: {error}"),
    }
}

#[test]
fn standard_input_and_json_output() {
    let bench = Bench::new();
    bench.run_with("check -", SPEC.as_bytes()).is(0, "0 errors");
    let run = bench.run_with("check - --format json", b"version: 1\ntopology: { cores: two, thread: 1 }\n");
    run.is(1, "");
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let rules: Vec<_> =
        json["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["spec::wrong_type", "spec::unknown_key"], "all mistakes in one run");
    assert_eq!(
        json["findings"][0]["labels"][0]["start"],
        serde_json::json!({"line": 2, "column": 20, "byte": 30})
    );
    assert_eq!(json["findings"][0]["file"], "<stdin>");
    bench
        .run_with("check - --format concise", b"version: 2\ntopology: {}\n")
        .is(1, "<stdin>:1:10: error[spec::");
}

#[test]
fn schemas_are_those_checked_in() {
    let bench = Bench::new();
    for (of, file) in [("spec", "spec.v1"), ("profile", "host-profile.v1"), ("manifest", "manifest.v1")] {
        let checked_in = fs::read_to_string(root().join(format!("schema/{file}.schema.json"))).unwrap();
        assert_eq!(bench.run(&format!("schema {of}")).out, checked_in);
    }
}

#[test]
fn several_specs_go_to_directories_of_their_names() {
    let bench = Bench::new();
    bench.write("other.topoc.yaml", "version: 1\ntopology: { cores: 1 }\n");
    bench.run("compile small.topoc.yaml other.topoc.yaml --host AMD -o out").is(0, "wrote out/small");
    assert!(bench.path("out/small/vcpu-0003.cpuid2").exists());
    assert!(bench.path("out/other/manifest.json").exists());
    bench.run("compile small.topoc.yaml other.topoc.yaml --host AMD -o out --force").is(0, "wrote out/other");
    bench.write("twin.topoc.yaml", SPEC);
    bench
        .run("compile small.topoc.yaml twin.topoc.yaml --host AMD -o two")
        .is(2, "small.topoc.yaml and twin.topoc.yaml would both be written to `small`");
    assert!(!bench.path("two").exists());
}

/// A name is part of a path: it must not lead anywhere else.
#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    let bench = Bench::new();
    for name in ["../up", "a/b", "..", ".", "\\u0000x", "manifest.json/"] {
        bench.write("bad.topoc.yaml", format!("version: 1\nname: \"{name}\"\ntopology: {{ cores: 1 }}\n"));
        let run = bench.run("compile bad.topoc.yaml small.topoc.yaml --host AMD -o out");
        assert_eq!(run.code, Some(1), "{name}: {}", run.err);
        assert!(!bench.path("out").exists(), "{name}");
    }
    assert_eq!(bench.names(), ["bad.topoc.yaml", "small.topoc.yaml"]);
}

#[test]
fn what_stands_in_the_way_is_not_touched() {
    let bench = Bench::new();
    let compile = "compile small.topoc.yaml --host INTEL -o out";
    let force = format!("{compile} --force");
    fs::create_dir(bench.path("out")).unwrap();
    bench.run(compile).is(2, "out exists; pass --force");
    bench.run(&force).is(2, "has no manifest.json");
    bench.write("out/manifest.json", "{}");
    bench.run(&force).is(2, "not a manifest of topoc");
    fs::remove_dir_all(bench.path("out")).unwrap();
    bench.run(compile).is(0, "wrote");
    bench.write("out/notes.txt", "mine");
    bench.run(&force).is(2, "notes.txt");
    assert_eq!(fs::read(bench.path("out/notes.txt")).unwrap(), b"mine");
    fs::remove_file(bench.path("out/notes.txt")).unwrap();
    bench.run(&force).is(0, "wrote");
    bench.write("file", "mine");
    bench.run("compile small.topoc.yaml --host INTEL -o file --force").is(2, "not a directory");
    assert_eq!(fs::read(bench.path("file")).unwrap(), b"mine");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("out", bench.path("link")).unwrap();
        bench.run("compile small.topoc.yaml --host INTEL -o link --force").is(2, "is a link");
        fs::remove_file(bench.path("link")).unwrap();
    }
    let mut inside = bench.command("compile ../small.topoc.yaml --host INTEL -o . --force");
    Run::from(inside.current_dir(bench.path("out")).output().unwrap()).is(2, "working directory");
    assert_eq!(bench.names(), ["file", "out", "small.topoc.yaml"], "no siblings are left");
}

#[test]
fn capture_does_not_overwrite() {
    let bench = Bench::new();
    bench.write("host.json", "mine");
    let run = bench.run("capture -o host.json");
    if run.code == Some(3) {
        return println!("skipped: no /dev/kvm");
    }
    run.is(2, "host.json exists; pass --force");
    assert_eq!(fs::read(bench.path("host.json")).unwrap(), b"mine");
    bench.run("capture -o host.json --force").is(0, "wrote host.json");
    bench.run("compile small.topoc.yaml --host host.json -o out").is(0, "wrote out");
    assert!(bench.run("capture").out.starts_with("{\n  \"topoc_host_profile\": 1,"));
}

/// The limit on file sizes stands in for a full disk: the write fails half-way.
#[cfg(target_os = "linux")]
#[test]
fn a_write_that_fails_leaves_nothing() {
    let bench = Bench::new();
    let script = format!(
        "trap '' XFSZ; ulimit -f 1; exec {} compile small.topoc.yaml --host {} -o out",
        env!("CARGO_BIN_EXE_topoc"),
        intel_host().display()
    );
    let output = Command::new("sh").args(["-c", &script]).current_dir(bench.dir.path()).output().unwrap();
    Run::from(output).is(2, "cannot write out/vcpu-0000.cpuid2");
    assert_eq!(bench.names(), ["small.topoc.yaml"]);
}

/// At every instant the target is old, new or absent, and what an interrupt leaves is nothing.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_leaves_the_target_old_new_or_absent() {
    let bench = Bench::new();
    bench.write(
        "many.topoc.yaml",
        "version: 1\ntopology: { sockets: 4, cores: 64 }\nvmm: { x2apic_at_boot: true }\nhost: { fidelity: none }\n",
    );
    for (signal, delay) in (0..24_u64).flat_map(|i| [("INT", i * 7), ("KILL", i * 7)]) {
        let mut child = bench
            .command("compile many.topoc.yaml --host INTEL -o out --force")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        let _ = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status();
        let status = child.wait().unwrap();
        if bench.path("out").exists() {
            bench.run("decode out").is(0, "4 sockets, 256 cores, 256 threads");
        }
        let left: Vec<_> = bench.names().into_iter().filter(|name| name.starts_with(".topoc-")).collect();
        if signal == "INT" {
            assert!(left.is_empty() || status.code() != Some(130), "{status}: {left:?}");
        }
        for name in left {
            fs::remove_dir_all(bench.path(&name)).unwrap();
        }
    }
}

fn digest(file: &Path) -> String {
    topoc::emit::digest::sha256(&fs::read(file).unwrap())
}

#[test]
fn a_manifest_is_not_trusted() {
    let bench = Bench::new();
    bench.run("compile small.topoc.yaml --host INTEL -o out").is(0, "wrote");
    let manifest = fs::read_to_string(bench.path("out/manifest.json")).unwrap();
    let with = |from: &str, to: &str| {
        assert!(manifest.contains(from));
        bench.write("out/manifest.json", manifest.replacen(from, to, 1));
        bench.run("decode out")
    };
    bench.write("secret", "not a table");
    with("\"vcpu-0001.cpuid2\"", "\"../secret\"").is(1, "`../secret` is not a bare file name");
    with("\"vcpu-0001.cpuid2\"", "\"vcpu-0002.cpuid2\"").is(1, "is the file of another vCPU, too");
    let own = digest(&bench.path("out/vcpu-0001.cpuid2"));
    with(&own, &digest(&bench.path("out/vcpu-0002.cpuid2"))).is(1, "the manifest says");
    with("\"topoc_manifest\": 1", "\"topoc_manifest\": 2").is(1, "another version");
    with("\"topoc_manifest\": 1", "\"other\": 1").is(1, "not a manifest of topoc");
    bench.write("out/manifest.json", &manifest[..manifest.len() / 2]);
    bench.run("decode out").is(1, "not JSON");
    bench.write("out/manifest.json", &manifest);
    #[cfg(unix)]
    {
        fs::rename(bench.path("out/vcpu-0001.cpuid2"), bench.path("moved")).unwrap();
        std::os::unix::fs::symlink("../moved", bench.path("out/vcpu-0001.cpuid2")).unwrap();
        bench.run("decode out").is(1, "vcpu-0001.cpuid2 is a link");
    }
    fs::remove_file(bench.path("out/manifest.json")).unwrap();
    bench.run("decode out").is(1, "cannot read out/manifest.json");
}

#[test]
fn tables_that_are_none_are_refused_with_their_place() {
    let bench = Bench::new();
    bench.run("compile small.topoc.yaml --host INTEL -o out").is(0, "wrote");
    let blob = fs::read(bench.path("out/vcpu-0000.cpuid2")).unwrap();
    bench.run_with("decode -", &blob[..blob.len() - 1]).is(1, "nent is");
    bench.run_with("decode -", b"").is(1, "too short");
    bench.run_with("decode -", &[0xff; 4096]).is(1, "<stdin>");
    let mut flags = blob.clone();
    flags[16] = 4;
    bench.run_with("decode -", &flags).is(1, "flags");
    let mut nent = blob;
    nent[1] = 1;
    bench.run_with("decode -", &nent).is(1, "nent");
}

#[test]
fn hostile_text_never_reaches_the_terminal_raw() {
    let bench = Bench::new();
    let hostile = "\u{1b}]0;owned\u{7}\u{202e}\u{9b}31m";
    let name = format!("a{hostile}.topoc.yaml");
    bench.write(&name, format!("version: 1\ntopology: {{ cores: \"{hostile}\", \"k{hostile}\": 1 }}\n"));
    bench.write("\u{1b}[31m.json", "{\"topoc_host_profile\": \"\u{1b}[31m\"}");
    for format in ["human", "concise", "json"] {
        for args in [format!("check {name}"), "check small.topoc.yaml --host \u{1b}[31m.json".to_owned()] {
            let run = bench.run(&format!("{args} --format {format} --color never"));
            assert_eq!(run.code, Some(1), "{}", run.err);
            for c in ['\u{1b}', '\u{7}', '\u{202e}', '\u{9b}'] {
                assert!(!run.out.contains(c) && !run.err.contains(c), "{c:?} in {:?}{:?}", run.out, run.err);
            }
        }
    }
    let run = bench.run("check \u{1b}[31mnot-there");
    assert!(run.code == Some(2) && !run.err.contains('\u{1b}'), "{:?}", run.err);
}

#[test]
fn odd_files_are_told_from_specs() {
    let bench = Bench::new();
    bench.run_with("check -", b"").is(1, "empty");
    bench.run_with("check -", b"\x7fELF\x02\x01\x01\0\0\0\0\0").is(1, "error");
    bench.run_with("check -", b"\xff\xfe\x00v").is(1, "error");
    bench.run_with("check -", &vec![b'#'; (4 << 20) + 1]).is(1, "4 MiB");
    bench.run_with("check -", b"[1, 2]").is(1, "error");
    bench.run_with("check small.topoc.yaml --host -", b"{\"topoc_host_profile\": 2}").is(1, "form 2");
    bench.run_with("check small.topoc.yaml --host -", b"{\"topoc_host_profile\": 1").is(1, "<stdin>:1:");
    bench.run_with("check small.topoc.yaml --host -", b"").is(1, "empty");
}

#[test]
fn colour_is_off_unless_asked_for() {
    let bench = Bench::new();
    bench.write("bad.topoc.yaml", "version: 1\ntopology: { cores: two }\n");
    assert!(!bench.run("check bad.topoc.yaml").err.contains('\u{1b}'));
    assert!(bench.run("check bad.topoc.yaml --color always").err.contains('\u{1b}'));
}
