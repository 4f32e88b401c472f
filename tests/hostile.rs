//! Hostile input to the command as a user runs it: it ends, within a limit on memory, with the exit
//! code that is meant, and says little.
//!
//! | input | where it is held |
//! | --- | --- |
//! | aliases: billion laughs, wide, fat scalar, merges, chains | here; `spec_parse.rs` for the place |
//! | nesting: `[`, `{a: `, `? `, `- ` | here; `spec_parse.rs` |
//! | numbers: 2^64 to 2^128, a million digits, `010`, `0b1`, `±0x` | here; `spec_parse.rs`; `yaml/scalar.rs` against serde_yaml |
//! | text: BOM, NUL, invalid UTF-8, UTF-16, CRLF, lone CR, control and direction characters | here; `spec_parse.rs` for the place |
//! | duplicate and odd keys, tags, documents, recursive aliases, `name: 42` | here; `spec_parse.rs` |
//! | ESC and direction controls in names, paths and file names | `cli.rs`; `render.rs` |
//! | file names that begin with `-` | here |
//! | pipes, devices, loops of links, sparse files, endless standard input, ten thousand files | here |
//! | profiles: nesting, long lists, long texts, many CPUs, YAML bombs | here; `profile/file/tests.rs` |
//! | captures: no end of lines, of CPUs, of entries and of mistakes, XML bombs, directories with pipes | here; `regressions.rs` |
//! | tables: nent, cut short, trailing bytes | here; `decode_blob.rs` |
//! | manifests: nesting, long lists, one file named often, links, pipes | here; `cli.rs`; `emit/read.rs` |

#![cfg(all(feature = "cli", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Address space of one run, in KiB: a small compile takes 200 MiB of it, most of that unused.
const MEMORY: u32 = 1 << 20;

/// Seconds after which a run hangs: the slowest takes a few on a busy machine.
const HANGS: u32 = 180;

/// Bytes that a run may print, however much is wrong with its input.
const PRINTED: usize = 2 << 20;

const HEAD: &str = "version: 1\ntopology: {cores: 4}\n";

struct Bench {
    dir: TempDir,
}

struct Run {
    code: Option<i32>,
    text: String,
}

impl Bench {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("small.topoc.yaml"), HEAD).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        fs::write(self.path(name), bytes).unwrap();
        self
    }

    /// Runs the command within the limits.
    fn run_from<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>, stdin: Stdio) -> Run {
        let script = format!("ulimit -v {MEMORY}; exec timeout -k 1 {HANGS} \"$0\" \"$@\"");
        let output = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_topoc")])
            .args(args)
            .current_dir(self.dir.path())
            .stdin(stdin)
            .output()
            .unwrap();
        let mut text = String::from_utf8(output.stdout).unwrap();
        text += &String::from_utf8(output.stderr).unwrap();
        assert!(text.len() < PRINTED, "{} bytes printed", text.len());
        Run { code: output.status.code(), text }
    }

    fn run(&self, args: &str) -> Run {
        self.run_from(args.split(' '), Stdio::null())
    }

    /// Checks a spec that lies in a file.
    fn check(&self, text: impl AsRef<[u8]>) -> Run {
        self.write("hostile.topoc.yaml", text);
        self.run("check hostile.topoc.yaml --format concise")
    }

    /// Checks a small spec against a profile that lies in a file.
    fn host(&self, text: impl AsRef<[u8]>) -> Run {
        self.write("host.json", text);
        self.run("check small.topoc.yaml --host host.json")
    }

    /// A compiled directory `out` of four vCPUs, and its manifest.
    fn compile(&self) -> String {
        let hosts = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hosts");
        let host = hosts.join("two-socket-intel-xeon-gold-6140.json");
        let host = host.to_str().unwrap();
        self.run_from(["compile", "small.topoc.yaml", "--host", host, "-o", "out"], Stdio::null())
            .is(0, "wrote out");
        fs::read_to_string(self.path("out/manifest.json")).unwrap()
    }
}

