//! Where the time of a compile goes.

use std::fs;

use tempfile::TempDir;
use topoc::HostProfile;
use topoc::compile::check;
use topoc::emit::digest::sha256;
use topoc::spec;
use topoc::verify::verify;

use crate::clock::least;
use crate::machine::Prepared;
use crate::row::duration;

const ROUNDS: u32 = 15;

/// Each stage's time and its share of all but the writing, as a table of a page. Writing is the
/// file system's time, and differs the most from machine to machine.
pub fn table(vendor: &str, prepared: &Prepared) -> String {
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
        ("digests of the blobs", least(ROUNDS, || blobs.iter().map(|blob| sha256(blob)).collect::<Vec<_>>())),
        ("digest of the profile", least(ROUNDS, || prepared.host.digest())),
        ("manifest as text", least(ROUNDS, || compiled.manifest().to_json())),
    ];
    let total: f64 = stages.iter().map(|(_, time)| time.per(1)).sum();
    let mut text = format!("| stage, {} vCPUs ({vendor}) | time | share |\n", prepared.count());
    text += "| --- | --- | --- |\n";
    for (stage, time) in stages {
        text += &format!("| {stage} | {} | {:.0} % |\n", duration(time.per(1)), 100.0 * time.per(1) / total);
    }
    text += &format!("| write {} files | {} | |\n", blobs.len(), duration(least(3, || write(&blobs)).per(1)));
    text
}

/// One file per vCPU in a new directory, as the command does.
fn write(blobs: &[Vec<u8>]) {
    let dir = TempDir::new().unwrap();
    for (index, blob) in blobs.iter().enumerate() {
        fs::write(dir.path().join(format!("vcpu-{index:04}.cpuid2")), blob).unwrap();
    }
}
