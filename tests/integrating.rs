//! The Rust of docs/integrating.md is this file's, word for word, and sets a compiled directory on
//! vCPUs.
#![cfg(all(feature = "kvm", target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/examples.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod examples;
#[path = "support/need.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod need;

use std::error::Error;
use std::fs;
use std::path::Path;

use kvm_bindings::{CpuId, KVM_MAX_CPUID_ENTRIES, kvm_cpuid_entry2};
use kvm_ioctls::{Kvm, VcpuFd, VmFd};
use tempfile::TempDir;
use topoc::Compiled;
use topoc::emit::Manifest;
use topoc::emit::digest::sha256;

/// A blob as kvm-bindings has it; `None` if it is no table.
fn cpu_id(blob: &[u8]) -> Option<CpuId> {
    let (header, entries) = blob.split_at_checked(8)?;
    let entries: Vec<_> = entries
        .chunks(40)
        .map(|entry| {
            let mut words = entry.chunks_exact(4).map(|w| u32::from_le_bytes([w[0], w[1], w[2], w[3]]));
            let mut next = || words.next().unwrap_or(0);
            kvm_cpuid_entry2 {
                function: next(),
                index: next(),
                flags: next(),
                eax: next(),
                ebx: next(),
                ecx: next(),
                edx: next(),
                padding: [0; 3],
            }
        })
        .collect();
    let nent = u32::from_le_bytes(header[..4].try_into().ok()?);
    let whole = blob.len() == 8 + 40 * entries.len() && u32::try_from(entries.len()) == Ok(nent);
    CpuId::from_entries(&entries).ok().filter(|_| whole)
}

/// The vCPUs of a compiled directory, by index, each with its table.
fn create_vcpus(vm: &VmFd, dir: &Path) -> Result<Vec<VcpuFd>, Box<dyn Error>> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(dir.join("manifest.json"))?)?;
    let mut vcpus = Vec::new();
    for vcpu in &manifest.vcpus {
        let blob = fs::read(dir.join(&vcpu.file))?;
        if sha256(&blob) != vcpu.sha256 {
            return Err(format!("{} is not the manifest's", vcpu.file).into());
        }
        let fd = vm.create_vcpu(vcpu.vcpu_id.into())?;
        fd.set_cpuid2(&cpu_id(&blob).ok_or("no table")?)?;
        vcpus.push(fd);
    }
    Ok(vcpus)
}

#[test]
fn the_page_shows_what_is_tested_here() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/integrating.md");
    let page = fs::read_to_string(page).unwrap().replace("\r\n", "\n");
    let (_, block) = page.split_once("\n```rust\n").unwrap();
    let (block, _) = block.split_once("\n```\n").unwrap();
    let own = include_str!("integrating.rs").replace("\r\n", "\n");
    assert!(own.contains(block), "the block differs from tests/integrating.rs");
}

fn compiled(name: &str, host: &str) -> Compiled {
    let example = examples::specs().into_iter().find(|example| example.name == name).unwrap();
    example.compile(&examples::host(host)).unwrap()
}

fn word(blob: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(blob[at * 4..at * 4 + 4].try_into().unwrap())
}

#[test]
fn a_blob_is_read_whole_or_not_at_all() {
    let compiled = compiled("two-sockets-smt", "two-socket-intel-xeon-8480plus");
    for blob in compiled.blobs() {
        let table = cpu_id(blob).unwrap();
        assert_eq!(table.as_slice().len(), (blob.len() - 8) / 40);
        for (at, entry) in table.as_slice().iter().enumerate() {
            let read = [entry.function, entry.index, entry.flags, entry.eax, entry.ebx, entry.ecx, entry.edx];
            assert_eq!(read.as_slice(), (0..7).map(|i| word(blob, 2 + at * 10 + i)).collect::<Vec<_>>());
        }
    }
    let blob = &compiled.blobs()[0];
    for cut in [0, 7, 8, blob.len() - 1, blob.len() - 40] {
        assert!(cpu_id(&blob[..cut]).is_none(), "{cut} bytes");
    }
    assert!(cpu_id(&[&blob[..], &[0]].concat()).is_none());
    let mut too_many = vec![0; 8 + 257 * 40];
    too_many[..4].copy_from_slice(&257_u32.to_le_bytes());
    assert!(cpu_id(&too_many).is_none());
}

#[test]
fn a_compiled_directory_becomes_vcpus() {
    let kvm = match Kvm::new() {
        Ok(kvm) => kvm,
        Err(error) => return need::skip("kvm", &format!("/dev/kvm: {error}")),
    };
    // IDs with gaps: dies of three, cores of six.
    let compiled = compiled("three-dies", "two-socket-intel-xeon-8480plus");
    let dir = TempDir::new().unwrap();
    for (vcpu, blob) in compiled.manifest().vcpus.iter().zip(compiled.blobs()) {
        fs::write(dir.path().join(&vcpu.file), blob).unwrap();
    }
    fs::write(dir.path().join("manifest.json"), compiled.manifest().to_json()).unwrap();
    let vcpus = create_vcpus(&kvm.create_vm().unwrap(), dir.path()).unwrap();
    assert_eq!(vcpus.len(), compiled.blobs().len());
    for (fd, vcpu) in vcpus.iter().zip(&compiled.manifest().vcpus) {
        let table = fd.get_cpuid2(KVM_MAX_CPUID_ENTRIES).unwrap();
        let ids: Vec<u32> = table.as_slice().iter().filter(|e| e.function == 0xb).map(|e| e.edx).collect();
        assert_eq!(ids, [vcpu.vcpu_id; 3]);
    }
    assert!(compiled.manifest().vcpus.iter().any(|vcpu| vcpu.vcpu_id != vcpu.index), "no gaps");

    fs::write(dir.path().join("vcpu-0001.cpuid2"), &compiled.blobs()[0]).unwrap();
    let error = create_vcpus(&kvm.create_vm().unwrap(), dir.path()).unwrap_err();
    assert_eq!(error.to_string(), "vcpu-0001.cpuid2 is not the manifest's");
}
