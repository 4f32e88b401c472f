//! The capture itself.

use core::arch::x86_64::__cpuid_count;
use std::fs;
use std::path::Path;

use super::affinity::Affinity;
use super::{CaptureError, CaptureOptions, kvm, walk};
use crate::cpuid::{Registers, Vendor};
use crate::profile::{CpusPart, HostProfile, NumaNode, NumaPart, Origin, OriginKind, cpus};
use crate::spec::CpuList;

/// Where the kernel lists the CPUs that are online.
const ONLINE: &str = "/sys/devices/system/cpu/online";

/// Where the kernel keeps the NUMA nodes.
const NODES: &str = "/sys/devices/system/node";

pub(super) fn capture(options: CaptureOptions) -> Result<HostProfile, CaptureError> {
    let device = kvm::open()?;
    let mut unread = Vec::new();
    let affinity = Affinity::remember()
        .map_err(|error| unread.push(format!("the CPUs' own CPUID: sched_getaffinity: {error}")))
        .ok();
    let online = read(ONLINE, &mut unread)
        .and_then(|text| cpus::parse(&text).map_err(|error| unread.push(format!("{ONLINE}: {error}"))).ok());
    // Without either, KVM answers for whichever CPU this is, and no CPU for itself.
    let visit = affinity.as_ref().zip(online.as_ref());
    if let Some((affinity, online)) = visit {
        // KVM's table is of the CPU that asks: let it be the one whose own table comes first.
        let _ = online.iter().find(|cpu| affinity.pin(*cpu).is_ok());
    }
    let kvm = kvm::ask(&device, kvm_module(), &mut unread)?;
    let cpus = visit.and_then(|(affinity, online)| read_cpus(affinity, online, &mut unread));
    drop(affinity);
    let kernel = read("/proc/sys/kernel/osrelease", &mut unread);
    let host_name = if options.host_name { read("/proc/sys/kernel/hostname", &mut unread) } else { None };
    Ok(HostProfile {
        origin: Origin { kind: OriginKind::Captured, note: None, date: None, host_name },
        kernel: kernel
            .map(|release| if options.full_kernel_version { release } else { major_minor(&release) }),
        kvm: Some(kvm),
        cpus,
        numa: numa(Path::new(NODES), &mut unread),
        unread,
    })
}

/// Executes CPUID.
fn cpuid(leaf: u32, subleaf: u32) -> Registers {
    let words = __cpuid_count(leaf, subleaf);
    Registers::new(words.eax, words.ebx, words.ecx, words.edx)
}

/// Visits every online CPU. One that cannot be visited is left out, and told of.
fn read_cpus(affinity: &Affinity, online: &CpuList, unread: &mut Vec<String>) -> Option<CpusPart> {
    let mut part: Option<CpusPart> = None;
    let mut visited = Vec::new();
    for cpu in online.iter() {
        if let Err(error) = affinity.pin(cpu) {
            unread.push(format!("CPU {cpu}: sched_setaffinity: {error}"));
            continue;
        }
        visited.push(cpu);
        let table = walk::table(cpuid);
        match &mut part {
            None => part = Some(CpusPart { cpuid: table, ..CpusPart::default() }),
            Some(part) => {
                let differences = walk::differences(&part.cpuid, &table);
                if !differences.is_empty() {
                    part.differences.insert(cpu, differences.into_iter().collect());
                }
            }
        }
    }
    Some(CpusPart { online: visited.into_iter().collect(), ..part? })
}

/// A file's text without the newline at its end; what failed goes to `unread`.
fn read(path: impl AsRef<Path>, unread: &mut Vec<String>) -> Option<String> {
    let path = path.as_ref();
    match fs::read_to_string(path) {
        Ok(text) => Some(text.trim_end().to_owned()),
        Err(error) => {
            unread.push(format!("{}: {error}", path.display()));
            None
        }
    }
}

/// `6.18` of `6.18.44-generic`.
fn major_minor(release: &str) -> String {
    let end = |rest: &str| rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    match release.split_once('.') {
        Some((major, rest)) => format!("{major}.{}", &rest[..end(rest)]),
        None => release.to_owned(),
    }
}

/// The module behind `/dev/kvm`, such as `kvm_amd`; `None` where that cannot be told.
pub(crate) fn kvm_module() -> Option<String> {
    module_name(Path::new("/sys/module"), cpuid(0, 0))
}

