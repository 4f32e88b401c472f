//! Failures of other monitors that topoc cannot make: each test compiles a machine like the one that
//! failed and looks into the raw bytes.
//!
//! `docs/failures.md` names every test here, and says who met the failure.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support {
    #![allow(dead_code, reason = "other tests use the rest")]
    pub mod golden_host;
    pub mod guest;
    pub mod words;
}

use std::collections::{BTreeMap, BTreeSet};

use support::guest::{Guest, asked_on, bits, host};

/// Two sockets of three dies, an L3 each: Intel.
const INTEL: &str = "G3";
/// Intel without threads.
const INTEL_WITHOUT_SMT: &str = "G2";
/// AMD Zen 4, with 80000026H.
const ZEN_4: &str = "G7";
/// AMD Zen 2, without.
const ZEN_2: &str = "G14";

const TOPOLOGY_LEAVES: [u32; 3] = [0xb, 0x1f, 0x8000_0026];
const TOPOEXT: u32 = 1 << 22;
const CMP_LEGACY: u32 = 1 << 1;
const PERFCTR_CORE: u32 = 1 << 23;

/// A machine of each vendor with gaps in its IDs.
fn guests() -> Vec<(bool, Guest)> {
    vec![
        (false, Guest::new(&host(INTEL), "topology: { sockets: 2, dies: 3, cores: 5, threads: 2 }")),
        (false, Guest::new(&host(INTEL), "topology: { cores: 4 }")),
        (true, Guest::new(&host(ZEN_4), "topology: { sockets: 2, dies: 3, cores: 5, threads: 2 }")),
        (true, Guest::new(&host(ZEN_2), "topology: { sockets: 2, complexes: 3, cores: 3, threads: 2 }")),
    ]
}

#[test]
fn firecracker_3430_core_level_missing() {
    for (amd, guest) in guests() {
        for vcpu in 0..guest.len() {
            for leaf in if amd { [0xb, 0xb] } else { [0xb, 0x1f] } {
                let rows = guest.rows(vcpu, leaf);
                assert!(rows.len() >= 2 && rows[0][2] == 1 && rows[1][2] == 2, "{leaf:x}: {rows:?}");
                assert!(rows.iter().all(|row| row[1] > 0), "{leaf:x}: {rows:?}");
            }
        }
    }
}

#[test]
fn cloud_hypervisor_7087_edx_of_every_subleaf() {
    for (_, guest) in guests() {
        for vcpu in 0..guest.len() {
            for leaf in TOPOLOGY_LEAVES {
                for (subleaf, words) in guest.leaf(vcpu, leaf) {
                    assert_eq!(words[3], guest.ids[vcpu], "{leaf:x}.{subleaf}");
                }
            }
        }
    }
}

#[test]
fn cloud_hypervisor_subleaf_echo() {
    for (_, guest) in guests() {
        for leaf in TOPOLOGY_LEAVES {
            for (at, (subleaf, words)) in guest.leaf(0, leaf).into_iter().enumerate() {
                assert_eq!(
                    (bits(words[2], 7, 0), usize::try_from(subleaf).unwrap()),
                    (subleaf, at),
                    "{leaf:x}"
                );
            }
        }
    }
}

#[test]
fn propolis_959_one_id_everywhere() {
    for (amd, guest) in guests() {
        for (vcpu, &id) in guest.ids.iter().enumerate() {
            assert_eq!(guest.get(vcpu, 1, 0)[1] >> 24, id & 0xff);
            assert_eq!(guest.get(vcpu, 0xb, 0)[3], id);
            if amd {
                assert_eq!(guest.get(vcpu, 0x8000_001e, 0)[0], id);
            }
        }
        assert_eq!(guest.ids.iter().collect::<BTreeSet<_>>().len(), guest.len(), "each ID once");
    }
}

#[test]
fn dragonball_die_type_at_its_own_subleaf() {
    let guest = Guest::new(&host(INTEL), "topology: { dies: 2, cores: 2, threads: 2 }");
    assert_eq!(guest.rows(0, 0x1f), [[1, 2, 1], [2, 4, 2], [3, 8, 5]]);
    assert_eq!(guest.get(0, 0x1f, 2)[2], 0x502, "type 5 in subleaf 2");
    assert_eq!(guest.leaf(0, 0x1f).len(), 4, "three rows and the end");
}

