//! What a person reads: trees, leaves and findings.

// Helpers outside #[test] functions may panic too.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod support;

use std::time::{Duration, Instant};

use support::golden::Golden;
use support::{corpus, shape};
use topoc::HostProfile;
use topoc::decode::{self, Answers, CpuSet, Domain, FindingKind, NumaNode, fields, machine, render};

fn tree(name: &str) -> String {
    render::tree(&machine(&Golden::get(name).captures()))
}

#[test]
fn trees_of_golden_machines() {
    for name in ["G1", "G3", "G4", "G8", "G9", "G10", "G12", "G13", "G14"] {
        insta::assert_snapshot!(format!("tree_{name}"), tree(name));
    }
}

/// Threads first or last, a large machine stays readable and names every vCPU.
#[test]
fn large_machines_fold() {
    insta::assert_snapshot!("tree_288", render::tree(&machine(&shape::intel(2, 72, 2))));
    let mut cores_first = shape::intel(2, 6, 2);
    cores_first.sort_by_key(|answers| answers.get(0xB, 0)[3] & 1);
    insta::assert_snapshot!("tree_cores_first", render::tree(&machine(&cores_first)));
}

/// One core out of step ends the fold: what differs is never collapsed.
#[test]
fn irregular_cores_stand_alone() {
    let mut tables = shape::intel(1, 8, 2);
    tables.swap(6, 9);
    insta::assert_snapshot!("tree_irregular", render::tree(&machine(&tables)));
}

/// A broken machine is still shown whole.
#[test]
fn what_does_not_nest_is_listed() {
    let tables: Vec<Answers> = [0, 1, 2, 3]
        .into_iter()
        .map(|id| {
            let share = if id == 1 { 3 } else { 1 };
            Answers::from_entries([
                (0, None, [0xB, 0x756E_6547, 0x6C65_746E, 0x4965_6E69]),
                (1, None, [0x806F8, 0x0004_0800, 0, 1 << 28]),
                (4, Some(0), [0x0400_0121 | share << 14, 0x01C0_003F, 0x3F, 0]),
                (0xB, Some(0), [if id == 2 { 2 } else { 1 }, 2, 0x100, id]),
                (0xB, Some(1), [2, 4, 0x201, id]),
            ])
        })
        .collect();
    let machine = machine(&tables);
    insta::assert_snapshot!(
        "tree_broken",
        render::tree(&machine) + &render::findings(&machine.findings, &machine.names)
    );
}

#[test]
fn no_vcpus_make_no_tree() {
    assert_eq!(render::tree(&machine(&[])), "no vCPUs\n");
}

#[test]
fn trees_of_captures() {
    let Some(captures) = corpus::captures() else { return };
    for name in corpus::expectations().keys() {
        let machine = machine(&corpus::tables(&captures, name));
        let tree = render::tree(&machine);
        let expected: usize = machine.sets(Domain::Package).len();
        let sockets = tree.lines().filter(|line| line.starts_with("socket ")).count();
        assert_eq!(sockets, expected, "{tree}");
        println!("{name}\n{tree}{}", render::findings(&machine.findings, &machine.names));
    }
}

/// A host whose online CPUs have gaps: every list is of the kernel's numbers, in the tree, in what does not fit and in
/// JSON. CPU 40 shares the L3 of CPU 13, and describes it otherwise.
#[test]
fn a_hosts_cpus_have_the_kernels_numbers() {
    let mut tables = shape::intel(2, 2, 2);
    let odd = tables[6].entries().iter().map(|e| {
        let [eax, ebx, ecx, edx] = e.registers;
        let is_l3 = (e.leaf, e.subleaf) == (4, Some(3));
        (e.leaf, e.subleaf, [eax, ebx, if is_l3 { ecx / 2 } else { ecx }, edx])
    });
    tables[6] = Answers::from_entries(odd.collect::<Vec<_>>());
    let online = [4, 6, 8, 10, 13, 14, 40, 41];
    let set = |cpus: &[usize]| cpus.iter().copied().collect::<CpuSet>();
    let node = |node, cpus: &[usize], memory, distances: &[u32]| NumaNode {
        node,
        cpus: set(cpus),
        memory,
        distances: distances.to_vec(),
    };
    let numa = vec![
        node(0, &[4, 6, 8, 10], Some((64 << 30) - 5000), &[10, 21, 24]),
        node(2, &[13, 14, 40, 41], Some(64 << 30), &[21, 10, 30]),
        node(3, &[], Some(0), &[24, 30, 10]),
    ];
    let host = decode::host(online.into_iter().zip(tables), numa);
    let findings = render::findings(&host.machine.findings, &host.machine.names);
    insta::assert_snapshot!("host_with_gaps", render::host(&host) + &findings);
    let json: serde_json::Value = serde_json::to_value(&host).unwrap();
    assert_eq!(json["domains"]["package"], serde_json::json!(["4,6,8,10", "13-14,40-41"]));
    assert_eq!(json["domains"]["core"][3], "40-41");
    assert_eq!(json["caches"]["L2U"][1]["cpus"], "8,10");
    assert_eq!((&json["places"][6]["cpu"], json["places"][6].get("vcpu")), (&serde_json::json!(40), None));
    let views = FindingKind::CacheViewsDiffer.to_string();
    let finding = json["findings"].as_array().unwrap().iter().find(|f| f["kind"] == views).unwrap();
    assert_eq!(
        (&finding["cpus"], &finding["message"]),
        (&"40".into(), &"CPU 13 shares the L3U but describes it otherwise".into())
    );
    assert_eq!(
        json["numa"][1],
        serde_json::json!({ "node": 2, "cpus": "13-14,40-41", "memory": 64_u64 << 30, "distances": [21, 10, 30] })
    );
}

