//! Where the time of a compile goes.

use std::fs;

use tempfile::TempDir;
use topoc::HostProfile;
use topoc::compile::check;
use topoc::spec;
use topoc::verify::verify;

use crate::clock::least;
use crate::machine::Prepared;
use crate::row::duration;

const ROUNDS: u32 = 10;

/// Prints each stage's time and its share of their sum.
pub fn print(vendor: &str, prepared: &Prepared) {
    let machine = prepared.machine();
    let maker = prepared.maker(&machine);
    let blobs: Vec<Vec<u8>> = machine.topology.vcpus().map(|vcpu| maker.blob(vcpu)).collect();
    let compiled = prepared.compile();
    let stages = [
        (
            "read the profile",
            least(ROUNDS, || HostProfile::from_slice(prepared.host_text.as_bytes()).unwrap()),
        ),
        ("parse the spec", least(ROUNDS, || spec::parse(prepared.text.as_bytes()).unwrap())),
        ("resolve, number and lint", least(ROUNDS, || check(&prepared.spec, Some(&prepared.host)))),
        (
            "lower and emit",
            least(ROUNDS, || {
                let maker = prepared.maker(&machine);
                machine.topology.vcpus().map(|vcpu| maker.blob(vcpu)).collect::<Vec<_>>()
            }),
        ),
        ("verify", least(ROUNDS, || verify(&machine, &blobs).unwrap())),
        (
            "digests",
            least(ROUNDS, || blobs.iter().map(|b| topoc::emit::digest::sha256(b)).collect::<Vec<_>>()),
        ),
        ("manifest as text", least(ROUNDS, || compiled.manifest().to_json())),
        ("write", least(ROUNDS, || write(&blobs))),
    ];
    let total: f64 = stages.iter().map(|(_, time)| time.per(1)).sum();
    println!("\n| stage, {} vCPUs ({vendor}) | time | share |", prepared.count());
    println!("| --- | --- | --- |");
    for (stage, time) in stages {
        println!("| {stage} | {} | {:.0} % |", duration(time.per(1)), 100.0 * time.per(1) / total);
    }
}

/// One file per vCPU in a new directory, as the command does.
fn write(blobs: &[Vec<u8>]) {
    let dir = TempDir::new().unwrap();
    for (index, blob) in blobs.iter().enumerate() {
        fs::write(dir.path().join(format!("vcpu-{index:04}.cpuid2")), blob).unwrap();
    }
}