#[test]
fn linux_shift_differs_between_cpus() {
    for (_, guest) in guests() {
        for leaf in TOPOLOGY_LEAVES {
            let first = guest.rows(0, leaf);
            assert!((1..guest.len()).all(|vcpu| guest.rows(vcpu, leaf) == first), "{leaf:x}");
        }
    }
}

#[test]
fn propolis_939_shifts_rise() {
    for (_, guest) in guests() {
        for leaf in TOPOLOGY_LEAVES {
            let rows = guest.rows(0, leaf);
            assert!(rows.is_sorted_by_key(|row| row[0]) && rows.is_sorted_by_key(|row| row[1]), "{rows:?}");
        }
    }
    // A core of one thread has a shift of 0 and one thread: legal, and refused by Propolis.
    let guest = Guest::new(&host(INTEL), "topology: { cores: 4 }");
    assert_eq!(guest.rows(0, 0xb), [[0, 1, 1], [2, 4, 2]]);
}

#[test]
fn linux_unknown_domain_type() {
    for (_, guest) in guests() {
        for (leaf, most) in [(0xb, 2), (0x1f, 6), (0x8000_0026, 4)] {
            let types: Vec<_> = guest.rows(0, leaf).iter().map(|row| row[2]).collect();
            assert!(types.is_sorted_by(|a, b| a < b), "{leaf:x}: {types:?}");
            assert!(types.iter().all(|kind| (1..=most).contains(kind)), "{leaf:x}: {types:?}");
        }
    }
}

#[test]
fn cloud_hypervisor_6051_ids_with_gaps() {
    for machine in [INTEL, ZEN_4] {
        let guest = Guest::new(&host(machine), "topology: { sockets: 2, cores: 12 }");
        let package = guest.rows(0, 0xb)[1];
        assert_eq!(package[..2], [4, 12], "12 threads in 4 bits");
        let mut sockets: BTreeMap<u32, usize> = BTreeMap::new();
        guest.ids.iter().for_each(|id| *sockets.entry(id >> 4).or_default() += 1);
        assert_eq!(sockets, BTreeMap::from([(0, 12), (1, 12)]));
    }
}

#[test]
fn openvmm_4148_counts_saturate() {
    let guest = Guest::new(&host(INTEL), "topology: { cores: 96, threads: 2 }");
    assert_eq!(guest.rows(0, 0xb), [[1, 2, 1], [8, 192, 2]]);
    assert_eq!(bits(guest.get(0, 4, 0)[0], 31, 26), 63, "128 core IDs in 6 bits");
    assert_eq!(bits(guest.get(0, 1, 0)[1], 23, 16), 255, "256 IDs in 8 bits");
}

#[test]
fn vmm_reference_parse_legacy_warning() {
    for (amd, guest) in guests() {
        let threads = bits(guest.get(0, 1, 0)[1], 23, 16);
        let cores = bits(guest.get(0, 4, 0)[0], 31, 26) + 1;
        if !amd {
            assert!(threads.next_power_of_two() >= cores.next_power_of_two(), "{threads} {cores}");
        }
        // HTT says whether the count is valid.
        assert_eq!(bits(guest.get(0, 1, 0)[3], 28, 28), u32::from(threads > 1));
    }
}

#[test]
fn cloud_hypervisor_apic_id_size() {
    let guest = Guest::new(&host(ZEN_4), "topology: { sockets: 2, cores: 4, threads: 2 }");
    assert_eq!(bits(guest.get(0, 0x8000_0008, 0)[2], 15, 12), 3, "not 7");
    let guest = Guest::new(&host(ZEN_4), "topology: { cores: 96, threads: 2 }");
    assert_eq!(bits(guest.get(0, 0x8000_0008, 0)[2], 18, 12), 8, "not 17, and no bit beyond the field");
}

#[test]
fn qemu_nc_masked() {
    let guest = Guest::new(&host(ZEN_4), "topology: { cores: 192, threads: 2 }");
    let ecx = guest.get(0, 0x8000_0008, 0)[2];
    assert_eq!((bits(ecx, 7, 0), bits(ecx, 11, 8)), (255, 0), "384 threads in 8 bits");
    assert_eq!(bits(guest.get(0, 1, 0)[1], 23, 16), 255);
    assert_eq!(guest.rows(0, 0xb)[1], [9, 384, 2]);
}

