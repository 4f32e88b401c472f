//! What topoc costs, as ratios: each measured in one run against a peer on the same machine.
//!
//! `cargo bench` prints tables; with `TOPOC_UPDATE=1` it also writes them into docs/performance.md.
//! Nothing here passes or fails: a machine that is busy is no mistake. Where an aim is missed, the page
//! says why.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot run fails by panicking")]

mod clock;
mod fleet;
#[cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
mod kvm;
mod machine;
mod page;
mod place;
mod process;
mod row;
mod stages;

use std::hint::black_box;
use std::process::ExitCode;

use clock::compare;
use machine::{Prepared, Shape};
use row::Row;

/// Hosts whose profiles are shipped: an Intel one, and an AMD one with leaf 80000026H.
const HOSTS: [(&str, &str); 2] =
    [("Intel", "two-socket-intel-xeon-8480plus"), ("AMD", "two-socket-amd-epyc-9654")];

fn main() -> ExitCode {
    if process::is_measured_child() {
        return process::measured_child();
    }
    let mut rows = Vec::new();
    for (vendor, host) in HOSTS {
        rows.push(table_against_memcpy(vendor, &Prepared::new(host, Shape::SMALL)));
    }
    #[cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
    rows.push(kvm::table_against_set(HOSTS));
    for (vendor, host) in HOSTS {
        rows.push(large_against(Shape::SMALL, vendor, host));
        rows.push(large_against(Shape::MIDDLE, vendor, host));
    }
    rows.extend(place::rows());
    rows.push(process::check_against_dtc());
    rows.push(process::check_against_yamllint());
    for (vendor, host) in HOSTS {
        rows.push(process::peak_memory(vendor, host));
    }
    rows.extend(fleet::rows());
    let mut text = row::table(&rows);
    for (vendor, host) in HOSTS {
        text += "\n";
        text += &stages::table(vendor, &Prepared::new(host, Shape::LARGE));
    }
    print!("{text}");
    page::update(&text);
    ExitCode::SUCCESS
}

/// One vCPU's table and blob, from a machine that is lowered as far as vCPUs share it, against a
/// copy of the blob's bytes into memory that is there already.
fn table_against_memcpy(vendor: &str, prepared: &Prepared) -> Row {
    let machine = prepared.machine();
    let maker = prepared.maker(&machine);
    let blobs: Vec<Vec<u8>> = machine.topology.vcpus().map(|vcpu| maker.blob(vcpu)).collect();
    let mut target = blobs[0].clone();
    let (own, peer) = compare(
        4000,
        || {
            for vcpu in machine.topology.vcpus() {
                black_box(maker.blob(black_box(vcpu)));
            }
        },
        || {
            for blob in &blobs {
                target.copy_from_slice(black_box(blob));
                black_box(&mut target);
            }
        },
    );
    let count = blobs.len();
    Row::of(
        &format!("a vCPU's table and blob ({vendor}, {} bytes)", blobs[0].len()),
        "memcpy of the bytes",
        own.per(count),
        peer.per(count),
        5.0,
    )
}

/// A whole compile of the large machine, from the spec's text to blobs and manifest in memory, against
/// one of a smaller machine.
fn large_against(smaller: Shape, vendor: &str, host: &str) -> Row {
    let large = Prepared::new(host, Shape::LARGE);
    let small = Prepared::new(host, smaller);
    let (own, peer) = compare(15, || drop(large.compile()), || drop(small.compile()));
    Row::of(
        &format!("compile of {} vCPUs, per vCPU ({vendor})", large.count()),
        &format!("of {} vCPUs, per vCPU", small.count()),
        own.per(large.count()),
        peer.per(small.count()),
        1.5,
    )
}
