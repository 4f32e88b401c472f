//! The example hosts that are put together from published figures, and what holds for all of them.
//!
//! `TOPOC_UPDATE=1` writes the files anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/assembled/mod.rs"]
mod assembled;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use assembled::{HYBRIDS, SERVERS};
use topoc::cpuid::{CpuidTable, Key, Vendor};
use topoc::decode::{self, Answers, FindingKind};
use topoc::profile::{HostProfile, OriginKind, base_table};

fn hosts() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/hosts")
}

#[test]
fn the_assembled_hosts_are_current() {
    let servers = SERVERS.iter().map(|server| (server.file, server.profile()));
    for (file, profile) in servers.chain(HYBRIDS.iter().map(|hybrid| (hybrid.file, hybrid.profile()))) {
        let path = hosts().join(file);
        let text = profile.to_json();
        if std::env::var_os("TOPOC_UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let current = std::fs::read_to_string(&path).unwrap() == text;
        assert!(current, "{file}: run with TOPOC_UPDATE=1 to write it anew");
    }
}

/// KiB of an instance of each cache that a leaf lists.
fn sizes(table: &CpuidTable, leaf: u32) -> Vec<u64> {
    let size = |subleaf| {
        let words = table.lookup(leaf, subleaf);
        let field = |low: u32, bits: u32| u64::from(words.ebx >> low & ((1 << bits) - 1)) + 1;
        field(22, 10) * field(12, 10) * field(0, 12) * (u64::from(words.ecx) + 1) / 1024
    };
    let listed = (0..).take_while(|subleaf| table.lookup(leaf, *subleaf).eax & 0x1f != 0);
    listed.map(size).collect()
}

/// Caches of either type, and how many cores and instances of each cache a reader sees.
#[test]
fn the_hybrid_hosts_agree_with_themselves() {
    // Cores; L2s; L3s; CPUs of performance cores.
    let meant = [[14, 8, 1, 12], [12, 12, 2, 8]];
    // Silicon's own: Raptor Lake's leaf 1FH names no module, which its L2 belongs to; Strix Point's L3 of 8 IDs is in a
    // complex of 16, and 80000006H has that L3 alone.
    let known: [&[FindingKind]; 2] = [
        &[FindingKind::CacheSpanNoDomain],
        &[
            FindingKind::CacheSpanNoDomain,
            FindingKind::AmdCacheLeaves,
            FindingKind::AmdCacheLeaves,
            FindingKind::L3NotComplex,
        ],
    ];
    for ((hybrid, meant), known) in HYBRIDS.iter().zip(meant).zip(known) {
        let ids = (hybrid.ids)();
        let tables: Vec<CpuidTable> = ids.iter().map(|id| hybrid.table(*id)).collect();
        for (id, table) in ids.iter().zip(&tables) {
            let leaf = if table.get(Key::subleaf(0x8000_001d, 0)).is_some() { 0x8000_001d } else { 0x4 };
            assert_eq!(sizes(table, leaf), hybrid.kib[hybrid.type_of(*id)], "{}: {id:#x}", hybrid.file);
        }
        let answers: Vec<Answers> =
            tables.iter().map(|table| Answers::from_blob(&topoc::emit::blob(table)).unwrap()).collect();
        let machine = decode::machine(&answers);
        let findings: Vec<_> = machine.findings.iter().map(|finding| finding.kind).collect();
        assert_eq!(findings, known, "{}", hybrid.file);
        let caches = |level| -> usize {
            machine.caches.iter().filter(|(name, _)| name.level == level).map(|(_, list)| list.len()).sum()
        };
        let fast = |cpu: &&decode::Cpu| cpu.core_type == Some(decode::CoreType::Performance);
        let read = [
            machine.sets(decode::Domain::Core).len(),
            caches(2),
            caches(3),
            machine.cpus.iter().filter(fast).count(),
        ];
        assert_eq!(read, meant, "{}", hybrid.file);
    }
}

#[test]
fn the_assembled_hosts_agree_with_themselves() {
    for server in SERVERS {
        let ids: BTreeSet<u32> = (0..server.cpus()).map(|cpu| server.id(cpu)).collect();
        assert_eq!(ids.len(), usize::try_from(server.cpus()).unwrap(), "{}: IDs", server.file);
        let table = server.table(server.cpus() - 1);
        let caches = if server.vendor().is_amd_like() { 0x8000_001d } else { 0x4 };
        let sizes = sizes(&table, caches);
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
