//! The reference machines of `golden.json`, compiled: every register that is listed there.
//!
//! Their figures come from an encoder of its own, checked against silicon. Each machine is compiled
//! for a host made of its own words, as KVM would leak them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/golden_host.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod golden_host;

use golden_host::{golden, host, listed, spec_of};
use topoc::cpuid::Registers;
use topoc::decode::Answers;

#[test]
fn every_register_of_the_reference_machines() {
    let mut compared = 0;
    for (name, machine) in golden() {
        let listed = listed(&machine);
        let compiled = topoc::compile(&spec_of(&name), &host(&listed.values().cloned().collect::<Vec<_>>()))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let ids: Vec<u64> = compiled.manifest().vcpus.iter().map(|v| v.vcpu_id.into()).collect();
        let golden_ids: Vec<u64> =
            machine["apic_ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
        assert_eq!(ids, golden_ids, "{name}: x2APIC IDs");
        for (vcpu, words) in &listed {
            let answers = Answers::from_blob(&compiled.blobs()[*vcpu]).unwrap();
            for ((leaf, subleaf), registers) in words {
                let read = Registers::from(answers.get(*leaf, *subleaf));
                assert_eq!(
                    read.to_string(),
                    registers.to_string(),
                    "{name} vCPU {vcpu}: {leaf:#x}.{subleaf:#x}"
                );
                compared += 4;
            }
        }
    }
    // All registers of the fourteen machines; fewer would mean that the file was not read whole.
    assert!(compared > 20_000, "{compared} registers compared");
    println!("{compared} registers compared");
}
