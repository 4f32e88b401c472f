//! `topoc fit` as a user runs it: the table, its other forms, groups, shards, bad input.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/fleet.rs"]
mod fleet;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const SMALL: &str =
    "version: 1\nname: small\ntopology: { cores: 2, threads: 2 }\nhost: { fidelity: counts }\n";
const AMD: &str = "version: 1\ntopology: { cores: 4 }\ncpu: { vendor: amd }\n";
const HUGE: &str = "version: 1\ntopology: { sockets: 8, cores: 64 }\nhost: { fidelity: counts }\n";
const BROKEN: &str = "version: 1\ntopology: { cores: two, thread: 2 }\n";

struct Bench {
    dir: TempDir,
}

struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Bench {
    /// Three specs that read and one that does not; three hosts, two of them of one kind.
    fn new() -> Self {
        let bench = Self { dir: TempDir::new().unwrap() };
        for (name, text) in [("small", SMALL), ("amd", AMD), ("huge", HUGE)] {
            bench.write(&format!("specs/{name}.topoc.yaml"), text);
        }
        let intel = shipped("two-socket-intel-xeon-gold-6140");
        bench.write("hosts/a/intel.json", &intel);
        bench.write("hosts/b/intel.json", intel.replace("\"note\": \"", "\"note\": \"Rack 7. "));
        bench.write("hosts/genoa.json", shipped("live-amd-genoa-2cpu"));
        bench
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_topoc"));
        command.arg("fit").args(args.split(' ')).current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, args: &str) -> Run {
        self.command(args).output().unwrap().into()
    }

    fn json(&self, args: &str) -> Value {
        serde_json::from_str(&self.run(&format!("{args} --format json")).out).unwrap()
    }
}

fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/hosts/{name}.json"));
    fs::read_to_string(path).unwrap()
}

/// A text with its digests masked: they are of shipped profiles, which may come to say more.
fn masked(text: &str) -> String {
    let is_digest = |word: &str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| {
            let (bare, end) = word.split_at(word.len() - usize::from(!word.ends_with(char::is_alphanumeric)));
            if is_digest(bare) { format!("DIGEST{end}") } else { word.to_owned() }
        })
        .collect()
}

const ALL: &str = "specs --hosts hosts";

#[test]
fn the_table_names_kinds_of_hosts_and_why_specs_do_not_fit() {
    let bench = Bench::new();
    bench.write("specs/broken.topoc.yaml", BROKEN).write("hosts/torn.json", "{ \"topoc_host_profile\": 1");
    let run = bench.run(ALL);
    insta::assert_snapshot!("table", format!("{}\n--- standard error ---\n{}", run.out, run.err));
    assert_eq!(run.code, Some(1));
}

#[test]
fn json_csv_and_concise_say_the_same() {
    let bench = Bench::new();
    bench.write("specs/broken.topoc.yaml", BROKEN);
    let json = bench.run(&format!("{ALL} --format json"));
    insta::assert_snapshot!("json", masked(&json.out));
    insta::assert_snapshot!("csv", masked(&bench.run(&format!("{ALL} --format csv")).out));
    insta::assert_snapshot!("concise", bench.run(&format!("{ALL} --format concise")).out);
    assert_eq!(json.err, "", "JSON goes alone");
    assert_eq!(json.code, Some(1));
}

#[test]
fn a_table_that_words_make_too_wide_has_characters() {
    let bench = Bench { dir: TempDir::new().unwrap() };
    fleet::write(bench.dir.path(), 3, 12, 12);
    let run = bench.run("specs --hosts hosts");
    let table: Vec<&str> = run.out.split("\n\n").nth(1).unwrap().lines().collect();
    assert_eq!(table[0].trim(), "1  2  3  4  5  6  7  8  9 10 11 12");
    for row in &table[1..] {
        let cells = row.strip_prefix("specs/0000").unwrap().split_whitespace().skip(1);
        assert_eq!(cells.filter(|cell| ["+", "!", "-", "?"].contains(cell)).count(), 12, "{row}");
    }
    assert!(run.out.contains("\n!: fits with warnings; -: does not fit\n"), "{}", run.out);
}

