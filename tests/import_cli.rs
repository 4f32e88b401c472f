//! `topoc import` of captures that went wrong, as a user runs it. Each is named after the real capture that taught it.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use topoc::HostProfile;

/// What `cpuid -r` prints of a package of four cores, the x2APIC IDs of its CPUs given.
fn cpuid_r(vendor: [u32; 3], ids: &[u32]) -> String {
    let mut text = String::new();
    let [ebx, ecx, edx] = vendor;
    for (cpu, id) in ids.iter().enumerate() {
        let rows = [
            (0, 0, [0xb, ebx, ecx, edx]),
            (1, 0, [0x806f8, id << 24 | 0x0004_0800, 0x8020_0000, 0x1000_0200]),
            (4, 0, [0x0c00_0121, 0x02c0_003f, 63, 0]),
            (4, 1, [0, 0, 0, 0]),
            (0xb, 0, [0, 1, 0x100, *id]),
            (0xb, 1, [2, 4, 0x201, *id]),
            (0xb, 2, [0, 0, 2, *id]),
        ];
        writeln!(text, "CPU {cpu}:").unwrap();
        for (leaf, subleaf, [a, b, c, d]) in rows {
            writeln!(
                text,
                "   0x{leaf:08x} 0x{subleaf:02x}: eax=0x{a:08x} ebx=0x{b:08x} ecx=0x{c:08x} edx=0x{d:08x}"
            )
            .unwrap();
        }
    }
    text
}

const INTEL: [u32; 3] = [0x756e_6547, 0x6c65_746e, 0x4965_6e69];

fn topoc(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_topoc")).args(args).current_dir(dir).output().unwrap()
}

/// Imports a capture without and with `--keep-going`: the first run's words, and the profile of the second.
fn both_ways(capture: &str) -> (String, HostProfile) {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("cpuid.txt"), capture).unwrap();
    let refused = topoc(dir.path(), &["import", "cpuid.txt", "-o", "host.json"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(!dir.path().join("host.json").exists());
    let kept = topoc(dir.path(), &["import", "cpuid.txt", "-o", "host.json", "--keep-going"]);
    assert_eq!(kept.status.code(), Some(0), "{}", String::from_utf8_lossy(&kept.stderr));
    assert!(String::from_utf8_lossy(&kept.stderr).contains("left out"));
    let profile = HostProfile::from_slice(&fs::read(dir.path().join("host.json")).unwrap()).unwrap();
    assert!(!profile.unread.is_empty());
    (String::from_utf8(refused.stderr).unwrap(), profile)
}

/// Emerald Rapids of InstLatx64: from one CPU on, all have that one's registers, for the affinity had not been set.
#[test]
fn emerald_rapids_03_repeats_a_cpu() {
    let (said, kept) = both_ways(&cpuid_r(INTEL, &[0, 1, 1, 1]));
    assert!(said.contains("cpuid.txt") && said.contains("CPUs 2-3") && said.contains("CPU 1"), "{said}");
    assert_eq!(kept.cpus.unwrap().online.to_string(), "0-1");
}

/// i7-4930K of libcpuid: twelve CPUs, one APIC ID.
#[test]
fn i7_4930k_has_one_id_for_all() {
    let (said, kept) = both_ways(&cpuid_r(INTEL, &[2, 2, 2, 2]));
    assert!(said.contains("0x2"), "{said}");
    assert_eq!(kept.cpus.unwrap().online.to_string(), "0");
}

/// What is sound is silent, and is written.
#[test]
fn a_sound_capture_is_imported_without_a_word() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("cpuid.txt"), cpuid_r(INTEL, &[0, 1, 2, 3])).unwrap();
    let run = topoc(dir.path(), &["import", "cpuid.txt", "-o", "host.json"]);
    let said = String::from_utf8(run.stderr).unwrap();
    assert_eq!((run.status.code(), said.as_str()), (Some(0), "wrote host.json: 4 CPUs, from cpuid-r\n"));
}
