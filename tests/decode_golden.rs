//! The golden machines: every register of theirs, read back.

// Helpers outside #[test] functions may panic too.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::golden::Golden;
use topoc::decode::{Answers, CpuSet, Domain, Machine, machine, part_of_machine};

/// The machine from its blobs.
fn decode(golden: &Golden) -> Machine {
    let tables: Vec<Answers> =
        golden.blobs().iter().map(|blob| Answers::from_blob(blob).expect("a sound blob")).collect();
    if golden.is_whole() { machine(&tables) } else { part_of_machine(&tables) }
}

/// The sets of listed vCPUs, by place in the list, that have equal keys.
fn expected(golden: &Golden, key: impl Fn(u32) -> u32) -> BTreeSet<CpuSet> {
    let mut sets: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (place, vcpu) in golden.listed().into_iter().enumerate() {
        sets.entry(key(golden.apic_ids[vcpu])).or_default().push(place);
    }
    sets.into_values().map(CpuSet::from_iter).collect()
}

fn found(machine: &Machine, domain: Domain) -> BTreeSet<CpuSet> {
    machine.sets(domain).iter().cloned().collect()
}

fn each(check: impl Fn(&str, &Golden, &Machine)) {
    let all = Golden::all();
    assert_eq!(all.len(), 14);
    for (name, golden) in &all {
        check(name, golden, &decode(golden));
    }
}

#[test]
fn nothing_is_found_in_them() {
    each(|name, golden, machine| {
        assert_eq!(machine.findings, [], "{name} as blobs");
        let captures = golden.captures();
        let again =
            if golden.is_whole() { topoc::decode::machine(&captures) } else { part_of_machine(&captures) };
        assert_eq!(again.findings, [], "{name} as captures");
        assert_eq!(again.domains, machine.domains, "{name}");
        assert_eq!(again.caches, machine.caches, "{name}");
    });
}

#[test]
fn ids_and_domains_follow_the_fields() {
    each(|name, golden, machine| {
        let ids: Vec<u32> = machine.places.iter().map(|place| place.x2apic_id).collect();
        let meant: Vec<u32> = golden.listed().into_iter().map(|vcpu| golden.apic_ids[vcpu]).collect();
        assert_eq!(ids, meant, "{name}");

        let at = |field: &str| golden.offsets[field];
        assert_eq!(found(machine, Domain::Package), expected(golden, |id| id >> at("pkg")), "{name}");
        assert_eq!(found(machine, Domain::Core), expected(golden, |id| id >> at("core")), "{name}");
        let amd = golden.vendor == "amd";
        let modules = if amd { Domain::Complex } else { Domain::Module };
        for (domain, field) in [(Domain::Die, "die"), (modules, "module")] {
            if golden.widths[field] > 0 {
                assert_eq!(found(machine, domain), expected(golden, |id| id >> at(field)), "{name} {field}");
            }
        }
        for absent in [Domain::Tile, Domain::DieGroup, if amd { Domain::Module } else { Domain::Complex }] {
            assert!(!machine.domains.contains_key(&absent), "{name} {absent:?}");
        }
    });
}

#[test]
fn shifts_are_the_offsets() {
    each(|name, golden, machine| {
        for cpu in &machine.cpus {
            assert_eq!(cpu.shift(Domain::Core), Some(golden.offsets["core"]), "{name}");
            assert_eq!(cpu.shift(Domain::Package), Some(golden.offsets["pkg"]), "{name}");
        }
    });
}

