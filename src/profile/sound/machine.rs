//! One machine: its vendor, its signature, and as many CPUs as its leaves count.

use std::collections::BTreeMap;

use super::{FaultKind, Found, View, named};
use crate::cpuid::{CpuidTable, UnknownVendor, Vendor};
use crate::decode::{Domain, FindingKind};
use crate::diag::Severity::{Error, Warning};
use crate::source::quoted;
use crate::spec::CpuList;

/// What AMD's 80000008H counts at most.
const MOST_COUNTED_BY_AMD: u32 = 256;

/// Leaf 0 of every CPU and of KVM, and what is to be alike on all CPUs.
pub(super) fn whole(view: &View<'_>, found: &mut Found) {
    let kvm = view.profile.kvm.as_ref().and_then(|kvm| kvm.supported_cpuid.as_ref());
    if view.cpus.is_empty() && kvm.is_none_or(CpuidTable::is_empty) {
        found.say(
            FaultKind::NoCpuid,
            Error,
            [],
            "the profile has CPUID neither of its CPUs nor of KVM".to_owned(),
            "capture on the host: topoc capture -o host.json; or add the CPUID of another capture",
        );
    }
    let mut vendors: BTreeMap<[u8; 12], Vec<u32>> = BTreeMap::new();
    for (number, answers, _) in view.each() {
        let leaf_0 = answers.get(0, 0);
        let name = vendor_string(leaf_0);
        match corrupt(leaf_0) {
            Some(what) => found.say(
                FaultKind::LeafZeroCorrupt,
                Error,
                [number],
                format!("CPUID.(EAX=00H) {what}"),
                "the capture is damaged or of no x86 CPU: capture again, and look at the file around its first leaf",
            ),
            None => vendors.entry(name).or_default().push(number),
        }
    }
    let first = view.cpus.iter().find_map(|(_, answers)| {
        let leaf_0 = answers.get(0, 0);
        corrupt(leaf_0).is_none().then(|| vendor_string(leaf_0))
    });
    if let Some(first) = first {
        let of_first = vendors.remove(&first).unwrap_or_default();
        unknown(&first, &of_first, found);
        for (other, cpus) in vendors {
            let message = format!(
                "{} name {} in leaf 0, and {} {}",
                named(&list(&cpus)),
                shown(other),
                named(&list(&of_first)),
                shown(first)
            );
            let help = "no machine has CPUs of two vendors: capture each machine by itself";
            found.say(FaultKind::VendorsDiffer, Error, cpus, message, help);
        }
    }
    kvm_vendor(kvm, first, found);
    alike(view, found);
}

/// KVM's table by itself where there is no other, and against the CPUs where there is.
fn kvm_vendor(kvm: Option<&CpuidTable>, own: Option<[u8; 12]>, found: &mut Found) {
    let Some(kvm) = kvm.filter(|table| !table.is_empty()) else { return };
    let leaf_0 = kvm.lookup(0, 0).words();
    match (corrupt(leaf_0), own) {
        (Some(what), _) => found.say(
            FaultKind::LeafZeroCorrupt,
            Error,
            [],
            format!("CPUID.(EAX=00H) of KVM's table {what}"),
            "capture again: KVM_GET_SUPPORTED_CPUID has the host's own leaf 0",
        ),
        (None, None) => unknown(&vendor_string(leaf_0), &[], found),
        (None, Some(own)) if own != vendor_string(leaf_0) => found.say(
            FaultKind::KvmVendorDiffers,
            Error,
            [],
            format!("KVM's table is of {}, and the CPUs are of {}", shown(vendor_string(leaf_0)), shown(own)),
            "the two are of different machines: capture both on one",
        ),
        (None, Some(_)) => {}
    }
}

/// What is wrong with a leaf 0; `None` where it may be a processor's.
fn corrupt(leaf_0: [u32; 4]) -> Option<String> {
    let name = vendor_string(leaf_0);
    if !name.iter().all(|byte| (0x20..0x7f).contains(byte)) {
        return Some(format!("names no vendor: its text is {}", shown(name)));
    }
    match leaf_0[0] {
        0 => Some("has the maximum 0: every processor has leaf 1".to_owned()),
        // No processor has more than some forty basic leaves.
        eax @ 0x1_0000.. => Some(format!("has the maximum {eax:X}H, which lies outside of the basic leaves")),
        _ => None,
    }
}

fn vendor_string([_, ebx, ecx, edx]: [u32; 4]) -> [u8; 12] {
    let mut name = [0; 12];
    for (chunk, word) in name.chunks_exact_mut(4).zip([ebx, edx, ecx]) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    name
}