/// The module behind `/dev/kvm`: the one `kvm_*` there is, else the CPU vendor's own, because a
/// kernel with both built in lists both.
fn module_name(modules: &Path, leaf0: Registers) -> Option<String> {
    let names = fs::read_dir(modules).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("kvm_")).collect();
    names.sort();
    let own = match Vendor::from_words(leaf0.ebx, leaf0.ecx, leaf0.edx) {
        Ok(Vendor::Amd | Vendor::Hygon) => "kvm_amd",
        // Zhaoxin and Centaur have Intel's virtualization.
        _ => "kvm_intel",
    };
    let at = if names.len() == 1 { 0 } else { names.iter().position(|name| name == own)? };
    Some(names.swap_remove(at))
}

/// The nodes; `None` on a kernel without NUMA.
fn numa(root: &Path, unread: &mut Vec<String>) -> Option<NumaPart> {
    let online = read(root.join("online"), unread)?;
    let ids = cpus::parse(&online).map_err(|error| unread.push(format!("{NODES}/online: {error}"))).ok()?;
    let mut part = NumaPart::default();
    for id in ids.iter() {
        let path = root.join(format!("node{id}"));
        let list = read(path.join("cpulist"), unread)?;
        let cpus = cpus::parse(&list).map_err(|error| unread.push(format!("node {id}: {error}"))).ok()?;
        let memory = read(path.join("meminfo"), unread).and_then(|text| total(&text));
        part.nodes.push(NumaNode { id, cpus, memory });
        if let Some(row) = read(path.join("distance"), unread) {
            part.distances.push(row.split_whitespace().filter_map(|word| word.parse().ok()).collect());
        }
    }
    let nodes = part.nodes.len();
    if part.distances.len() != nodes || part.distances.iter().any(|row| row.len() != nodes) {
        unread.push(format!("{NODES}: the distances are no table of {nodes} nodes"));
        part.distances.clear();
    }
    Some(part)
}

/// Bytes of `Node 0 MemTotal:  5204172 kB`.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find(|line| line.contains("MemTotal:"))?;
    let mut words = line.split_whitespace().rev();
    let (unit, number) = (words.next()?, words.next()?);
    number.parse::<u64>().ok().filter(|_| unit == "kB")?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_sizes_are_read() {
        assert_eq!(major_minor("6.18.44-generic"), "6.18");
        assert_eq!(major_minor("7.0-rc1"), "7.0");
        assert_eq!(total("\nNode 0 MemTotal:       5204172 kB\nNode 0 MemFree: 1 kB\n"), Some(5_329_072_128));
        assert_eq!(total("Node 0 MemFree: 1 kB\n"), None);
    }

    #[test]
    fn the_module_is_the_one_there_is_or_the_vendors_own() {
        let root = tempfile::tempdir().unwrap();
        let (ebx, ecx, edx) = Vendor::Amd.words();
        let amd = Registers::new(0, ebx, ecx, edx);
        let name = || module_name(root.path(), amd);
        fs::create_dir(root.path().join("kvm")).unwrap();
        assert_eq!(name(), None);
        fs::create_dir(root.path().join("kvm_intel")).unwrap();
        assert_eq!(name().as_deref(), Some("kvm_intel"));
        fs::create_dir(root.path().join("kvm_amd")).unwrap();
        assert_eq!(name().as_deref(), Some("kvm_amd"));
    }

    #[test]
    fn nodes_are_read_and_odd_distances_are_told() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("online", "0,2\n");
        for (node, list, distance) in [(0, "0-1", "10 21"), (2, "", "21 10")] {
            write(&format!("node{node}/cpulist"), &format!("{list}\n"));
            write(&format!("node{node}/meminfo"), &format!("Node {node} MemTotal:  {} kB\n", node + 1));
            write(&format!("node{node}/distance"), &format!("{distance}\n"));
        }
        let mut unread = Vec::new();
        let part = numa(root.path(), &mut unread).unwrap();
        assert_eq!(
            part.nodes.iter().map(|n| (n.id, n.memory)).collect::<Vec<_>>(),
            [(0, Some(1024)), (2, Some(3072))]
        );
        assert_eq!((part.distances, unread.len()), (vec![vec![10, 21], vec![21, 10]], 0));
        write("node2/distance", "21\n");
        assert!(numa(root.path(), &mut unread).unwrap().distances.is_empty());
        assert!(unread[0].ends_with("the distances are no table of 2 nodes"), "{unread:?}");
        assert_eq!(numa(&root.path().join("nowhere"), &mut unread), None);
    }
}