/// Two vCPUs are together for the decoder where they are for Linux.
#[test]
fn linux_agrees() {
    each(|name, golden, machine| {
        let listed = golden.listed();
        let place = |vcpu: &usize| listed.iter().position(|there| there == vcpu).expect("listed");
        let together = |sets: &[CpuSet], a: usize, b: usize| {
            sets.iter().any(|set| set.as_slice().contains(&a) && set.as_slice().contains(&b))
        };
        let last = machine.caches.iter().next_back().expect("caches");
        let llc: Vec<CpuSet> = last.1.iter().map(|cache| cache.cpus.clone()).collect();
        for (a, linux_a) in &golden.linux_6_19 {
            for (b, linux_b) in &golden.linux_6_19 {
                let (a, b) = (place(a), place(b));
                let same = |domain| together(machine.sets(domain), a, b);
                assert_eq!(same(Domain::Package), linux_a.pkg == linux_b.pkg, "{name} {a} {b}");
                let core = (linux_a.pkg, linux_a.core) == (linux_b.pkg, linux_b.core);
                assert_eq!(same(Domain::Core), core, "{name} {a} {b}");
                assert_eq!(together(&llc, a, b), linux_a.llc == linux_b.llc, "{name} {a} {b}");
                if machine.domains.contains_key(&Domain::Die) {
                    assert_eq!(same(Domain::Die), linux_a.die == linux_b.die, "{name} {a} {b}");
                }
                let nodes = (machine.cpus[a].node, machine.cpus[b].node);
                assert_eq!(nodes.0.map(|n| n.id), linux_a.node, "{name} {a}");
                assert_eq!(nodes.1.map(|n| n.per_processor), linux_b.nodes_per_pkg, "{name} {b}");
            }
        }
    });
}

/// G5 lists 5 of 320 vCPUs; the others differ from them in their IDs alone.
#[test]
fn the_whole_of_g5() {
    let golden = Golden::get("G5");
    let model = golden.tables().remove(0);
    let tables: Vec<Answers> = golden
        .apic_ids
        .iter()
        .map(|&id| {
            Answers::from_entries(model.iter().map(|&(leaf, subleaf, [eax, ebx, ecx, edx])| match leaf {
                1 => (leaf, subleaf, [eax, (ebx & 0x00FF_FFFF) | (id & 0xFF) << 24, ecx, edx]),
                0xB | 0x1F => (leaf, subleaf, [eax, ebx, ecx, id]),
                _ => (leaf, subleaf, [eax, ebx, ecx, edx]),
            }))
        })
        .collect();
    for (table, vcpu) in golden.captures().iter().zip(golden.listed()) {
        assert_eq!(*table, tables[vcpu]);
    }
    let machine = machine(&tables);
    assert_eq!(machine.findings, []);
    let packages: Vec<String> = machine.sets(Domain::Package).iter().map(CpuSet::to_string).collect();
    assert_eq!(packages, ["0-79", "80-159", "160-239", "240-319"]);
    assert_eq!(machine.sets(Domain::Core).len(), 160);
}

/// The golden machines are described in words beside their registers; these are the words.
#[test]
fn caches_lie_where_they_are_said_to() {
    let sizes = |name: &str, cache: &str| -> Vec<(String, u64)> {
        let machine = decode(&Golden::get(name));
        let caches =
            machine.caches.into_iter().find(|(found, _)| found.to_string() == cache).expect("cache").1;
        caches.into_iter().map(|cache| (cache.cpus.to_string(), cache.size >> 10)).collect()
    };
    let owned = |pairs: &[(&str, u64)]| -> Vec<(String, u64)> {
        pairs.iter().map(|(set, size)| ((*set).to_owned(), *size)).collect()
    };
    assert_eq!(sizes("G1", "L3U"), owned(&[("0-7", 32768)]));
    assert_eq!(sizes("G1", "L1D"), owned(&[("0-1", 48), ("2-3", 48), ("4-5", 48), ("6-7", 48)]));
    assert_eq!(sizes("G2", "L3U"), owned(&[("0-5", 32768), ("6-11", 32768)]));
    assert_eq!(
        sizes("G3", "L3U"),
        owned(&[
            ("0-11", 8192),
            ("12-23", 8192),
            ("24-35", 8192),
            ("36-47", 8192),
            ("48-59", 8192),
            ("60-71", 8192)
        ])
    );
    assert_eq!(sizes("G4", "L2U"), owned(&[("0-3", 4096), ("4-7", 4096), ("8-11", 4096)]));
    assert_eq!(sizes("G9", "L2U").last(), Some(&("8-11".to_owned(), 2048)));
    assert_eq!(sizes("G9", "L3U"), owned(&[("0-11", 25600)]));
    assert_eq!(sizes("G10", "L3U"), owned(&[("0-7", 16384), ("8-23", 8192)]));
    assert_eq!(sizes("G13", "L3U").len(), 8);
    assert_eq!(sizes("G14", "L3U"), owned(&[("0-5", 16384), ("6-11", 16384), ("12-17", 16384)]));
}