/// Every shipped host: the packages have the CPUs that were online, and the nodes are the profile's.
#[test]
fn shipped_hosts_show_their_own_numbers() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hosts");
    let mut hosts = 0;
    for file in folder.read_dir().unwrap() {
        let path = file.unwrap().path();
        let profile = HostProfile::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let host = profile.decoded();
        let json = serde_json::to_value(&host).unwrap();
        let packages = json["domains"]["package"].as_array().unwrap();
        let mut cpus: Vec<u32> = packages
            .iter()
            .flat_map(|list| {
                list.as_str().unwrap().parse::<topoc::spec::CpuList>().unwrap().iter().collect::<Vec<_>>()
            })
            .collect();
        cpus.sort_unstable();
        assert_eq!(cpus, profile.cpus.as_ref().unwrap().online.iter().collect::<Vec<_>>(), "{path:?}");
        let tree = render::host(&host);
        assert!(!tree.contains("vCPU"), "{tree}");
        for node in &profile.numa.as_ref().unwrap().nodes {
            let line = format!("NUMA node {}  CPUs {}  ", node.id, node.cpus);
            assert!(tree.contains(&line), "{line}: {tree}");
        }
        hosts += 1;
    }
    assert!(hosts >= 12, "{hosts}");
}

#[test]
fn leaves_name_their_fields() {
    let of = |name: &str, vcpu: usize| render::leaves(&Golden::get(name).captures()[vcpu]);
    let intel = of("G3", 71);
    let line = "CPUID.(EAX=04H,ECX=3):EAX[25:14] = 15  maximum addressable IDs sharing this cache, minus 1";
    assert!(intel.lines().any(|shown| shown.trim() == line), "{intel}");
    assert!(intel.contains("CPUID.(EAX=01H):ECX = x2apic hypervisor\n"), "{intel}");
    insta::assert_snapshot!("leaves_intel", intel);
    insta::assert_snapshot!("leaves_amd", of("G10", 23));
}

/// Vendor decides what a register means, and text from a table cannot steer a terminal.
#[test]
fn leaves_are_read_by_vendor() {
    let table = |leaf_0| {
        Answers::from_entries([
            (0, None, leaf_0),
            (0x4000_0000, None, [0x4000_0001, 0x1B5B_4B1B, 0x0A0D_0700, 0x7F41]),
            (0x4000_0001, None, [1, 0, 0, 0]),
            (0x8000_0006, None, [0, 0, 0x0200_6140, 0x0100_8140]),
            (7, Some(0), [0, 0, 31 << 17 | 1 << 15, 1 << 15]),
            (0x1234, None, [1, 2, 3, 4]),
        ])
    };
    let intel = render::leaves(&table([7, 0x756E_6547, 0x6C65_746E, 0x4965_6E69]));
    let amd = render::leaves(&table([7, 0x6874_7541, 0x444D_4163, 0x6974_6E65]));
    assert!(!intel.contains("L3 size") && amd.contains("EDX[31:18] = 64  L3 size"), "{intel}{amd}");
    assert!(!intel.contains("clocksource"), "not KVM's bits: {intel}");
    assert!(intel.contains("ECX[21:17] = 31  MAWAU"), "{intel}");
    assert!(intel.contains("CPUID.(EAX=07H,ECX=0):ECX has bits without a name: 15"), "{intel}");
    assert!(intel.contains("EDX = hybrid_cpu\n"), "{intel}");
    assert!(
        intel.contains("CPUID.(EAX=1234H) EAX=00000001 EBX=00000002 ECX=00000003 EDX=00000004\n"),
        "{intel}"
    );
    assert!(intel.bytes().all(|b| b == b'\n' || (0x20..0x7F).contains(&b)), "{intel:?}");
}

#[test]
fn json_is_stable() {
    let machine = machine(&Golden::get("G14").captures());
    insta::assert_snapshot!("machine_json", serde_json::to_string_pretty(&machine).unwrap());
    let again = topoc::decode::machine(&Golden::get("G14").captures());
    assert_eq!(serde_json::to_string(&machine).unwrap(), serde_json::to_string(&again).unwrap());
    let leaves = fields::describe(&Golden::get("G1").captures()[0]);
    insta::assert_snapshot!("leaves_json", serde_json::to_string_pretty(&leaves[5]).unwrap());
}

/// 4,096 vCPUs take hardly longer each than 512, and the population counts hold.
#[test]
fn thousands_of_vcpus_are_decoded_in_linear_time() {
    let time = |tables: &[Answers]| -> Duration {
        let start = Instant::now();
        let machine = machine(tables);
        assert_eq!(machine.findings, []);
        assert_eq!(machine.sets(Domain::Core).iter().map(CpuSet::len).sum::<usize>(), tables.len());
        start.elapsed()
    };
    let (small, large) = (shape::intel(2, 128, 2), shape::intel(16, 128, 2));
    assert_eq!((small.len(), large.len()), (512, 4096));
    let best = |tables: &[Answers]| (0..3).map(|_| time(tables)).min().expect("three runs");
    let (per_small, per_large) = (best(&small), best(&large) / 8);
    assert!(per_large < 4 * per_small, "{per_small:?} for 512, {per_large:?} for 512 of 4096");
}
