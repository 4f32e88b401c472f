//! What the fuzz targets hold of any bytes, held here of what they found before (`tests/hostile/`)
//! and of what is shipped. The targets themselves are `fuzz/fuzz_targets/`; both run the same bodies.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/bodies/baseline.rs"]
mod baseline;
#[path = "support/bodies/blob.rs"]
mod blob;
mod common;
#[path = "support/bodies/import.rs"]
mod import;
#[path = "support/bodies/manifest.rs"]
mod manifest;
#[path = "support/bodies/policy.rs"]
mod policy;
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

/// Every fixture, with comments above and beside a third of its lines: what allows and what does not.
#[test]
fn policies() {
    replay(policy::policy, &["tests/hostile/policy"], "");
    let comments = [
        "# topoc: allow(topology, numa::cuts_core) x",
        "# topoc: allow(spec) \u{202e}",
        "# topoc: allow(cache",
        "#topoc:allow(no::such),apic",
    ];
    let mut count = 0;
    for file in files(&root().join("tests/ui"), ".topoc.yaml") {
        let text = fs::read_to_string(root().join("tests/ui").join(&file)).unwrap();
        policy::policy(text.as_bytes());
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate().step_by(3) {
            let comment = comments[at / 3 % comments.len()];
            let above = [&lines[..at], &[comment], &lines[at..]].concat().join("\n");
            let beside =
                [&lines[..at], &[&format!("{line} {comment}")[..]], &lines[at + 1..]].concat().join("\r\n");
            policy::policy(above.as_bytes());
            policy::policy(beside.as_bytes());
            count += 2;
        }
    }
    assert!(count > 300);
    policy::policy(b"version: 1\nrules: { numa: deny, cahce: warn, \"\\u202e\": allow }\nexclude: ['[']\n");
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

/// A small host in every form, and what is near it: bytes changed, cut out and doubled, as often as TOPOC_MUTATIONS says;
/// with TOPOC_CORPUS, its captures as well.
#[test]
fn captures() {
    replay(import::import_body, &["tests/hostile/import"], "");
    let rounds: usize = std::env::var("TOPOC_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let seeds = seeds();
    assert!(seeds.len() >= 7, "{}", seeds.len());
    seeds.iter().for_each(|seed| import::import_body(seed));
    // xorshift64: the same captures every time.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below.max(1)).unwrap()).unwrap()
    };
    for round in 0..rounds {
        let mut bytes = seeds[round % seeds.len()].clone();
        for _ in 0..=random(8) {
            if bytes.is_empty() {
                break;
            }
            let at = random(bytes.len());
            let length = random(80).min(bytes.len() - at);
            match random(6) {
                0 => bytes[at] = u8::try_from(random(256)).unwrap(),
                1 => bytes[at] = b" \n:-=x09fF,[]<>#\x1e"[random(17)],
                2 => drop(bytes.drain(at..at + length)),
                3 => bytes.splice(at..at, bytes[at..at + length].to_vec()).for_each(drop),
                4 => bytes.truncate(at.max(1)),
                _ => {
                    // A line of another capture.
                    let other = &seeds[random(seeds.len())];
                    let from = random(other.len());
                    let line = other[from..].split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
                    bytes.splice(at..at, line.iter().copied()).for_each(drop);
                }
            }
        }
        import::import_body(&bytes);
    }
}

/// Captures as the body takes them: the form to be found, and files each behind its name.
fn seeds() -> Vec<Vec<u8>> {
    use topoc::emit::export::{aida64, cpuid_r, hwloc, libcpuid};
    let host = fs::read(root().join("examples/hosts/live-amd-genoa-2cpu.json")).unwrap();
    let tables: Vec<_> = topoc::HostProfile::from_slice(&host).unwrap().cpu_tables().collect();
    let one = |text: String| [&b"\xff"[..], text.as_bytes()].concat();
    let several = |files: Vec<(String, Vec<u8>)>| {
        let parts: Vec<Vec<u8>> =
            files.into_iter().map(|(name, bytes)| [name.as_bytes(), b"\n", &bytes].concat()).collect();
        [&b"\xff"[..], &parts.join(&b"\x1e"[..])].concat()
    };
    let words = |table: &topoc::cpuid::CpuidTable| -> Vec<u8> {
        table.iter().flat_map(|(_, words)| words.words()).flat_map(u32::to_le_bytes).collect()
    };
    let kcpuid = tables[0].1.iter().fold("Basic Leafs :\n====\n".to_owned(), |text, (key, words)| {
        let [a, b, c, d] = words.words();
        let registers = format!("EAX=0x{a:08x}, EBX=0x{b:08x}, ECX=0x{c:08x}, EDX=0x{d:08x}");
        match key.subleaf {
            Some(subleaf) => format!("{text}0x{:08x}: subleafs:\n {subleaf:2}: {registers}\n", key.leaf),
            None => format!("{text}0x{:08x}: {registers}\n", key.leaf),
        }
    });
    let xml = tables[0].1.iter().fold("<cpuid>\n<processor>\n".to_owned(), |text, (key, words)| {
        let [a, b, c, d] = words.words();
        let subleaf = key.subleaf.unwrap_or(0);
        format!("{text}<register eax=\"{:08X}\" ecx=\"{subleaf:08X}\">{a:08X},{b:08X},{c:08X},{d:08X}</register>\n", key.leaf)
    });
    let leaves = tables[0].1.iter().fold(String::new(), |text, (key, _)| {
        format!("{text}0x{:08x} 0x{:02x}\n", key.leaf, key.subleaf.unwrap_or(0))
    });
    let dev = vec![
        ("leaves".to_owned(), leaves.into_bytes()),
        ("cpu0".to_owned(), words(&tables[0].1)),
        ("cpu1".to_owned(), words(&tables[0].1)),
    ];
    let hwloc = hwloc(&tables).into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    let mut seeds = vec![
        one(cpuid_r(&tables)),
        one(aida64(&tables)),
        one(libcpuid(&tables)),
        one(kcpuid),
        one(format!("{xml}</processor></cpuid>")),
        several(hwloc),
        several(dev),
    ];
    if let Some(corpus) = std::env::var_os("TOPOC_CORPUS").map(std::path::PathBuf::from) {
        for folder in ["libcpuid", "jcurl", "thishost"] {
            for file in
                corpus.join("captures").join(folder).read_dir().unwrap().map(|file| file.unwrap().path())
            {
                if file.is_file() {
                    // The first CPUs are as good as all, and sooner done.
                    let bytes = fs::read(file).unwrap();
                    seeds.push([&b"\xff"[..], &bytes[..bytes.len().min(20_000)]].concat());
                }
            }
        }
    }
    seeds
}
