//! KVM itself takes the tables of all examples, and gives the topology back as it was set.
//!
//! Feature words are not compared: KVM adjusts them to the host it runs on.
#![cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/examples.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod examples;
#[path = "support/need.rs"]
mod need;
#[path = "support/words.rs"]
mod words;

use std::collections::BTreeMap;

use kvm_bindings::{CpuId, KVM_MAX_CPUID_ENTRIES, kvm_cpuid_entry2};
use kvm_ioctls::Kvm;
use topoc::Compiled;
use words::{Entry, entries};

/// The leaves that tell the topology: all their registers, EBX alone of leaf 1.
const TOPOLOGY: [u32; 7] = [0x1, 0x4, 0xb, 0x1f, 0x8000_001d, 0x8000_001e, 0x8000_0026];

/// What a table says of the topology. An entry of zeros is as good as none.
fn topology(entries: &[Entry]) -> BTreeMap<(u32, u32), [u32; 4]> {
    let told = |entry: &&Entry| TOPOLOGY.contains(&entry.leaf);
    let words = |entry: &Entry| match entry.leaf {
        0x1 => [0, entry.words[1], 0, 0],
        _ => entry.words,
    };
    entries
        .iter()
        .filter(told)
        .map(|entry| ((entry.leaf, entry.subleaf.unwrap_or(0)), words(entry)))
        .filter(|(_, words)| *words != [0; 4])
        .collect()
}

fn to_kvm(entry: &Entry) -> kvm_cpuid_entry2 {
    let [eax, ebx, ecx, edx] = entry.words;
    kvm_cpuid_entry2 {
        function: entry.leaf,
        index: entry.subleaf.unwrap_or(0),
        flags: u32::from(entry.subleaf.is_some()),
        eax,
        ebx,
        ecx,
        edx,
        ..kvm_cpuid_entry2::default()
    }
}

fn from_kvm(entry: &kvm_cpuid_entry2) -> Entry {
    Entry {
        leaf: entry.function,
        subleaf: (entry.flags & 1 == 1).then_some(entry.index),
        words: [entry.eax, entry.ebx, entry.ecx, entry.edx],
    }
}

/// Creates every vCPU in a VM of its own, and holds what it answers to its table. Gives how many
/// registers were compared.
fn taken(kvm: &Kvm, what: &str, compiled: &Compiled) -> usize {
    let vm = kvm.create_vm().unwrap();
    let mut compared = 0;
    for (vcpu, blob) in compiled.manifest().vcpus.iter().zip(compiled.blobs()) {
        let at = || format!("{what}, vCPU {} with ID {}", vcpu.index, vcpu.vcpu_id);
        let set = entries(blob);
        let fd = vm.create_vcpu(vcpu.vcpu_id.into()).unwrap_or_else(|error| panic!("{}: {error}", at()));
        let table = CpuId::from_entries(&set.iter().map(to_kvm).collect::<Vec<_>>()).unwrap();
        fd.set_cpuid2(&table).unwrap_or_else(|error| panic!("{}: KVM_SET_CPUID2: {error}", at()));
        let got = fd.get_cpuid2(KVM_MAX_CPUID_ENTRIES).unwrap();
        let got: Vec<Entry> = got.as_slice().iter().map(from_kvm).collect();
        let set = topology(&set);
        assert_eq!(topology(&got), set, "{}", at());
        compared += set.len() * 4;
    }
    compared
}

#[test]
fn kvm_takes_every_example_and_gives_its_topology_back() {
    let kvm = match Kvm::new() {
        Ok(kvm) => kvm,
        Err(error) => return need::skip("kvm", &format!("/dev/kvm: {error}")),
    };
    let (mut machines, mut compared) = (0, 0);
    for (host, profile) in examples::hosts() {
        for example in examples::specs() {
            let Ok(compiled) = example.compile(&profile) else { continue };
            let ids = compiled.manifest().requires.max_vcpu_id;
            if usize::try_from(ids).unwrap() > kvm.get_max_vcpu_id() {
                println!("skipped: {} needs IDs up to {ids}, this KVM has fewer", example.name);
                continue;
            }
            machines += 1;
            compared += taken(&kvm, &format!("{} for {host}", example.name), &compiled);
        }
    }
    assert!(machines >= 20 && compared > 50_000, "{machines} machines, {compared} registers");
    println!("{machines} machines, {compared} registers compared");
}