fn shown(name: [u8; 12]) -> String {
    UnknownVendor(name).to_string()
}

fn unknown(name: &[u8; 12], cpus: &[u32], found: &mut Found) {
    if Vendor::ALL.iter().any(|vendor| vendor.id() == *name) {
        return;
    }
    // One letter off is a letter that was misread, or a mistake of an emulator.
    let differing = |vendor: &Vendor| vendor.id().iter().zip(name).filter(|(a, b)| a != b).count();
    let near = Vendor::ALL.into_iter().find(|vendor| differing(vendor) <= 2);
    let help = match near {
        Some(vendor) => {
            format!(
                "{vendor}'s is {}: capture again on the machine itself, no emulator of it",
                shown(vendor.id())
            )
        }
        None => "nothing compiles for such a host; `topoc decode` still draws it".to_owned(),
    };
    let known: Vec<String> =
        Vendor::ALL.iter().map(|vendor| quoted(&String::from_utf8_lossy(&vendor.id()))).collect();
    let message = format!("leaf 0 names {}, none of {}", shown(*name), known.join(", "));
    found.say(FaultKind::VendorUnknown, Error, cpus.iter().copied(), message, help);
}

/// Signatures, and the bits at which the topology leaves cut the ID.
fn alike(view: &View<'_>, found: &mut Found) {
    let Some((first, _, cpu)) = view.each().next() else { return };
    for (number, answers, other) in view.each().skip(1) {
        let leaf_0 = answers.get(0, 0);
        if corrupt(leaf_0).is_none() && other.vendor == cpu.vendor && other.signature != cpu.signature {
            found.say(
                FaultKind::SignaturesDiffer,
                Warning,
                [number],
                format!(
                    "CPUID.(EAX=01H):EAX is {:#010x}, and {:#010x} on CPU {first}",
                    other.signature.eax, cpu.signature.eax
                ),
                "boards with processors of two steppings exist; if this is none, capture again",
            );
        }
    }
    let differing = view.machine.findings.iter().filter(|finding| finding.kind == FindingKind::RowsDiffer);
    for finding in differing {
        let cpus: Vec<u32> = finding.cpus.as_slice().iter().filter_map(|at| view.number(*at)).collect();
        let cuts = |at: usize| {
            let shifts = view.machine.cpus.get(at).map(|cpu| cpu.shifts.as_slice()).unwrap_or_default();
            let words: Vec<String> =
                shifts.iter().map(|s| format!("{} {}", s.domain.name(), s.shift)).collect();
            words.join(", ")
        };
        let other = finding.cpus.as_slice().first().map(|at| cuts(*at)).unwrap_or_default();
        found.say(
            FaultKind::LevelsDiffer,
            Error,
            cpus,
            format!(
                "the topology leaves cut the ID at other bits ({other}) than on CPU {first} ({})",
                cuts(0)
            ),
            "some CPUs lack leaves that others have, or are of another machine: capture all in one go",
        );
    }
}

/// As many CPUs in each socket as its leaves count.
pub(super) fn counts(view: &View<'_>, found: &mut Found) {
    for package in view.machine.sets(Domain::Package) {
        let members = package.as_slice();
        let Some(cpu) = members.first().and_then(|at| view.machine.cpus.get(*at)) else { continue };
        let Some(counted) = cpu.package_threads else { continue };
        let there = u32::try_from(members.len()).unwrap_or(u32::MAX);
        let saturated = cpu.rows.is_empty() && counted == MOST_COUNTED_BY_AMD;
        let cpus: CpuList = members.iter().filter_map(|at| view.number(*at)).collect();
        let socket = format!("the socket of {}", named(&cpus));
        if there < counted {
            found.say(
                FaultKind::CpusMissing,
                Warning,
                cpus.iter(),
                format!("{there} CPUs were captured in {socket}, and its leaves count {counted} threads"),
                "CPUs that are offline, or that the capturing process was kept from (taskset, cpuset), are not in it: \
                 a guest as large as the whole socket cannot be compared with it",
            );
        } else if there > counted && !saturated {
            found.say(
                FaultKind::CpusUncounted,
                Warning,
                cpus.iter(),
                format!("{there} CPUs were captured in {socket}, and its leaves count {counted} threads"),
                "a hypervisor may count wrongly; if this is no virtual machine, CPUs of two machines are mixed",
            );
        }
    }
}

fn list(cpus: &[u32]) -> CpuList {
    cpus.iter().copied().collect()
}