#[test]
fn qemu_core_id_beyond_255() {
    let guest = Guest::new(&host(ZEN_4), "topology: { cores: 300 }");
    let [eax, ebx, ..] = guest.get(299, 0x8000_001e, 0);
    assert_eq!((eax, bits(ebx, 7, 0)), (299, 299 & 0xff), "the leaf stays, the field holds what it can");
}

#[test]
fn cloud_hypervisor_8730_l3_of_the_host() {
    // The host's L3 has 16 IDs, the guest's sockets 2 and 8.
    let guest = Guest::new(&host(INTEL), "topology: { sockets: 2, cores: 2 }");
    assert_eq!(guest.shares(0, 4), [1, 1, 1, 2]);
    let guest = Guest::new(&host(INTEL), "topology: { sockets: 2, cores: 4, threads: 2 }");
    assert_eq!(guest.shares(0, 4), [2, 2, 2, 8]);
}

#[test]
fn cloud_hypervisor_pairs_of_an_smt_host() {
    for (machine, leaf) in [(INTEL, 4), (ZEN_4, 0x8000_001d)] {
        let guest = Guest::new(&host(machine), "topology: { cores: 4 }");
        assert_eq!(guest.shares(0, leaf), [1, 1, 1, 4], "no core shares its L2");
    }
}

#[test]
fn qemu_host_caches_without_smt() {
    let guest = Guest::new(&host(INTEL_WITHOUT_SMT), "topology: { cores: 4, threads: 2 }");
    assert_eq!(guest.shares(0, 4), [2, 2, 2, 8], "both threads share the core's caches");
}

