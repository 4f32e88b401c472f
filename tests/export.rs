//! Tables in the forms of other programs, read back by readers of a few lines: every register of every
//! table is there, and nothing else. The last steps are the command line's.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support {
    #![allow(dead_code, reason = "other tests use the rest")]
    pub mod examples;
    pub mod need;
    pub mod tables;
    pub mod words;
}

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::tables::{numbered, table};
use support::words::{Entry, entries};
use support::{examples, need};
use tempfile::TempDir;
use topoc::cpuid::{CpuidTable, Key};
use topoc::emit::export::{cpuid_r, hwloc};

const INTEL: &str = "two-socket-intel-xeon-8480plus";
const HOSTS: [&str; 3] = [INTEL, "two-socket-amd-epyc-9654", "two-socket-amd-epyc-7742"];

fn hex(text: &str) -> u32 {
    u32::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).unwrap()
}

/// What `cpuid -f` finds in a text: per CPU its number, and leaf, subleaf, registers.
fn read_cpuid_r(text: &str) -> Vec<(u32, Vec<Entry>)> {
    let mut cpus: Vec<(u32, Vec<Entry>)> = Vec::new();
    for line in text.lines() {
        if let Some(number) = line.strip_prefix("CPU ") {
            cpus.push((number.strip_suffix(':').unwrap().parse().unwrap(), Vec::new()));
            continue;
        }
        let (input, output) = line.strip_prefix("   ").unwrap().split_once(": ").unwrap();
        let (leaf, subleaf) = input.split_once(' ').unwrap();
        assert!(leaf.len() == 10 && subleaf.len() >= 4, "{line}");
        let registers = ["eax=", "ebx=", "ecx=", "edx="].into_iter().zip(output.split(' '));
        let words: Vec<u32> = registers.map(|(name, word)| hex(word.strip_prefix(name).unwrap())).collect();
        let entry = Entry { leaf: hex(leaf), subleaf: Some(hex(subleaf)), words: words.try_into().unwrap() };
        cpus.last_mut().unwrap().1.push(entry);
    }
    cpus
}

/// What hwloc finds in a `puN`.
fn read_pu(text: &str) -> Vec<Entry> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let words: Vec<u32> = line.split(' ').filter(|word| *word != "=>").map(hex).collect();
            let [mask, leaf, 0, ecx, 0, a, b, c, d] = words[..] else { panic!("{line}") };
            let subleaf = match mask {
                1 => None,
                5 => Some(ecx),
                _ => panic!("{line}"),
            };
            assert!(line.len() < 128 && (subleaf.is_some() || ecx == 0), "{line}");
            Entry { leaf, subleaf, words: [a, b, c, d] }
        })
        .collect()
}

/// A table in the order of its keys, as cpuid has it: a leaf without subleaves has the subleaf 0.
fn in_order(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by_key(|entry| (entry.leaf, entry.subleaf));
    entries
}

fn with_subleaves(entries: Vec<Entry>) -> Vec<Entry> {
    in_order(entries.into_iter().map(|e| Entry { subleaf: e.subleaf.or(Some(0)), ..e }).collect())
}

#[test]
fn what_is_written_is_the_table() {
    let mut seen = 0;
    for host in HOSTS.map(examples::host) {
        for example in examples::specs() {
            let Ok(compiled) = example.compile(&host) else { continue };
            let cpus: Vec<Vec<Entry>> = compiled.blobs().iter().map(|blob| entries(blob)).collect();
            let tables = numbered(&cpus);
            let back = read_cpuid_r(&cpuid_r(&tables));
            let files = hwloc(&tables);
            assert_eq!((back.len(), files.len()), (cpus.len(), cpus.len() + 1), "{}", example.name);
            for (((number, cpu), (read, back)), (name, text)) in (0..).zip(cpus).zip(back).zip(&files[1..]) {
                assert_eq!(number, read, "{}", example.name);
                assert_eq!(back, with_subleaves(cpu.clone()), "{} {number}", example.name);
                assert_eq!(*name, format!("pu{number}"));
                assert_eq!(read_pu(text), in_order(cpu), "{} {number}", example.name);
                seen += 1;
            }
        }
    }
    assert!(seen > 1000, "only {seen} tables");
}

