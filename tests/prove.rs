//! `topoc prove` as a user runs it, on all compiled examples and on what is wrong with a directory.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/examples.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod examples;
#[path = "support/need.rs"]
mod need;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use topoc::Compiled;
use topoc::emit::digest;
use topoc::prove::rewrites;

struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Run {
    #[track_caller]
    fn is(&self, code: i32, words: &[&str]) -> &Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        for word in words {
            assert!(
                self.err.contains(word) || self.out.contains(word),
                "{word} in:\n{}{}",
                self.out,
                self.err
            );
        }
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

fn prove(args: &[&str], dirs: &[PathBuf]) -> Run {
    let output =
        Command::new(env!("CARGO_BIN_EXE_topoc")).arg("prove").args(args).args(dirs).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Whether `/dev/kvm` can be used; says so where it cannot.
fn has_kvm() -> bool {
    let able = cfg!(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"));
    let opened = fs::File::options().read(true).write(true).open("/dev/kvm");
    match opened {
        Ok(_) if able => true,
        Ok(_) => {
            need::skip("kvm", "this build cannot use /dev/kvm");
            false
        }
        Err(error) => {
            need::skip("kvm", &format!("/dev/kvm: {error}"));
            false
        }
    }
}

/// Writes what `topoc compile -o` would.
fn write(dir: &Path, compiled: &Compiled) {
    fs::create_dir(dir).unwrap();
    for (vcpu, blob) in compiled.manifest().vcpus.iter().zip(compiled.blobs()) {
        fs::write(dir.join(&vcpu.file), blob).unwrap();
    }
    fs::write(dir.join("manifest.json"), compiled.manifest().to_json()).unwrap();
}

/// One example, written below a directory of its own.
fn compiled(example: &str, host: &str) -> (TempDir, PathBuf) {
    let spec = examples::specs().into_iter().find(|spec| spec.name == example).unwrap();
    let temp = TempDir::new().unwrap();
    let dir = temp.path().join(example);
    write(&dir, &spec.compile(&examples::host(host)).unwrap());
    (temp, dir)
}

const INTEL: &str = "two-socket-intel-xeon-8480plus";
const AMD: &str = "two-socket-amd-epyc-9654";

/// Changes the bytes of one vCPU's blob, and puts the digest of the new ones into the manifest.
fn reseal(dir: &Path, vcpu: usize, change: impl FnOnce(&mut Vec<u8>)) {
    let path = dir.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let entry = &mut manifest["vcpus"][vcpu];
    let file = dir.join(entry["file"].as_str().unwrap());
    let mut blob = fs::read(&file).unwrap();
    change(&mut blob);
    entry["sha256"] = digest::sha256(&blob).into();
    fs::write(&file, blob).unwrap();
    fs::write(&path, manifest.to_string()).unwrap();
}

/// Where a register of a blob lies: entries of 40 bytes behind 8; function, index, flags, EAX to EDX.
fn register(blob: &[u8], leaf: u32, subleaf: u32, register: usize) -> usize {
    let word = |at: usize| u32::from_le_bytes(blob[at..at + 4].try_into().unwrap());
    let entry = (8..blob.len()).step_by(40).find(|at| (word(*at), word(at + 4)) == (leaf, subleaf));
    entry.unwrap() + 12 + 4 * register
}

#[test]
fn every_example_is_proven() {
    if !has_kvm() {
        return;
    }
    let temp = TempDir::new().unwrap();
    let mut dirs = Vec::new();
    for (host, profile) in examples::hosts() {
        for example in examples::specs() {
            let Ok(compiled) = example.compile(&profile) else { continue };
            dirs.push(temp.path().join(format!("{host}-{}", example.name)));
            write(dirs.last().unwrap(), &compiled);
        }
    }
    let run = prove(&["--format", "json"], &dirs);
    run.is(0, &[]);
    let json = run.json();
    let mut totals = [0; 4];
    for (dir, proven) in dirs.iter().zip(json["directories"].as_array().unwrap()) {
        let report = &proven["report"];
        assert_eq!(proven["directory"], *dir.to_str().unwrap());
        assert_eq!((&report["proven"], &report["differences"]), (&true.into(), &Value::Array(Vec::new())));
        for (total, name) in totals.iter_mut().zip(["vcpus", "answers", "strict", "ids"]) {
            let count = report["compared"][name].as_u64().unwrap();
            assert!(count > 0, "{}: no {name}", dir.display());
            *total += count;
        }
    }
    let [vcpus, answers, strict, ids] = totals;
    assert!(dirs.len() >= 20 && vcpus > 1500, "{} machines, {vcpus} vCPUs", dirs.len());
    // Some 60 entries a table, of which more than half are held strictly.
    assert!(answers > 50 * vcpus && strict > 60 * vcpus && ids > 3 * vcpus, "{totals:?}");
    println!("{} machines, {vcpus} vCPUs, {answers} answers, {strict} registers held strictly", dirs.len());
}

#[test]
fn the_summary_says_what_was_compared() {
    if !has_kvm() {
        return;
    }
    let (_temp, dir) = compiled("one-socket", INTEL);
    let run = prove(&[], std::slice::from_ref(&dir));
    let name = dir.display();
    run.is(0, &[&format!("{name}: proven: 8 vCPUs, KVM module "), "registers held strictly", " unproven"]);
    assert_eq!(run.err, "", "no progress where nobody watches");
}

/// The page's sample is of this command. What a module rewrites is not compared: that differs by host.
#[test]
fn the_page_shows_what_is_printed() {
    if !has_kvm() {
        return;
    }
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/prove.md")).unwrap();
    let (_, sample) = page.split_once("$ topoc prove db\n").unwrap();
    let sample: Vec<&str> = sample.lines().take_while(|line| *line != "```").collect();
    let (_temp, dir) = compiled("two-sockets-smt", AMD);
    let run = prove(&[], std::slice::from_ref(&dir));
    let printed: Vec<&str> = run.out.lines().collect();
    let name = dir.to_str().unwrap();
    let head = |line: &str| line.split(", KVM module").next().unwrap().to_owned();
    assert_eq!(head(sample[0]), head(&printed[0].replace(name, "db")));
    for words in ["in the tables equal to the vcpu_id", "held strictly and equal"] {
        let of = |lines: &[&str]| lines.iter().find(|line| line.contains(words)).map(ToString::to_string);
        assert_eq!(of(&sample), of(&printed));
        assert!(of(&sample).is_some());
    }
}

#[test]
fn the_page_lists_what_each_module_rewrites() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/prove.md")).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).collect();
    let common: Vec<_> = rewrites::of(None).collect();
    for rewrite in rewrites::of(Some("kvm_pvm")) {
        let module = if common.contains(&rewrite) { "| all |" } else { "| `kvm_pvm` |" };
        for bits in rewrite.bits.iter().filter(|bits| **bits != 0) {
            let bits = match bits.count_ones() {
                32 => "all".to_owned(),
                1 => bits.trailing_zeros().to_string(),
                2 => format!("{}, {}", bits.trailing_zeros(), 31 - bits.leading_zeros()),
                _ => format!("{bits:08X}H"),
            };
            let cell = format!("| {bits} | {} |", rewrite.why);
            let listed = rows.iter().any(|row| row.starts_with(module) && row.ends_with(&cell));
            assert!(listed, "no row `{module} … {cell}`");
        }
    }
}

#[test]
fn a_blob_that_is_not_the_manifests_is_refused() {
    let (_temp, dir) = compiled("one-socket", INTEL);
    let file = dir.join("vcpu-0002.cpuid2");
    let mut blob = fs::read(&file).unwrap();
    let at = register(&blob, 0xb, 1, 1);
    blob[at] ^= 1;
    fs::write(&file, blob).unwrap();
    prove(&[], &[dir])
        .is(1, &["manifest.json: vCPU 2: vcpu-0002.cpuid2 has SHA-256 ", ", the manifest says "]);
}

/// Two vCPUs' tables exchanged: each is a good table, of another vCPU.
#[test]
fn a_table_of_another_vcpu_is_noticed_behind_a_good_digest() {
    if !has_kvm() {
        return;
    }
    let (_temp, dir) = compiled("one-socket", AMD);
    let other = fs::read(dir.join("vcpu-0005.cpuid2")).unwrap();
    reseal(&dir, 2, |blob| *blob = other);
    let run = prove(&["--format", "json"], std::slice::from_ref(&dir));
    run.is(1, &["vCPU 2, vcpu_id 2: CPUID.(EAX=0BH,ECX=0):EDX: the table says ID 5, the vCPU has 2"]);
    let report = &run.json()["directories"][0]["report"];
    assert_eq!(report["proven"], false);
    let differences = report["differences"].as_array().unwrap();
    assert!(differences.iter().all(|d| d["kind"] == "id" && d["vcpu"] == 2), "{differences:?}");
    assert!(differences.len() > 4);
}

/// 80000008H:EAX[15:8] of 17 is the width of no processor.
#[test]
fn what_kvm_refuses_fails_behind_a_good_digest() {
    if !has_kvm() {
        return;
    }
    let (_temp, dir) = compiled("one-socket", AMD);
    reseal(&dir, 7, |blob| {
        let at = register(blob, 0x8000_0008, 0, 0);
        blob[at + 1] = 17;
    });
    prove(&[], &[dir]).is(1, &["vCPU 7, vcpu_id 7: KVM_SET_CPUID2: ", "80000008H:EAX[15:8]"]);
}

/// KVM keeps OSXSAVE as CR4 has it, so a table cannot set it: not a failure, and not proven.
#[test]
fn a_run_time_bit_is_unproven() {
    if !has_kvm() {
        return;
    }
    let (_temp, dir) = compiled("one-socket", AMD);
    reseal(&dir, 3, |blob| {
        let at = register(blob, 1, 0, 2);
        blob[at + 3] |= 8;
    });
    let run = prove(&["--format", "json"], std::slice::from_ref(&dir));
    run.is(0, &["[27] CR4.OSXSAVE"]);
    let json = run.json();
    let rows = json["directories"][0]["report"]["unproven"].as_array().unwrap();
    let row = rows.iter().find(|row| row["at"] == "CPUID.(EAX=01H):ECX").unwrap();
    assert!(row["rewritten"].as_u64() >= Some(1));
}

#[test]
fn what_is_no_table_is_refused_behind_a_good_digest() {
    let (_temp, dir) = compiled("one-socket", INTEL);
    reseal(&dir, 1, |blob| blob.truncate(100));
    prove(&[], &[dir]).is(1, &["vcpu-0001.cpuid2: byte 0: nent is "]);

    let (_temp, dir) = compiled("one-socket", INTEL);
    reseal(&dir, 1, |blob| {
        // 257 entries: one more than KVM takes, and more than the reader of files takes.
        let entry: Vec<u8> = blob[8..48].to_vec();
        blob[..4].copy_from_slice(&257_u32.to_le_bytes());
        blob.truncate(8);
        blob.extend((0..257).flat_map(|_| entry.clone()));
    });
    prove(&[], &[dir]).is(1, &["vCPU 1: vcpu-0001.cpuid2 is larger than a table of 256 entries"]);
}

#[test]
fn a_vcpu_id_beyond_kvms_limit_is_named() {
    if !has_kvm() {
        return;
    }
    let (_temp, dir) = compiled("one-socket", INTEL);
    let path = dir.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["vcpus"][6]["vcpu_id"] = (1 << 22).into();
    fs::write(&path, manifest.to_string()).unwrap();
    let words = ["vCPU 6 has vcpu_id 4194304, this KVM takes IDs below ", "KVM_CAP_MAX_VCPU_ID"];
    prove(&[], &[dir]).is(1, &words);
}

#[test]
fn what_topoc_compile_did_not_write_is_refused() {
    let temp = TempDir::new().unwrap();
    let dir = temp.path().join("out");
    prove(&[], std::slice::from_ref(&dir)).is(2, &["cannot read", "manifest.json"]);
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("manifest.json"), "{}").unwrap();
    prove(&[], &[dir.join("manifest.json")]).is(2, &["manifest.json is a file: prove reads what"]);
    for (text, words) in [
        ("{", "not JSON"),
        ("{}", "not a manifest of topoc"),
        (r#"{"topoc_manifest": 2}"#, "a manifest of another version"),
        (r#"{"topoc_manifest": 1}"#, "missing field"),
    ] {
        fs::write(dir.join("manifest.json"), text).unwrap();
        prove(&[], std::slice::from_ref(&dir)).is(1, &[words]);
    }
    prove(&[], &["-".into()]).is(2, &["cannot read standard input"]);
    prove(&[], &[]).is(2, &["Usage: topoc prove"]);
}

/// One bad directory does not keep the others from being proven.
#[test]
fn several_directories_are_proven_each() {
    if !has_kvm() {
        return;
    }
    let (_a, good) = compiled("uniprocessor", INTEL);
    let (_b, other) = compiled("one-socket", AMD);
    let run = prove(&[], &[good.clone(), "nowhere".into(), other.clone()]);
    run.is(2, &["nowhere/manifest.json"]);
    for dir in [good, other] {
        assert!(run.out.contains(&format!("{}: proven: ", dir.display())), "{}", run.out);
    }
}

/// Without `/dev/kvm`, or without leave to open it: exit 3, and what to do, not the same for both.
#[test]
fn without_kvm_it_says_how_to_get_it() {
    let (_temp, dir) = compiled("uniprocessor", INTEL);
    if cfg!(not(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))) {
        prove(&[], &[dir]).is(3, &["Linux on x86-64 and the `kvm` feature"]);
        return;
    }
    let topoc = env!("CARGO_BIN_EXE_topoc");
    // In a namespace with another /dev, and with none of the capabilities that open every file.
    for (dev, words) in [
        (":", ["/dev/kvm is not there", "load kvm_intel or kvm_amd"]),
        ("touch /dev/kvm && chmod 0 /dev/kvm", ["no permission to open /dev/kvm", "join the group"]),
        ("touch /dev/kvm", ["/dev/kvm is not usable", "kernel's log"]),
    ] {
        let script = format!(
            "mount -t tmpfs none /dev && {dev} && \
             exec setpriv --bounding-set=-all --inh-caps=-all \"$0\" prove \"$1\""
        );
        let output = Command::new("unshare")
            .args(["--mount", "--map-root-user", "sh", "-c", &script, topoc])
            .arg(&dir)
            .output();
        let Ok(output) = output else { return need::skip("unshare", "unshare is not installed") };
        let err = String::from_utf8(output.stderr).unwrap();
        if ["unshare:", "mount:", "setpriv:"].iter().any(|tool| err.contains(tool)) {
            return need::skip("unshare", &format!("no namespace: {err}"));
        }
        assert_eq!(output.status.code(), Some(3), "{err}");
        for word in words {
            assert!(err.contains(word), "{word} in: {err}");
        }
    }
}

#[cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
mod example {
    use super::*;

    /// As its own page says to run it; a test run alone has not built the examples.
    fn load(dir: &Path) -> Run {
        let output = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--offline", "--example", "load_into_kvm", "--"])
            .arg(dir)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        Run {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// IDs up to 255 and beyond, in one VM.
    #[test]
    fn the_example_loads_whole_machines() {
        if !has_kvm() {
            return;
        }
        for (example, host, last) in [
            ("uniprocessor", INTEL, "vCPU 0: vcpu_id 0, "),
            ("nps2-amd", AMD, "vCPU 15: vcpu_id "),
            ("large-288", INTEL, "vCPU 287: vcpu_id "),
        ] {
            let (_temp, dir) = compiled(example, host);
            let manifest: Value =
                serde_json::from_slice(&fs::read(dir.join("manifest.json")).unwrap()).unwrap();
            let run = load(&dir);
            run.is(0, &[last]);
            let lines: Vec<&str> = run.out.lines().collect();
            let vcpus = manifest["vcpus"].as_array().unwrap();
            assert_eq!(lines.len(), vcpus.len());
            for (line, vcpu) in lines.iter().zip(vcpus) {
                let (index, id) = (&vcpu["index"], &vcpu["vcpu_id"]);
                assert!(line.starts_with(&format!("vCPU {index}: vcpu_id {id}, ")), "{line}");
                assert!(line.ends_with(&format!(" read back, x2APIC ID {id}")), "{line}");
            }
        }
    }

    #[test]
    fn the_example_refuses_what_is_no_table() {
        if !has_kvm() {
            return;
        }
        let (_temp, dir) = compiled("uniprocessor", INTEL);
        fs::write(dir.join("vcpu-0000.cpuid2"), [2, 0, 0, 0, 0, 0, 0, 0]).unwrap();
        load(&dir).is(1, &["nent is not the number of entries"]);
        load(&dir.join("nowhere")).is(1, &["No such file"]);
    }
}
