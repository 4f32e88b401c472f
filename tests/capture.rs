//! Capturing this machine through `/dev/kvm`.
#![cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;

use topoc::profile::HostProfile;
use topoc::profile::live::{CaptureError, CaptureOptions, capture};

/// A capture, or `None` with a printed line where this machine has no usable `/dev/kvm`.
fn captured(options: CaptureOptions) -> Option<HostProfile> {
    match capture(&options) {
        Ok(profile) => Some(profile),
        Err(error @ (CaptureError::NotThere | CaptureError::NoPermission)) => {
            let required = std::env::var("TOPOC_REQUIRE").unwrap_or_default();
            assert!(!required.split(',').any(|name| name == "kvm"), "TOPOC_REQUIRE lists kvm: {error}");
            println!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// The CPUs that this thread may run on.
fn allowed() -> String {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap();
    status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap().trim().to_owned()
}

/// Only CPUs outside this process's cpuset may stay unread.
fn only_foreign_cpus_are_unread(profile: &HostProfile) {
    for line in &profile.unread {
        assert!(line.starts_with("CPU ") && line.contains("sched_setaffinity"), "{line}");
    }
}

#[test]
fn a_capture_reads_back_and_is_the_same_twice() {
    let before = allowed();
    let Some(profile) = captured(CaptureOptions::default()) else { return };
    assert_eq!(allowed(), before, "the affinity is not restored");
    let text = profile.to_json();
    assert_eq!(HostProfile::from_slice(text.as_bytes()).unwrap(), profile);
    assert_eq!(captured(CaptureOptions::default()).unwrap().to_json(), text);
}

#[test]
fn every_cpu_is_read_on_itself() {
    let Some(profile) = captured(CaptureOptions::default()) else { return };
    only_foreign_cpus_are_unread(&profile);
    let cpus = profile.cpus.unwrap();
    // Each CPU's x2APIC ID, in EDX of each subleaf of 0xB, is its own.
    let mut ids = BTreeSet::from([cpus.cpuid.lookup(0xb, 0).edx]);
    for changed in cpus.differences.values() {
        let id = changed.iter().find(|(key, _)| key.leaf == 0xb).map(|(_, words)| words.edx);
        assert!(id.is_none_or(|id| ids.insert(id)), "two CPUs have x2APIC ID {id:?}");
    }
    let read: u32 = cpus.online.ranges.iter().map(|(first, last, _)| last - first + 1).sum();
    assert_eq!(ids.len(), usize::try_from(read).unwrap());
    // And the kernel, which read the same instruction, calls the vendor by the same name.
    let vendor = fs::read_to_string("/proc/cpuinfo").unwrap();
    let leaf0 = cpus.cpuid.lookup(0, 0);
    let id: Vec<u8> = [leaf0.ebx, leaf0.edx, leaf0.ecx].iter().flat_map(|word| word.to_le_bytes()).collect();
    assert!(vendor.contains(&format!("vendor_id\t: {}", String::from_utf8(id).unwrap())));
}

#[test]
fn kvm_answers_and_nothing_names_the_machine_unasked() {
    let Some(profile) = captured(CaptureOptions::default()) else { return };
    let kvm = profile.kvm.as_ref().unwrap();
    assert!(kvm.module.as_ref().is_some_and(|name| name.starts_with("kvm_")), "{:?}", kvm.module);
    let supported = kvm.supported_cpuid.as_ref().unwrap();
    assert_eq!(supported.lookup(0x4000_0000, 0).ebx, 0x4b4d_564b);
    assert!(kvm.capabilities.max_vcpus.is_some_and(|max| max > 0));
    assert!(kvm.capabilities.max_vcpu_id >= kvm.capabilities.max_vcpus);
    assert_eq!((&profile.origin.host_name, &profile.origin.date), (&None, &None));
    let kernel = profile.kernel.unwrap();
    assert_eq!(kernel.matches('.').count(), 1, "{kernel}");

    let options = CaptureOptions { host_name: true, full_kernel_version: true };
    let asked = captured(options).unwrap();
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    assert_eq!(asked.kernel.as_deref(), Some(release.trim()));
    assert_eq!(
        asked.origin.host_name,
        fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned())
    );
}

#[test]
fn the_affinity_is_restored_to_a_part_of_the_machine() {
    use rustix::thread::{CpuSet, sched_setaffinity};
    let mut one = CpuSet::new();
    one.set(0);
    if sched_setaffinity(None, &one).is_err() {
        println!("skipped: CPU 0 is not ours");
        return;
    }
    let Some(profile) = captured(CaptureOptions::default()) else { return };
    assert_eq!(allowed(), "0");
    // An affinity is no limit, only a cpuset is: the other CPUs are read all the same.
    only_foreign_cpus_are_unread(&profile);
    let online = fs::read_to_string("/sys/devices/system/cpu/online").unwrap();
    assert!(
        !profile.unread.is_empty()
            || profile.to_json().contains(&format!("\"online\": \"{}\"", online.trim()))
    );
}
