//! The example hosts that are put together from published figures, and what holds for all of them.
//!
//! `TOPOC_UPDATE=1` writes the files anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/assembled/mod.rs"]
mod assembled;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use assembled::SERVERS;
use topoc::cpuid::Vendor;
use topoc::profile::{HostProfile, OriginKind, base_table};

fn hosts() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/hosts")
}

#[test]
fn the_assembled_hosts_are_current() {
    for server in SERVERS {
        let path = hosts().join(server.file);
        let text = server.profile().to_json();
        if std::env::var_os("TOPOC_UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let current = std::fs::read_to_string(&path).unwrap() == text;
        assert!(current, "{}: run with TOPOC_UPDATE=1 to write it anew", server.file);
    }
}

#[test]
fn the_assembled_hosts_agree_with_themselves() {
    for server in SERVERS {
        let ids: BTreeSet<u32> = (0..server.cpus()).map(|cpu| server.id(cpu)).collect();
        assert_eq!(ids.len(), usize::try_from(server.cpus()).unwrap(), "{}: IDs", server.file);
        let table = server.table(server.cpus() - 1);
        let caches = if server.vendor().is_amd_like() { 0x8000_001d } else { 0x4 };
        let size = |subleaf| {
            let words = table.lookup(caches, subleaf);
            let field = |low: u32, bits: u32| u64::from(words.ebx >> low & ((1 << bits) - 1)) + 1;
            field(22, 10) * field(12, 10) * field(0, 12) * (u64::from(words.ecx) + 1) / 1024
        };
        let listed = (0..).take_while(|subleaf| table.lookup(caches, *subleaf).eax & 0x1f != 0);
        let sizes: Vec<u64> = listed.map(size).collect();
        assert_eq!(sizes, server.kib, "{}: KiB", server.file);
        if server.vendor().is_amd_like() {
            // 0x80000006: L3 of the package in 512 KiB; 0x80000008: threads, and bits of an ID.
            let threads = server.cores * server.threads;
            if let Some(l3) = sizes.get(3) {
                let sharers = (table.lookup(caches, 3).eax >> 14 & 0xfff) + 1;
                let all = u64::from(threads / sharers) * l3;
                assert_eq!(u64::from(table.lookup(0x8000_0006, 0).edx >> 18), all / 512);
            }
            let sizes = table.lookup(0x8000_0008, 0).ecx;
            assert_eq!((sizes & 0xff, sizes >> 12), (threads - 1, server.package_shift));
        }
    }
}

#[test]
fn every_example_host_reads_and_says_what_it_is() {
    let mut vendors = BTreeMap::new();
    for entry in std::fs::read_dir(hosts()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let profile =
            HostProfile::from_slice(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(profile.to_json(), text, "{name} is not in canonical form");
        let vendor = profile.vendor().unwrap().unwrap();
        assert!(name.contains(&format!("-{}-", vendor.to_string().to_lowercase())), "{name}");
        assert!(
            profile.origin.note.as_ref().is_some_and(|note| note.len() > 40),
            "{name} does not say what it is"
        );
        assert_eq!(profile.origin.host_name, None, "{name}");
        let captured = profile.origin.kind == OriginKind::Captured;
        assert_eq!(base_table(&profile).unwrap().assumed, !captured, "{name}");
        assert_eq!(captured, name.starts_with("live-"), "{name}");
        *vendors.entry((captured, vendor.to_string())).or_insert(0) += 1;
    }
    for vendor in Vendor::ALL {
        assert!(vendors.contains_key(&(false, vendor.to_string())), "no {vendor} among {vendors:?}");
    }
    assert!(vendors.keys().any(|(captured, _)| *captured), "none is captured");
}