impl Run {
    #[track_caller]
    fn is(&self, code: i32, words: &str) {
        let start: String = self.text.chars().take(2000).collect();
        assert_eq!(self.code, Some(code), "{start}");
        assert!(self.text.contains(words), "{words} in:\n{start}");
    }
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// `n` items, each made from its number.
fn join(n: usize, item: impl Fn(usize) -> String, by: &str) -> String {
    (0..n).map(item).collect::<Vec<_>>().join(by)
}

#[test]
fn bombs_of_aliases_are_refused() {
    let bench = Bench::new();
    let nine = |of: usize| join(9, |_| format!("*a{of}"), ",");
    let laughs = join(12, |n| format!("x-{n}: &a{n} [{}]", n.checked_sub(1).map_or("1".into(), nine)), "\n");
    let merges = join(
        12,
        |n| {
            format!(
                "x-{n}: &a{n} {{{}}}",
                n.checked_sub(1).map_or("k: 1".into(), |m| format!("<<: [{}]", nine(m)))
            )
        },
        "\n",
    );
    let wide = format!("x-a: &a [{}]\nx-b: [{}]", "1,".repeat(20_000), "*a,".repeat(20_000));
    let fat = format!("x-a: &a \"{}\"\nx-b: [{}]", "z".repeat(1_000_000), "*a,".repeat(5000));
    for (name, bomb) in [("laughs", laughs), ("merges", merges), ("wide", wide), ("fat", fat)] {
        println!("{name}");
        bench.check(format!("{HEAD}{bomb}\n")).is(1, "yaml::alias_budget");
    }
    bench.check(format!("{HEAD}x-a: &a [1, *a]\n")).is(1, "yaml::recursive_alias");
}

#[test]
fn deep_nesting_is_refused() {
    let bench = Bench::new();
    for (unit, times) in [("[", 100_000), ("{a: ", 20_000), ("? ", 20_000), ("- ", 20_000), ("[", 4_000_000)]
    {
        println!("{unit:?} {times} times");
        bench.check(unit.repeat(times)).is(1, "yaml::too_deep");
    }
}

#[test]
fn numbers_beyond_their_range_are_refused_and_odd_ones_told() {
    let bench = Bench::new();
    let cores = |number: &str| bench.check(format!("version: 1\ntopology: {{cores: {number}}}\n"));
    for (number, code, words) in [
        ("4294967296", 1, "spec::bad_value"),
        ("18446744073709551616", 1, "yaml::number"),
        ("340282366920938463463374607431768211456", 1, "yaml::number"),
        ("-9223372036854775809", 1, "yaml::number"),
        (&"9".repeat(1_000_000), 1, "yaml::number"),
        ("010", 1, "spec::wrong_type"),
        ("0b1", 0, "yaml::ambiguous"),
        ("+0x4", 0, "yaml::ambiguous"),
        ("-0x4", 1, "spec::bad_value"),
        ("1e300", 1, "spec::wrong_type"),
        (".nan", 1, "spec::wrong_type"),
    ] {
        println!("{number:.40}");
        cores(number).is(code, words);
    }
}

#[test]
fn odd_texts_are_read_or_refused() {
    let bench = Bench::new();
    let huge = "#".repeat((4 << 20) + 1);
    for (text, code, words) in [
        (&b"\xef\xbb\xbfversion: 1\ntopology: {cores: 4}\n"[..], 0, "0 errors"),
        (b"version: 1\r\ntopology: {cores: 4}\r\n", 0, "0 errors"),
        (b"version: 1\rtopology: {cores: 4}\r", 0, "0 errors"),
        (b"version: 1\rtopology: {cores: x}\r", 1, "spec::wrong_type"),
        (b"version: 1\ntopology: {cores: 4}\nname: \"a\0b\"\n", 1, "yaml::not_text"),
        (b"version: 1\ntopology: {cores: 4}\nname: \xc3\x28\n", 1, "yaml::not_utf8"),
        (b"\xfe\xff\0v\0e", 1, "yaml::not_utf8"),
        (b"version: 1\ntopology: {cores: 4}\nname: a\x1b[2Jb\n", 1, "yaml::control_character"),
        (b"version: 1\ntopology: {cores: 4}\nname: a\xe2\x80\xaeb\n", 1, "yaml::control_character"),
        (b"version: 1\ntopology: {cores: 4}\nname: 42\n", 1, "`name` must be text, not `42`"),
        (b"version: 1\ntopology: {cores: 4}\nname: !!str 42\n", 1, "yaml::tag"),
        (b"version: 1\ntopology: {cores: 4, cores: 4}\n", 1, "yaml::duplicate_key"),
        (b"version: 1\ntopology: {cores: 4}\n---\nversion: 1\n", 1, "yaml::documents"),
        (b"version: 1\ntopology: {cores: 4}\n? [a, b]\n: 1\n", 1, "yaml::key"),
        (huge.as_bytes(), 1, "4 MiB"),
    ] {
        println!("{}", String::from_utf8_lossy(&text[..text.len().min(60)]).escape_debug());
        bench.check(text).is(code, words);
    }
    // Mistakes beyond number: the output is bounded in every form.
    let keys = format!("{HEAD}{}", join(50_000, |n| format!("k{n}: 1"), "\n"));
    bench.write("hostile.topoc.yaml", keys);
    for format in ["human", "concise", "json"] {
        bench.run(&format!("check hostile.topoc.yaml --format {format}")).is(1, "yaml::too_many");
    }
}

#[test]
fn odd_files_end_and_are_told() {
    let bench = Bench::new();
    fifo(&bench.path("pipe"));
    symlink("loop", bench.path("loop")).unwrap();
    File::create(bench.path("sparse")).unwrap().set_len(1 << 40).unwrap();
    for (args, code, words) in [
        ("check /dev/zero", 1, "larger than 4 MiB"),
        ("check sparse", 1, "larger than 4 MiB"),
        ("check loop", 2, "cannot read loop"),
        ("check /dev/null", 1, "the spec is empty"),
        ("check small.topoc.yaml --host /dev/zero", 1, "larger than 16 MiB"),
        ("check small.topoc.yaml --host sparse", 1, "larger than 16 MiB"),
        ("check small.topoc.yaml --host loop", 2, "cannot read loop"),
        ("decode /dev/zero", 1, "larger than 16 MiB"),
        ("decode sparse", 1, "larger than 16 MiB"),
        ("decode loop", 2, "cannot read loop"),
        ("decode /dev/null", 1, "too short"),
        ("compile small.topoc.yaml --host small.topoc.yaml -o pipe --force", 1, "small.topoc.yaml:"),
    ] {
        println!("{args}");
        bench.run(args).is(code, words);
    }
    // A pipe is read for as long as somebody writes to it.
    let text = bench.path("small.topoc.yaml");
    let mut writer = Command::new("cp").arg(text).arg(bench.path("pipe")).spawn().unwrap();
    bench.run("check pipe").is(0, "0 errors");
    writer.wait().unwrap();
}

#[test]
fn standard_input_without_end_is_cut_off() {
    let bench = Bench::new();
    for args in ["check -", "check small.topoc.yaml --host -", "decode -"] {
        let mut endless = Command::new("yes").arg("# a").stdout(Stdio::piped()).spawn().unwrap();
        let stdin = endless.stdout.take().unwrap();
        bench.run_from(args.split(' '), stdin.into()).is(1, "larger than");
        endless.kill().unwrap();
        endless.wait().unwrap();
    }
}

#[test]
fn ten_thousand_files_are_checked() {
    let bench = Bench::new();
    let names: Vec<String> = (0..10_000).map(|n| format!("{n}.topoc.yaml")).collect();
    for name in &names {
        bench.write(name, HEAD);
    }
    let names = names.iter().map(String::as_str);
    bench.run_from(["check"].into_iter().chain(names), Stdio::null()).is(0, "checked 10000 specs: 0 errors");
    let absent: Vec<String> = (0..10_000).map(|n| format!("absent-{n}")).collect();
    bench
        .run_from(["check".to_owned()].into_iter().chain(absent), Stdio::null())
        .is(2, "cannot read absent-9999");
}

#[test]
fn file_names_may_begin_with_dashes() {
    let bench = Bench::new();
    for name in ["--help", "-o", "-", "--host=live"] {
        bench.write(name, HEAD);
        bench.run(&format!("check ./{name}")).is(0, "0 errors");
        if name != "-" {
            bench.run(&format!("check -- {name}")).is(0, "0 errors");
        }
    }
}

#[test]
fn hostile_profiles_are_refused_within_memory() {
    let bench = Bench::new();
    let head = "\"topoc_host_profile\": 1, \"origin\": {\"kind\": \"imported\"}";
    let json = |rest: &str| format!("{{{head}, {rest}}}");
    let long = 7 << 20;
    let entry = "\"00000000 00000000 00000000 00000000\"";
    let vendor = "\"0x00000000\": \"0000001f 756e6547 6c65746e 49656e69\"";
    let many = join(2000, |n| format!("\"0x{:08x}\": {entry}", n + 1), ",");
    for (name, text, words) in [
        ("nesting", format!("{{\"a\": {}", "[".repeat(4 << 20)), "unknown field `a`"),
        ("nested objects", "{\"a\":".repeat(1 << 20), "unknown field `a`"),
        ("long list", json(&format!("\"unread\": [{}0]", "\"\",".repeat(long / 2))), "invalid type"),
        (
            "long row",
            json(&format!("\"numa\": {{\"nodes\": [], \"distances\": [[{}1]]}}", "1,".repeat(long))),
            "columns",
        ),
        (
            "rows",
            json(&format!("\"numa\": {{\"nodes\": [], \"distances\": [{}[]]}}", "[],".repeat(long / 2))),
            "rows",
        ),
        ("long key", json(&format!("\"{}\": 1", "k".repeat(long))), "unknown field"),
        (
            "long version",
            format!("{{\"topoc_host_profile\": [{}0]}}", "0,".repeat(long)),
            "host profile of form [0,0",
        ),
        (
            "long date",
            format!(
                "{{\"topoc_host_profile\": 1, \"origin\": {{\"kind\": \"imported\", \"date\": \"{}\"}}}}",
                "9".repeat(long)
            ),
            "is no date",
        ),
        (
            "many CPUs",
            json(&format!("\"cpus\": {{\"online\": \"0-65535\", \"cpuid\": {{{vendor}, {many}}}}}")),
            "no host has as many",
        ),
        (
            "CPUs beyond",
            json(&format!("\"cpus\": {{\"online\": \"0-4294967295\", \"cpuid\": {{{vendor}}}}}")),
            "lies beyond 65535",
        ),
        (
            "differences",
            json(&format!(
                "\"cpus\": {{\"online\": \"0\", \"cpuid\": {{{vendor}}}, \"differences\": {{{}}}}}",
                join(500_000, |n| format!("\"{n}\": {{}}"), ",")
            )),
            "more mistakes like these",
        ),
        (
            "entries",
            json(&format!(
                "\"cpus\": {{\"online\": \"0\", \"cpuid\": {{{}}}}}",
                join(200_000, |n| format!("\"0x{n:08x}\": {entry}"), ",")
            )),
            "no table has more",
        ),
        (
            "aliases",
            format!(
                "topoc_host_profile: 1\norigin: {{kind: imported}}\nkernel: &a {}\nunread: [{}]\n",
                "x".repeat(1 << 20),
                "*a,".repeat(5000)
            ),
            "an alias",
        ),
        ("YAML nesting", "[".repeat(4 << 20), "nested more than 64 deep"),
        ("YAML list", format!("topoc_host_profile: 1\nunread:{}", "\n- ".repeat(4 << 20)), "values"),
    ] {
        println!("{name}");
        bench.host(&text).is(1, words);
        bench.run("decode host.json").is(1, words);
    }
    // Long and good: a text is only a text.
    let good = json(&format!(
        "\"unread\": [\"{}\"], \"cpus\": {{\"online\": \"0-1\", \"cpuid\": {{{vendor}}}}}",
        "\\u001b[31m".repeat(100_000)
    ));
    assert_eq!(bench.host(good).code, Some(0));
}

/// Captures of other programs: each ends soon, within memory, and says little.
#[test]
fn hostile_captures_are_refused_within_memory() {
    let bench = Bench::new();
    let line = "0x00000000 0x00: eax=0x1 ebx=0x756e6547 ecx=0x6c65746e edx=0x49656e69\n";
    let cpus = join(70_000, |n| format!("CPU {n}:\n{line}"), "");
    let entries = join(300_000, |n| format!("0x{n:08x} 0x00: eax=0x1 ebx=0x0 ecx=0x0 edx=0x0"), "\n");
    let unlike = join(
        30_000,
        |cpu| {
            let lines = join(
                9,
                |n| format!("0x{:x} 0x0: eax=0x{:x} ebx=0x0 ecx=0x0 edx=0x0", n + 1, cpu + n + 1),
                "\n",
            );
            format!("CPU {cpu}:\n{line}{lines}\n")
        },
        "",
    );
    let xml = |inside: &str| format!("<cpuid><processor><register {inside}");
    let bomb = (1..30).fold("<!DOCTYPE x [<!ENTITY a0 \"x\">".to_owned(), |text, n| {
        let before = n - 1;
        format!("{text}<!ENTITY a{n} \"&a{before};&a{before};\">")
    });
    for (name, text, words) in [
        ("empty", String::new(), "of no form that topoc reads; it looks for"),
        ("a long line", "0x0 ".repeat(5 << 20), "of no form"),
        ("mistakes", format!("CPU 0:\n{line}{}", "hello\n".repeat(3 << 20)), "more mistakes like these"),
        ("CPUs", cpus, "CPUs are numbered from 0 to 65535"),
        ("entries", format!("CPU 0:\n{line}{entries}"), "no table has as many"),
        ("unlike CPUs", unlike, "larger than 16 MiB"),
        ("leaf 0 thrice", format!("{line}{}", line.replace("0x1 ", "0x2 ").repeat(300_000)), "stands twice"),
        ("headers", format!("{line}{}", "CPU 1:\n".repeat(4 << 20)), "CPU 1 without leaf 0x00000000"),
        ("nested XML", xml(&"<processor>".repeat(1 << 20)), "no XML"),
        ("XML bomb", format!("{bomb}]>{}>&a29;", xml("eax=\"0\"")), "no XML"),
        ("escape", format!("CPU 0:\n{line}\u{1b}[31m\u{202e}\n"), "found `\\u{1b}[31m\\u{202e}`"),
        ("large", " ".repeat((32 << 20) + 1), "at most 32 MiB"),
    ] {
        println!("{name}");
        bench.write("capture", text);
        bench.run("import capture").is(1, words);
    }
    bench.write("capture", format!("CPU 0:\n{line}hello\n"));
    bench.run("import capture -o host.json").is(1, "capture:3: expected `CPU 0:`");
    assert!(!bench.path("host.json").exists());
    bench.run("import capture -o host.json --keep-going").is(0, "left out: capture:3");
    bench.run("import capture -o host.json --keep-going").is(2, "exists; pass --force");
    bench.run("import capture --from vmware").is(2, "possible values");
    bench.run("import nowhere").is(2, "cannot read nowhere");
    fs::create_dir(bench.path("dir")).unwrap();
    bench.run("import dir").is(1, "of no form");
    fifo(&bench.path("dir/pu0"));
    fs::write(bench.path("dir/pu1"), "1 0 0 0 0 => 1 0 0 0\n").unwrap();
    fs::write(bench.path("dir/x\u{1b}[31m"), "").unwrap();
    bench.run("import dir").is(1, "pu0: is missing");
    bench.run_from(["import", "-"], File::open("/dev/zero").unwrap().into()).is(1, "at most 32 MiB");
}

#[test]
fn hostile_tables_are_refused() {
    let bench = Bench::new();
    bench.compile();
    let good = fs::read(bench.path("out/vcpu-0000.cpuid2")).unwrap();
    let nent = |nent: u32| [&nent.to_le_bytes(), &good[4..]].concat();
    for (bytes, words) in [
        (nent(u32::MAX), ""),
        (nent(0), "nent is 0"),
        (nent(257), "257"),
        (nent(256), "nent is 256"),
        (good[..good.len() - 1].to_vec(), "nent is"),
        (good[..8].to_vec(), "nent is"),
        (good[..7].to_vec(), "too short"),
        ([&good[..], b"\0"].concat(), "1 byte"),
        ([&good[..], &vec![0; 10 << 20]].concat(), "bytes"),
        (vec![0; 16 << 20], ""),
    ] {
        bench.write("table", bytes);
        bench.run("decode table").is(1, words);
    }
}

#[test]
fn hostile_manifests_are_refused_within_memory() {
    let bench = Bench::new();
    let manifest = bench.compile();
    let with = |from: &str, to: &str| {
        assert!(manifest.contains(from), "{from}");
        manifest.replacen(from, to, 1)
    };
    let value: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let vcpu = value["vcpus"][0].to_string();
    let absent = |n: usize| vcpu.replace("vcpu-0000", &format!("vcpu-1{n:06}"));
    for (name, text, words) in [
        ("nesting", "[".repeat(8 << 20), "error"),
        ("nested member", with("\"nodes\": []", &format!("\"nodes\": {}", "[".repeat(8 << 20))), "not JSON"),
        ("rows", with("\"distances\": []", &format!("\"distances\": [{}[]]", "[],".repeat(8 << 20))), ""),
        (
            "numbers",
            with("\"distances\": []", &format!("\"distances\": [{}0]", "0,".repeat(8 << 20))),
            "invalid type",
        ),
        ("long key", with("\"distances\"", &format!("\"{}\"", "k".repeat(16 << 20))), "unknown field"),
        ("long file", with("vcpu-0000.cpuid2", &"f".repeat(16 << 20)), "f"),
        (
            "long digest",
            with("\"sha256\": \"", &format!("\"sha256\": \"{}", "0".repeat(16 << 20))),
            "the manifest says",
        ),
        (
            "long version",
            with("\"topoc_manifest\": 1", &format!("\"topoc_manifest\": [{}0]", "0,".repeat(8 << 20))),
            "another version",
        ),
        (
            "one file",
            with("\"vcpus\": [", &format!("\"vcpus\": [{}", format!("{vcpu},").repeat(20_000))),
            "is the file of another vCPU",
        ),
        (
            "absent files",
            with("\"vcpus\": [", &format!("\"vcpus\": [{}", join(50_000, |n| absent(n) + ",", ""))),
            "more vCPUs like these",
        ),
    ] {
        println!("{name}");
        bench.write("out/manifest.json", text);
        let run = bench.run("decode out");
        // Rows of nothing are as good as none: what decode shows is in the tables.
        run.is(if name == "rows" { 0 } else { 1 }, words);
        assert!(run.text.len() < 20_000, "{name}: {} bytes", run.text.len());
    }
    // Something else in the place of the manifest, and of a table.
    let in_place = |name: &str, make: &dyn Fn(&Path)| {
        let path = bench.path(name);
        fs::remove_file(&path).unwrap();
        make(&path);
        let run = bench.run("decode out");
        let forced = bench.run("compile small.topoc.yaml --host small.topoc.yaml -o out --force");
        assert_eq!(forced.code, Some(1));
        if path.symlink_metadata().unwrap().is_dir() {
            fs::remove_dir(&path)
        } else {
            fs::remove_file(&path)
        }
        .unwrap();
        fs::write(&path, if name.ends_with("json") { manifest.as_bytes() } else { b"" }).unwrap();
        run
    };
    for (name, words) in [("out/manifest.json", "cannot read"), ("out/vcpu-0000.cpuid2", "link or no file")] {
        bench.write("out/manifest.json", &manifest);
        in_place(name, &|path| fifo(path)).is(1, words);
        in_place(name, &|path| fs::create_dir(path).unwrap()).is(1, words);
        in_place(name, &|path| symlink("/dev/zero", path).unwrap()).is(1, words);
        in_place(name, &|path| symlink(path, path).unwrap()).is(1, words);
        in_place(name, &|path| File::create(path).unwrap().set_len(1 << 40).unwrap()).is(1, "larger than");
    }
}

/// What stands where a compile is to write is not opened, whatever it is.
#[test]
fn what_stands_in_the_way_is_never_waited_for() {
    let bench = Bench::new();
    bench.compile();
    let hosts = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hosts");
    let host = hosts.join("two-socket-intel-xeon-gold-6140.json");
    let compile = |output: &str| {
        let args = ["compile", "small.topoc.yaml", "--host", host.to_str().unwrap(), "-o", output, "--force"];
        bench.run_from(args, Stdio::null())
    };
    fifo(&bench.path("pipe"));
    compile("pipe").is(2, "is not a directory");
    fs::remove_file(bench.path("out/manifest.json")).unwrap();
    fifo(&bench.path("out/manifest.json"));
    compile("out").is(2, "is not a manifest of topoc");
    compile("/dev/null").is(2, "is not a directory");
    let mut read = File::create(bench.path("full")).unwrap();
    read.write_all(b"mine").unwrap();
    compile("full").is(2, "is not a directory");
}