#[test]
fn a_table_that_is_too_wide_becomes_a_list() {
    let bench = Bench { dir: TempDir::new().unwrap() };
    fleet::write(bench.dir.path(), 2, 60, 60);
    let run = bench.run("specs/00000.topoc.yaml --hosts hosts");
    let list = run.out.split_once("\n\n").unwrap().1;
    assert!(list.starts_with("specs/00000.topoc.yaml\n  fits"), "{list}");
    assert!(run.out.lines().all(|line| line.chars().count() <= 100 || !line.contains(' ')), "{}", run.out);
    assert_eq!(bench.json("specs --hosts hosts")["groups"].as_array().unwrap().len(), 60);
}

#[test]
fn hosts_are_one_group_unless_a_rule_could_tell_them_apart() {
    let bench = Bench::new();
    let counts = |json: &Value| -> Vec<u64> {
        json["groups"].as_array().unwrap().iter().map(|g| g["count"].as_u64().unwrap()).collect()
    };
    assert_eq!(counts(&bench.json(ALL)), [2, 1], "the note is no difference");
    let intel = shipped("two-socket-intel-xeon-gold-6140");
    // Layout and YAML are none either.
    let compact: Value = serde_json::from_str(&intel).unwrap();
    bench.write("hosts/c.yaml", format!("# The same\n{compact}"));
    assert_eq!(counts(&bench.json(ALL)), [3, 1]);
    let other = intel.replacen("\"kernel\": \"", "\"kernel\": \"9", 1);
    let other = if other == intel { intel.replacen("{\n", "{\n  \"kernel\": \"9.1\",\n", 1) } else { other };
    bench.write("hosts/other.json", other);
    assert_eq!(counts(&bench.json(ALL)).iter().sum::<u64>(), 5);
    assert_eq!(counts(&bench.json(ALL)).len(), 3, "another kernel is another kind");
}

#[test]
fn what_is_found_is_what_check_finds() {
    let bench = Bench { dir: TempDir::new().unwrap() };
    fleet::write(bench.dir.path(), 60, 12, 12);
    let json = bench.json("specs --hosts hosts");
    let mut seen = 0;
    for row in json["specs"].as_array().unwrap() {
        for cell in row["cells"].as_array().unwrap() {
            // A few of them: each is a process.
            seen += 1;
            if seen % 41 != 0 {
                continue;
            }
            let group = usize::try_from(cell["group"].as_u64().unwrap()).unwrap();
            let host = json["groups"][group - 1]["hosts"][0].as_str().unwrap();
            let mut check = Command::new(env!("CARGO_BIN_EXE_topoc"));
            check.args(["check", row["spec"].as_str().unwrap(), "--host", host, "--format", "json"]);
            let found: Run = check.current_dir(bench.dir.path()).output().unwrap().into();
            let found: Value = serde_json::from_str(&found.out).unwrap();
            assert_eq!(
                found["errors"].as_u64() > Some(0),
                cell["verdict"] == "does_not_fit",
                "{row}\n{found}"
            );
            assert_eq!(found["warnings"].as_u64(), cell["warnings"].as_u64().or(Some(0)), "{row}\n{found}");
        }
    }
    assert!(seen > 500, "only {seen} answers");
}

#[test]
fn exit_codes_ask_for_one_host_or_all() {
    let bench = Bench::new();
    let code = |args: &str| bench.run(args).code;
    assert_eq!(code(ALL), Some(1), "huge runs nowhere");
    assert_eq!(code("specs/small.topoc.yaml specs/amd.topoc.yaml --hosts hosts"), Some(0));
    assert_eq!(code("specs/amd.topoc.yaml --hosts hosts --require all"), Some(1), "the Intel hosts");
    assert_eq!(code("specs/amd.topoc.yaml --hosts hosts/genoa.json --require all"), Some(0));
    bench.write("bad/torn.json", "{");
    assert_eq!(code("specs/small.topoc.yaml --hosts hosts bad"), Some(1), "a broken profile");
    bench.write("bad.topoc.yaml", BROKEN);
    assert_eq!(code("specs/small.topoc.yaml bad.topoc.yaml --hosts hosts"), Some(1), "a broken spec");
    assert_eq!(code("specs/small.topoc.yaml nowhere.topoc.yaml --hosts hosts"), Some(2), "a missing spec");
    assert_eq!(code("specs"), Some(2), "no hosts");
    assert_eq!(code("specs --hosts hosts --shard 3/2"), Some(2));
    assert_eq!(code("specs --hosts hosts --format hwloc"), Some(2));
}

