//! A vCPU's table against the kernel's taking it.

use std::hint::black_box;

use kvm_bindings::{CpuId, kvm_cpuid_entry2};
use kvm_ioctls::{Kvm, VcpuFd};
use topoc::topology::VcpuIndex;

use crate::clock::compare;
use crate::machine::{Prepared, Shape};
use crate::row::Row;

const WHAT: &str = "a vCPU's table and blob";
const PEER: &str = "KVM_SET_CPUID2 of it";
const AIM: f64 = 0.02;

/// With the table of the first host that this KVM takes.
pub fn table_against_set(hosts: [(&str, &str); 2]) -> Row {
    let fd = match vcpu() {
        Ok(fd) => fd,
        Err(error) => return Row::skipped(WHAT, PEER, format!("/dev/kvm: {error}"), AIM),
    };
    let mut refused = String::new();
    for (vendor, host) in hosts {
        let prepared = Prepared::new(host, Shape::SMALL);
        let machine = prepared.machine();
        let maker = prepared.maker(&machine);
        let table = to_kvm(&maker.blob(VcpuIndex(0)));
        if let Err(error) = fd.set_cpuid2(&table) {
            refused = error.to_string();
            continue;
        }
        let (own, peer) = compare(
            4000,
            || {
                for vcpu in machine.topology.vcpus() {
                    black_box(maker.blob(black_box(vcpu)));
                }
            },
            || fd.set_cpuid2(&table).unwrap(),
        );
        let what = format!("{WHAT} ({vendor})");
        return Row::of(&what, PEER, own.per(prepared.count()), peer.per(1), AIM);
    }
    Row::skipped(WHAT, PEER, format!("KVM_SET_CPUID2: {refused}"), AIM)
}

fn vcpu() -> Result<VcpuFd, kvm_ioctls::Error> {
    Kvm::new()?.create_vm()?.create_vcpu(0)
}

fn to_kvm(blob: &[u8]) -> CpuId {
    let entries: Vec<_> = blob[8..]
        .chunks_exact(40)
        .map(|entry| {
            let word = |at: usize| u32::from_le_bytes(entry[at * 4..at * 4 + 4].try_into().unwrap());
            kvm_cpuid_entry2 {
                function: word(0),
                index: word(1),
                flags: word(2),
                eax: word(3),
                ebx: word(4),
                ecx: word(5),
                edx: word(6),
                ..kvm_cpuid_entry2::default()
            }
        })
        .collect();
    CpuId::from_entries(&entries).unwrap()
}