/// A capture of a real machine written anew has the lines that hwloc's own program wrote.
#[test]
fn a_capture_of_hwloc_comes_back() {
    let Some(corpus) = std::env::var_os("TOPOC_CORPUS").map(PathBuf::from) else {
        return need::skip("corpus", "TOPOC_CORPUS is not set: no capture of hwloc's is written anew");
    };
    let mut seen = 0;
    for folder in fs::read_dir(corpus.join("captures/hwloc")).unwrap() {
        let folder = folder.unwrap().path();
        let shown = folder.display();
        let originals: Vec<String> =
            (0..).map_while(|pu| fs::read_to_string(folder.join(format!("pu{pu}"))).ok()).collect();
        let tables: Vec<_> = originals.iter().map(|text| read_pu(text)).collect();
        let files = hwloc(&numbered(&tables));
        for ((original, table), (name, text)) in originals.iter().zip(tables).zip(&files[1..]) {
            let lines = |text: &str| -> BTreeSet<String> {
                text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
            };
            let (original, written) = (lines(original), lines(text));
            assert_eq!(original.difference(&written).next(), None, "{shown} {name}");
            let added: Vec<_> = written.difference(&original).flat_map(|line| read_pu(line)).collect();
            assert!(
                added.iter().all(|end| !table.iter().any(|e| (e.leaf, e.subleaf) == (end.leaf, end.subleaf))),
                "{shown} {name}: {added:?}"
            );
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} CPUs");
}

/// A directory to run topoc in.
struct Bench(TempDir);

impl Bench {
    /// With `db`, compiled from the example `two-sockets-smt`.
    fn new() -> Self {
        let bench = Self(TempDir::new().unwrap());
        let [spec, host] = ["two-sockets-smt.topoc.yaml".to_owned(), format!("hosts/{INTEL}.json")];
        let [spec, host] = [spec, host].map(|name| examples::folder().join(name));
        let command = format!("compile {} --host {} -o db", spec.display(), host.display());
        assert_eq!(bench.run(&command).0, 0);
        bench
    }

    /// Exit code, standard output, standard error.
    fn run(&self, arguments: &str) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_topoc"))
            .args(arguments.split(' '))
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    #[track_caller]
    fn is(&self, arguments: &str, code: i32, words: &str) {
        let (actual, out, err) = self.run(arguments);
        assert!(actual == code && err.contains(words), "{actual}: {out}{err}");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The compiled tables, cut by hand.
    fn tables(&self) -> Vec<Vec<Entry>> {
        (0..32).map(|n| entries(&fs::read(self.path(&format!("db/vcpu-{n:04}.cpuid2"))).unwrap())).collect()
    }
}

fn names(dir: &Path) -> BTreeSet<String> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_command_writes_both_forms() {
    let bench = Bench::new();
    let tables = bench.tables();
    let (code, text, _) = bench.run("decode db --format cpuid-r");
    assert_eq!(code, 0);
    let expected: Vec<_> = (0..).zip(tables.iter().cloned().map(with_subleaves)).collect();
    assert_eq!(read_cpuid_r(&text), expected);
    bench.is("decode db --format cpuid-r -o db.cpuid", 0, "wrote db.cpuid: 32 CPUs");
    assert_eq!(bench.read("db.cpuid"), text);
    bench.is("decode db --format hwloc -o db-hwloc", 0, "wrote db-hwloc: 32 CPUs");
    assert_eq!(names(&bench.path("db-hwloc")).len(), 33);
    assert!(bench.read("db-hwloc/hwloc-cpuid-info").starts_with("Architecture: x86\n"));
    for (pu, table) in tables.iter().enumerate() {
        assert_eq!(read_pu(&bench.read(&format!("db-hwloc/pu{pu}"))), in_order(table.clone()));
    }
    let (_, one, _) = bench.run("decode db/vcpu-0005.cpuid2 --format cpuid-r");
    assert_eq!(read_cpuid_r(&one), [(0, with_subleaves(tables[5].clone()))]);
}

/// A profile's CPUs keep their numbers where the form has any.
#[test]
fn offline_cpus_leave_gaps_that_hwloc_does_not_take() {
    let bench = Bench::new();
    let host = fs::read_to_string(examples::folder().join("hosts/live-amd-genoa-2cpu.json")).unwrap();
    let gap = host.replace("\"online\": \"0-1\"", "\"online\": \"0,4\"");
    let mut gap: serde_json::Value = serde_json::from_str(&gap).unwrap();
    let differences = gap["cpus"]["differences"].as_object_mut().unwrap();
    let second = differences.remove("1").unwrap();
    differences.insert("4".to_owned(), second);
    fs::write(bench.path("host.json"), gap.to_string()).unwrap();
    let (_, text, err) = bench.run("decode host.json --format cpuid-r");
    assert_eq!(read_cpuid_r(&text).iter().map(|(number, _)| *number).collect::<Vec<_>>(), [0, 4], "{err}");
    bench.is("decode host.json --format hwloc -o hw", 0, "counted from 0");
    assert_eq!(names(&bench.path("hw")), ["hwloc-cpuid-info", "pu0", "pu1"].map(str::to_owned).into());
    let second = with_subleaves(read_pu(&bench.read("hw/pu1")));
    assert_eq!(second, read_cpuid_r(&text)[1].1);
}

#[test]
fn a_range_ends_below_a_leaf() {
    let bench = Bench::new();
    bench.is("decode db --format hwloc -o whole", 0, "wrote");
    bench.is("decode db --format hwloc -o legacy --below 0xb,0x80000008", 0, "wrote");
    let [whole, legacy] = ["whole", "legacy"].map(|dir| read_pu(&bench.read(&format!("{dir}/pu0"))));
    let gone = |leaf| (0xb..0x4000_0000).contains(&leaf) || leaf == 0x8000_0008;
    let mut expected: Vec<Entry> = whole.into_iter().filter(|entry| !gone(entry.leaf)).collect();
    for entry in &mut expected {
        match entry.leaf {
            0 => entry.words[0] = 0xa,
            0x8000_0000 => entry.words[0] = 0x8000_0007,
            _ => {}
        }
    }
    assert_eq!(legacy, expected);
}

#[test]
fn misuse_is_told_and_nothing_is_written() {
    let bench = Bench::new();
    let before = names(bench.0.path());
    bench.is("decode db --format hwloc", 2, "give -o DIR");
    bench.is("decode db --format hwloc -o -", 2, "give -o DIR");
    bench.is("decode db --format hwloc -o a --leaves", 2, "--leaves");
    bench.is("decode db -o a", 2, "-o goes with --format cpuid-r, aida64, libcpuid or hwloc");
    bench.is("decode db --format json -o a", 2, "-o goes with --format cpuid-r, aida64, libcpuid or hwloc");
    bench.is("decode db --below 0x1f", 2, "--below goes with --format cpuid-r, aida64, libcpuid or hwloc");
    bench.is("decode db --format cpuid-r --below 1f", 2, "a leaf is written as 0x1f");
    bench.is("decode db --format cpuid-r --below 0x80000000", 2, "cannot end below its first leaf");
    bench.is("decode nothing --format hwloc -o a", 2, "cannot read nothing");
    bench.is("check db --format hwloc", 2, "invalid value 'hwloc'");
    bench.is("decode db --format hwloc -o no/such/parent", 2, "cannot write below");
    assert_eq!(names(bench.0.path()), before);
}

#[test]
fn what_stands_there_is_replaced_only_on_request_and_if_it_is_topocs() {
    let bench = Bench::new();
    bench.is("decode db --format cpuid-r -o file", 0, "wrote");
    bench.is("decode db --format cpuid-r -o file", 2, "--force");
    bench.is("decode db --format cpuid-r -o file --force", 0, "wrote");
    bench.is("decode db --format hwloc -o dir", 0, "wrote");
    bench.is("decode db --format hwloc -o dir", 2, "--force");
    bench.is("decode db/vcpu-0000.cpuid2 --format hwloc -o dir --force", 0, "wrote dir: 1 CPU\n");
    assert_eq!(names(&bench.path("dir")).len(), 2, "nothing of the old one is left");
    fs::write(bench.path("dir/notes"), "mine").unwrap();
    bench.is("decode db --format hwloc -o dir --force", 2, "notes");
    assert_eq!(bench.read("dir/notes"), "mine");
    fs::remove_file(bench.path("dir/notes")).unwrap();
    // A machine's own dump, made by hwloc's program.
    fs::write(bench.path("dir/hwloc-cpuid-info"), "Architecture: x86\n").unwrap();
    bench.is("decode db --format hwloc -o dir --force", 2, "not all topoc's own");
    assert_eq!(names(&bench.path("dir")).len(), 2);
}

/// The support's conversion loses nothing: what the tests above compare with is the bytes of the blob.
#[test]
fn a_table_made_of_entries_has_them_all() {
    let entry = |leaf, subleaf| Entry { leaf, subleaf, words: [1, 2, 3, 4] };
    let made: CpuidTable = table(&[entry(4, Some(1)), entry(1, None)]);
    assert_eq!(made.iter().map(|(key, _)| key).collect::<Vec<_>>(), [Key::leaf(1), Key::subleaf(4, 1)]);
}