#[test]
fn shards_together_are_the_run() {
    let bench = Bench::new();
    bench.write("specs/broken.topoc.yaml", BROKEN).write("hosts/torn.json", "{");
    bench.write("hosts/zen2.json", shipped("two-socket-amd-epyc-7742"));
    for count in 1..=7 {
        let mut parts = Vec::new();
        for number in 1..=count {
            let part = format!("part-{number}-of-{count}.json");
            let run = bench.run(&format!("{ALL} --shard {number}/{count} -o {part}"));
            assert_eq!(run.code, Some(0), "a shard judges nothing: {}", run.err);
            parts.insert(0, part);
        }
        let parts = parts.join(" ");
        for format in ["human", "json", "csv", "concise"] {
            let whole = bench.run(&format!("{ALL} --format {format}"));
            let merged = bench.run(&format!("--merge {parts} --format {format}"));
            assert_eq!((merged.out, merged.err), (whole.out, whole.err), "{count} shards as {format}");
            assert_eq!(merged.code, whole.code);
        }
    }
}

#[test]
fn shards_that_do_not_belong_together_are_refused() {
    let bench = Bench::new();
    let shard = |args: &str| assert_eq!(bench.run(args).code, Some(0), "{args}");
    let refused = |args: &str, why: &str| {
        let run = bench.run(args);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{args}");
        assert!(run.err.contains(why), "{args}: {}", run.err);
    };
    for number in 1..=3 {
        shard(&format!("{ALL} --shard {number}/3 -o p{number}.json"));
    }
    shard(&format!("{ALL} --shard 1/2 -o half.json"));
    refused("--merge p1.json p3.json", "without shard 2/3");
    refused("--merge p1.json p2.json p3.json p2.json", "shard 2/3 more than once: p2.json, p2.json");
    refused("--merge p1.json half.json", "half.json is shard 1/2, p1.json is 1/3");
    refused("--merge p1.json specs/small.topoc.yaml", "specs/small.topoc.yaml is no part");
    refused("--merge p1.json gone.json", "cannot read gone.json");
    let part = fs::read_to_string(bench.dir.path().join("p2.json")).unwrap();
    let mut forged: Value = serde_json::from_str(&part).unwrap();
    let rows = forged["fit"]["specs"].as_array_mut().unwrap();
    let cells = rows.iter_mut().find_map(|row| row["cells"].as_array_mut().filter(|cells| !cells.is_empty()));
    cells.unwrap().pop();
    bench.write("forged.json", forged.to_string());
    refused("--merge p1.json forged.json p3.json", "has other answers than shard 2/3 gives");
    bench.write("specs/small.topoc.yaml", SMALL.replace("threads: 2", "threads: 1"));
    shard(&format!("{ALL} --shard 2/3 -o spec.json"));
    refused("--merge p1.json spec.json p3.json", "`specs/small.topoc.yaml` is another text");
    bench.write("specs/small.topoc.yaml", SMALL).write("hosts/more.json", shipped("live-amd-genoa-2cpu"));
    shard(&format!("{ALL} --shard 2/3 -o host.json"));
    refused("--merge p1.json host.json p3.json", "the hosts of group 2 are others");
    shard("specs/small.topoc.yaml --hosts hosts --shard 2/3 -o fewer.json");
    refused("--merge p1.json fewer.json p3.json", "in place of");
    refused("specs --hosts hosts --merge p1.json", "cannot be used with");
}

