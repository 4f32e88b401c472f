//! What the fuzz targets hold of any bytes, held here of what they found before (`tests/hostile/`)
//! and of what is shipped. The targets themselves are `fuzz/fuzz_targets/`; both run the same bodies.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/bodies/baseline.rs"]
mod baseline;
#[path = "support/bodies/blob.rs"]
mod blob;
mod common;
#[path = "support/bodies/manifest.rs"]
mod manifest;
#[path = "support/bodies/profile.rs"]
mod profile;
#[path = "support/bodies/spec.rs"]
mod spec;

use std::fs;

use common::{files, root};

/// Runs a body over every file below some folders; says how many there were.
fn replay(body: fn(&[u8]), folders: &[&str], suffix: &str) -> usize {
    let mut count = 0;
    for folder in folders.iter().map(|folder| root().join(folder)).filter(|folder| folder.is_dir()) {
        for file in files(&folder, suffix) {
            println!("{file}");
            body(&fs::read(folder.join(file)).unwrap());
            count += 1;
        }
    }
    count
}

#[test]
fn specs() {
    assert!(replay(spec::spec, &["tests/ui", "examples"], ".yaml") > 50);
    replay(spec::spec, &["tests/hostile/spec"], "");
}

#[test]
fn profiles() {
    assert!(replay(profile::profile, &["tests/ui", "examples/hosts"], ".json") > 10);
    replay(profile::profile, &["tests/hostile/profile"], "");
}

/// A baseline of each shipped host, and what is near it: each line gone, each number another.
#[test]
fn baselines() {
    replay(baseline::baseline, &["tests/hostile/baseline"], "");
    for name in ["two-socket-intel-xeon-8480plus", "two-socket-amd-epyc-9654"] {
        let host = fs::read(root().join(format!("examples/hosts/{name}.json"))).unwrap();
        let host = topoc::HostProfile::from_slice(&host).unwrap();
        let table = topoc::compile::offered(&host).unwrap();
        let vendor = host.processor().unwrap().vendor;
        let offer = topoc::features::Offer { name: name.to_owned(), sha256: host.digest(), vendor, table };
        let text = topoc::features::Baseline::common(&[offer]).unwrap().to_json();
        assert!(topoc::features::Baseline::from_slice(text.as_bytes()).is_ok());
        baseline::baseline(text.as_bytes());
        let lines: Vec<&str> = text.lines().collect();
        for at in 0..lines.len() {
            let near = [&lines[..at], &lines[at + 1..]].concat().join("\n");
            baseline::baseline(near.as_bytes());
            for number in ["0", "63", "4294967295", "-1", "1e400"] {
                let Some((key, _)) =
                    lines[at].split_once(": ").filter(|(_, v)| v.starts_with(|c: char| c.is_ascii_digit()))
                else {
                    continue;
                };
                let comma = if lines[at].ends_with(',') { "," } else { "" };
                let line = format!("{key}: {number}{comma}");
                let near = [&lines[..at], &[line.as_str()], &lines[at + 1..]].concat().join("\n");
                baseline::baseline(near.as_bytes());
            }
        }
        for odd in ["[".repeat(100_000), format!("{{\"topoc_baseline\": 1, \"x\": {}", "[".repeat(100_000))] {
            baseline::baseline(odd.as_bytes());
        }
    }
}

/// Tables of two vCPUs, one by one and one behind the other, and what is near them.
#[test]
fn tables_and_manifests() {
    replay(blob::blob, &["tests/hostile/blob"], "");
    replay(manifest::manifest, &["tests/hostile/manifest"], "");
    let host = fs::read(root().join("examples/hosts/two-socket-amd-epyc-7742.json")).unwrap();
    let host = topoc::HostProfile::from_slice(&host).unwrap();
    let spec = topoc::spec::parse(b"{version: 1, topology: {complexes: 2, cores: 2}}").unwrap();
    let compiled = topoc::compile(spec.spec(), &host).unwrap();
    manifest::manifest(compiled.manifest().to_json().as_bytes());
    let two = compiled.blobs()[..2].concat();
    blob::blob(&two);
    let one = &compiled.blobs()[0];
    for at in 0..one.len() {
        let mut near = one.clone();
        near[at] ^= 0x81;
        blob::blob(&near);
        if at % 7 == 0 {
            blob::blob(&one[..at]);
        }
    }
}