#[test]
fn cloud_hypervisor_node_id() {
    let spec = "topology: { sockets: 2, dies: 2, cores: 2, threads: 2 }\nnuma: { per: die }";
    let guest = Guest::new(&host(ZEN_4), spec);
    let nodes: Vec<_> = (0..guest.len()).map(|vcpu| guest.get(vcpu, 0x8000_001e, 0)[2]).collect();
    let ids: Vec<_> = nodes.iter().map(|ecx| bits(*ecx, 7, 0)).collect();
    assert_eq!(ids, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
    assert!(nodes.iter().all(|ecx| bits(*ecx, 31, 8) == 1), "two nodes of each socket");
    let guest = Guest::new(&host(ZEN_4), "topology: { sockets: 2, cores: 4, threads: 2 }");
    let ids: Vec<_> = (0..guest.len()).map(|vcpu| guest.get(vcpu, 0x8000_001e, 0)[2]).collect();
    assert_eq!(ids, [[0; 8], [1; 8]].concat(), "not 4 everywhere");
}

#[test]
fn propolis_921_core_ids() {
    for machine in [ZEN_4, ZEN_2] {
        let guest = Guest::new(&host(machine), "topology: { complexes: 2, cores: 3, threads: 2 }");
        let core = |vcpu| bits(guest.get(vcpu, 0x8000_001e, 0)[1], 7, 0);
        let cores: Vec<_> = (0..guest.len()).map(core).collect();
        assert!((0..guest.len()).step_by(2).all(|first| cores[first] == cores[first + 1]), "{cores:?}");
        assert_eq!(cores.iter().collect::<BTreeSet<_>>().len(), 6, "one each: {cores:?}");
    }
}

#[test]
fn kubevirt_1994_topoext() {
    for machine in [ZEN_4, ZEN_2] {
        let mut host = host(machine);
        let table = host.kvm.as_mut().unwrap().supported_cpuid.as_mut().unwrap();
        table.get_mut(topoc::cpuid::Key::leaf(0x8000_0001)).unwrap().ecx &= !(TOPOEXT | CMP_LEGACY);
        let guest = Guest::new(&host, "topology: { cores: 4, threads: 2 }");
        let ecx = guest.get(0, 0x8000_0001, 0)[2];
        assert_eq!(ecx & (TOPOEXT | CMP_LEGACY), TOPOEXT | CMP_LEGACY);
        assert_eq!(guest.shares(0, 0x8000_001d).len(), 4);
        assert_eq!(bits(guest.get(0, 0x8000_001e, 0)[1], 15, 8), 1, "two threads of each core");
        assert!(guest.get(0, 0x8000_0000, 0)[0] >= 0x8000_001e);
    }
}

#[test]
fn propolis_961_perfctr_with_topoext() {
    let mut host = host(ZEN_4);
    let table = host.kvm.as_mut().unwrap().supported_cpuid.as_mut().unwrap();
    let ecx = &mut table.get_mut(topoc::cpuid::Key::leaf(0x8000_0001)).unwrap().ecx;
    *ecx = *ecx & !TOPOEXT | PERFCTR_CORE;
    let guest = Guest::new(&host, "topology: { cores: 4 }");
    let ecx = guest.get(0, 0x8000_0001, 0)[2];
    assert_eq!(ecx & (TOPOEXT | PERFCTR_CORE), TOPOEXT | PERFCTR_CORE);
}

#[test]
fn alioth_leaf_26h_within_the_maximum() {
    let guest = Guest::new(&host(ZEN_4), "topology: { dies: 2, cores: 4 }");
    assert_eq!(guest.rows(0, 0x8000_0026).len(), 4);
    assert!(guest.get(0, 0x8000_0000, 0)[0] >= 0x8000_0026);
    let guest = Guest::new(&host(INTEL), "topology: { dies: 2, cores: 4 }");
    assert!(guest.get(0, 0, 0)[0] >= 0x1f && guest.rows(0, 0x1f).len() == 3);
    for (_, guest) in guests() {
        let (basic, extended) = (guest.get(0, 0, 0)[0], guest.get(0, 0x8000_0000, 0)[0]);
        for leaf in guest.entries(0).iter().map(|entry| entry.leaf).filter(|leaf| *leaf >> 28 != 4) {
            assert!(leaf <= if leaf >> 31 == 1 { extended } else { basic }, "{leaf:x}");
        }
    }
}

#[test]
fn cloud_hypervisor_1fh_on_amd() {
    for machine in [ZEN_4, ZEN_2] {
        let guest = Guest::new(&host(machine), "topology: { cores: 4, threads: 2 }");
        assert!(guest.leaf(0, 0x1f).is_empty() && guest.get(0, 0, 0)[0] < 0x1f);
    }
}

#[test]
fn linux_l3_of_80000006h() {
    for machine in [ZEN_4, ZEN_2] {
        let guest = Guest::new(&host(machine), "topology: { cores: 4 }");
        let l3 = guest.get(0, 0x8000_0006, 0)[3];
        assert!(bits(l3, 31, 18) > 0 && bits(l3, 15, 12) > 0, "{l3:x}: Linux sees no L3 without");
        let order: Vec<_> = guest.leaf(0, 0x8000_001d).iter().map(|(_, words)| words[0] & 0xff).collect();
        assert_eq!(order, [0x21, 0x22, 0x43, 0x63, 0], "L1D, L1I, L2, L3, the end");
    }
}

#[test]
fn linux_spans_are_powers_of_two() {
    for (amd, guest) in guests() {
        let leaf = if amd { 0x8000_001d } else { 4 };
        let shares = guest.shares(0, leaf);
        assert!(shares.iter().all(|ids| ids.is_power_of_two()), "{shares:?}");
        assert!(shares.is_sorted(), "{shares:?}");
    }
}

#[test]
fn propolis_921_subleaves_differ() {
    for (amd, guest) in guests() {
        let caches = guest.leaf(0, if amd { 0x8000_001d } else { 4 });
        let names: BTreeSet<_> = caches.iter().map(|(_, words)| words[0] & 0xff).collect();
        assert_eq!(
            (caches.len(), names.len()),
            (5, 5),
            "four caches of their own level and type, and the end"
        );
    }
}

#[test]
fn openvmm_leaf_4_indexed() {
    for (amd, guest) in guests() {
        for vcpu in 0..guest.len() {
            let entries = guest.entries(vcpu);
            assert!(entries.len() <= 256);
            let mut keys = BTreeSet::new();
            for entry in entries {
                assert!(keys.insert((entry.leaf, entry.subleaf)), "{entry:?} twice");
                let plain = entries.iter().any(|e| e.leaf == entry.leaf && e.subleaf.is_none());
                assert!(entry.subleaf.is_none() || !plain, "{:x}: with and without an index", entry.leaf);
            }
            let caches = if amd { 0x8000_001d } else { 4 };
            for leaf in [caches, 0xb] {
                let last = entries.iter().rfind(|entry| entry.leaf == leaf).unwrap();
                assert!(last.subleaf.is_some());
                assert_eq!(
                    (last.words[0], last.words[1], last.words[2] >> 8),
                    (0, 0, 0),
                    "{leaf:x} has an end"
                );
            }
        }
    }
}

#[test]
fn linux_boot_cpu_has_the_first_id() {
    for (_, guest) in guests() {
        assert_eq!(guest.ids[0], 0);
        assert!(guest.ids.is_sorted());
    }
}

#[test]
fn acrn_8608_nothing_of_the_asked_cpu() {
    for machine in [INTEL, ZEN_4, ZEN_2] {
        let spec = "topology: { sockets: 2, cores: 3, threads: 2 }";
        let [one, other] = [0x11, 0x5a].map(|id| Guest::new(&asked_on(machine, id), spec));
        for vcpu in 0..one.len() {
            assert_eq!(one.entries(vcpu), other.entries(vcpu), "{machine}");
        }
    }
}

/// The type of each vCPU's core is what its part says, whichever CPU was asked, and none without a type.
#[test]
fn acrn_8608_core_types_are_the_specs() {
    let parts =
        "topology: { parts: [{ core_type: efficiency, cores: 2 }, { core_type: performance, cores: 1 }] }";
    for id in [0x11, 0x5a] {
        let hybrid = Guest::new(&asked_on(INTEL, id), parts);
        let types: Vec<u32> = (0..3).map(|vcpu| hybrid.get(vcpu, 0x1a, 0)[0] >> 24).collect();
        assert_eq!(types, [0x20, 0x20, 0x40], "0x20: Atom, 0x40: Core. SDM, leaf 1AH");
        let plain = Guest::new(&asked_on(INTEL, id), "topology: { cores: 3 }");
        assert!((0..3).all(|vcpu| plain.entries(vcpu).iter().all(|entry| entry.leaf != 0x1a)));
    }
}

#[test]
fn cloud_hypervisor_6504_one_socket() {
    for machine in [INTEL, ZEN_4] {
        let guest = Guest::new(&host(machine), "topology: { cores: 8 }");
        assert_eq!(guest.rows(0, 0xb)[1][..2], [3, 8], "one socket of 8");
        assert!(guest.ids.iter().all(|id| id >> 3 == 0));
    }
}

#[test]
fn crosvm_three_cores() {
    let guest = Guest::new(&host(INTEL), "topology: { cores: 3 }");
    assert_eq!(guest.rows(0, 0xb), [[0, 1, 1], [2, 3, 2]], "three cores, not three threads of one");
    assert_eq!(guest.ids, [0, 1, 2]);
}

#[test]
fn libkrun_l3_of_single_cores() {
    // Linux puts sockets of one core into masks of their own: an L3 across them would be cut.
    for (machine, leaf) in [(INTEL, 4), (ZEN_4, 0x8000_001d)] {
        let guest = Guest::new(&host(machine), "topology: { sockets: 4 }");
        assert_eq!(guest.shares(0, leaf), [1, 1, 1, 1]);
    }
}

#[test]
fn linux_api_features_of_kvms_apic() {
    // x2APIC and TSC deadline in leaf 1; EOI, unhalt and IPIs of KVM's in 40000001H.
    let (of_leaf_1, of_kvm) = (1 << 21 | 1 << 24, 1 << 6 | 1 << 7 | 1 << 11);
    for machine in [INTEL, ZEN_4] {
        let mut host = host(machine);
        let table = host.kvm.as_mut().unwrap().supported_cpuid.as_mut().unwrap();
        table.get_mut(topoc::cpuid::Key::leaf(1)).unwrap().ecx |= of_leaf_1;
        let features = topoc::cpuid::Registers { eax: of_kvm | 1, ..Default::default() };
        table.set(topoc::cpuid::Key::leaf(0x4000_0001), features).unwrap();
        let read = |irqchip| {
            let guest =
                Guest::new(&host, &format!("topology: {{ cores: 4 }}\nvmm: {{ irqchip: {irqchip} }}"));
            (guest.get(0, 1, 0)[2] & of_leaf_1, guest.get(0, 0x4000_0001, 0)[0] & of_kvm)
        };
        assert_eq!(read("kernel"), (of_leaf_1, of_kvm), "{machine}");
        assert_eq!(read("user"), (0, 0), "{machine}");
    }
}