#[test]
fn what_cannot_be_used_is_told_and_stops_nothing_else() {
    let bench = Bench::new();
    fs::create_dir_all(bench.dir.path().join("empty/.hidden")).unwrap();
    bench.write("empty/.hidden/x.topoc.yaml", SMALL).write("empty/x.json", "{}");
    bench.write("odd/list.json", "[]").write("odd/fleet.baseline.json", "{}").write("odd/x.topoc.yaml", "{}");
    bench.write("odd/binary.json", [0_u8, 1, 2]);
    let run =
        bench.run("empty gone.topoc.yaml specs/small.topoc.yaml --hosts odd hosts gone.json hosts/none");
    for told in [
        "cannot read empty: no file below it is called *.topoc.yaml",
        "cannot read gone.topoc.yaml: No such file",
        "cannot read gone.json: No such file",
        "cannot read hosts/none: No such file",
        "odd/list.json:1:1: ",
        "odd/binary.json: a binary file",
    ] {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
    assert!(!run.err.contains("baseline") && !run.err.contains("odd/x.topoc.yaml"), "{}", run.err);
    let row = run.out.lines().find(|line| line.starts_with("specs/small.topoc.yaml")).unwrap();
    assert!(row.contains("fits") || row.contains("warns"), "{}", run.out);
    assert_eq!(run.code, Some(2));
    // Every mistake of a file is told.
    bench.write("bad.topoc.yaml", BROKEN);
    let run = bench.run("bad.topoc.yaml --hosts hosts");
    assert_eq!(run.err.matches("bad.topoc.yaml:2:").count(), 2, "{}", run.err);
}

#[test]
fn a_file_is_taken_once_and_files_of_one_name_are_not_confused() {
    let bench = Bench::new();
    bench.write("more/small.topoc.yaml", SMALL.replace("fidelity: counts", "fidelity: none"));
    let json = bench
        .json("specs/small.topoc.yaml specs ./specs/small.topoc.yaml more --hosts hosts hosts/genoa.json");
    let specs: Vec<_> =
        json["specs"].as_array().unwrap().iter().map(|row| row["spec"].as_str().unwrap()).collect();
    assert_eq!(
        specs,
        ["specs/small.topoc.yaml", "specs/amd.topoc.yaml", "specs/huge.topoc.yaml", "more/small.topoc.yaml"]
    );
    let counts: u64 = json["groups"].as_array().unwrap().iter().map(|g| g["count"].as_u64().unwrap()).sum();
    assert_eq!(counts, 3, "a profile that is given twice is one host");
}

/// The values at a key of a YAML text, at any depth.
fn at_key<'y>(value: &'y serde_yaml::Value, key: &str, found: &mut Vec<&'y serde_yaml::Value>) {
    match value {
        serde_yaml::Value::Mapping(map) => {
            for (name, value) in map {
                if name.as_str() == Some(key) {
                    found.push(value);
                }
                at_key(value, key, found);
            }
        }
        serde_yaml::Value::Sequence(list) => list.iter().for_each(|value| at_key(value, key, found)),
        _ => {}
    }
}

fn yaml(name: &str) -> serde_yaml::Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci").join(name);
    serde_yaml::from_slice(&fs::read(path).unwrap()).unwrap()
}

