//! Tables assembled by hand from the manuals, and one from silicon: `tests/golden/*.txt`.
//!
//! Each file names the host and the counts, then lists registers of some vCPUs with the sum that
//! gives each. Nothing in them was made by topoc.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use topoc::HostProfile;
use topoc::cpuid::Registers;
use topoc::decode::Answers;

fn hold(text: &str, name: &str) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut host = None;
    let mut spec = String::new();
    let mut compiled = None;
    let mut vcpu = 0;
    let mut held = 0;
    for line in text.lines() {
        let line = line.split('#').next().unwrap().trim_end();
        if let Some(file) = line.strip_prefix("host ") {
            let bytes = fs::read(root.join("examples/hosts").join(file)).unwrap();
            host = Some(HostProfile::from_slice(&bytes).unwrap());
        } else if let Some(yaml) = line.strip_prefix("| ") {
            spec.push_str(yaml);
            spec.push('\n');
        } else if let Some(index) = line.strip_prefix("vcpu ") {
            vcpu = index.parse::<usize>().unwrap();
            let parsed = topoc::spec::parse(spec.as_bytes()).unwrap();
            compiled.get_or_insert_with(|| topoc::compile(parsed.spec(), host.as_ref().unwrap()).unwrap());
        } else if let Some((key, registers)) = line.trim().split_once("  ") {
            let (leaf, subleaf) = key.split_once('.').unwrap();
            let leaf = u32::from_str_radix(leaf, 16).unwrap();
            let expected: Registers = registers.trim().parse().unwrap();
            let answers = Answers::from_blob(&compiled.as_ref().unwrap().blobs()[vcpu]).unwrap();
            let read = Registers::from(answers.get(leaf, subleaf.parse().unwrap()));
            assert_eq!(read.to_string(), expected.to_string(), "{name}: vCPU {vcpu}, {key}");
            held += 1;
        }
    }
    held
}

#[test]
fn hand_assembled_tables_are_what_topoc_writes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut held = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        held.push((hold(&fs::read_to_string(&path).unwrap(), &name), name));
    }
    assert!(held.len() == 14 && held.iter().all(|(entries, _)| *entries >= 12), "{held:?}");
}