impl Bench {
    /// Runs a line in a shell that finds `topoc`.
    #[cfg(unix)]
    fn shell(&self, line: &str, index: usize) {
        let program = Path::new(env!("CARGO_BIN_EXE_topoc")).parent().unwrap().to_str().unwrap();
        let path = format!("{program}:{}", std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-ec", line]).current_dir(self.dir.path());
        shell.env("PATH", path).env("JOB_COMPLETION_INDEX", index.to_string());
        let run: Run = shell.output().unwrap().into();
        assert_eq!(run.code, Some(0), "{line}: {}", run.err);
    }
}

/// The workflow's own lines, in the order in which its jobs run them.
#[test]
#[cfg(unix)]
fn the_github_workflow_runs() {
    let bench = Bench::new();
    fs::remove_file(bench.dir.path().join("specs/huge.topoc.yaml")).unwrap();
    let workflow = yaml("fleet.github.yaml");
    let shards: Vec<u64> =
        serde_yaml::from_value(workflow["jobs"]["fit"]["strategy"]["matrix"]["shard"].clone()).unwrap();
    let lines = |job: &str| -> Vec<String> {
        let mut found = Vec::new();
        at_key(&workflow["jobs"][job], "run", &mut found);
        let lines = found.iter().map(|line| line.as_str().unwrap().to_owned());
        lines.filter(|line| line.starts_with("topoc ")).collect()
    };
    assert_eq!((shards.len(), lines("fit").len(), lines("merge").len()), (4, 1, 2));
    for shard in shards {
        let line = lines("fit")[0].replace("${{ matrix.shard }}", &shard.to_string());
        assert!(!line.contains("${{"), "{line}");
        bench.shell(&line, 0);
    }
    for line in lines("merge") {
        bench.shell(&line, 0);
    }
    let csv = fs::read_to_string(bench.dir.path().join("fit.csv")).unwrap();
    assert_eq!(csv, bench.run(&format!("{ALL} --format csv")).out);
}

/// The Job's own command, for every index.
#[test]
#[cfg(unix)]
fn the_kubernetes_job_runs() {
    let bench = Bench::new();
    let job = yaml("fleet.kubernetes.yaml");
    assert_eq!(
        (job["kind"].as_str(), job["spec"]["completionMode"].as_str()),
        (Some("Job"), Some("Indexed"))
    );
    let mut found = Vec::new();
    at_key(&job, "command", &mut found);
    let command: Vec<String> = serde_yaml::from_value(found[0].clone()).unwrap();
    assert_eq!(command[..2], ["sh", "-c"]);
    fs::create_dir(bench.dir.path().join("parts")).unwrap();
    let line = command[2].replace("/fleet/", "./").replace("/parts/", "./parts/");
    let pods = usize::try_from(job["spec"]["completions"].as_u64().unwrap()).unwrap();
    for index in (0..pods).chain([0]) {
        bench.shell(&line, index);
    }
    let parts: Vec<String> = (0..pods).map(|index| format!("parts/part-{index}.json")).collect();
    let merged = bench.run(&format!("--merge {}", parts.join(" ")));
    assert_eq!(merged.out, bench.run("./specs --hosts ./hosts").out);
}

#[test]
fn a_spec_comes_from_standard_input_once() {
    let bench = Bench::new();
    let mut child = bench
        .command("- --hosts hosts")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(SMALL.as_bytes()).unwrap();
    let run: Run = child.wait_with_output().unwrap().into();
    assert!(run.out.contains("<stdin>  "), "{}", run.out);
    let run = bench.run("- --hosts hosts -");
    assert!(run.err.contains("`-` is given more than once"), "{}", run.err);
    assert_eq!(run.code, Some(2));
}

#[test]
fn a_result_goes_to_a_file_that_is_not_there_yet() {
    let bench = Bench::new();
    let to_file = "specs/small.topoc.yaml --hosts hosts --format csv -o fit.csv";
    assert_eq!(bench.run(to_file).code, Some(0));
    let run = bench.run(to_file);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("fit.csv exists; pass --force"), "{}", run.err);
    assert_eq!(bench.run(&format!("{to_file} --force")).code, Some(0));
    let printed = bench.run("specs/small.topoc.yaml --hosts hosts --format csv").out;
    assert_eq!(fs::read_to_string(bench.dir.path().join("fit.csv")).unwrap(), printed);
}

/// A name reaches a terminal and a spreadsheet as text.
#[test]
#[cfg(unix)]
fn names_of_files_are_harmless() {
    let bench = Bench::new();
    bench.write("=1+1\u{1b}[2J.topoc.yaml", BROKEN);
    let args = "=1+1\u{1b}[2J.topoc.yaml specs/small.topoc.yaml --hosts hosts";
    for format in ["human", "concise", "csv", "json"] {
        let run = bench.run(&format!("{args} --format {format}"));
        assert!(!(run.out + &run.err).contains('\u{1b}'), "{format}");
    }
    let csv = bench.run(&format!("{args} --format csv")).out;
    assert!(csv.contains("\n'=1+1"), "{csv}");
}
