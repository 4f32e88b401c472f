//! What can be relied on of a profile with faults.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fault, FaultKind, View, ids, leaves};
use crate::cpuid::{CpuidTable, Key};
use crate::decode::{LEAF_1F, LEAF_26, LEAF_B};
use crate::profile::{HostProfile, tables};
use crate::spec::CpuList;

/// The most rounds: what is left can have faults that the others hid.
const MOST_ROUNDS: usize = 8;

/// The profile without what its faults, as [`faults()`](super::faults) gave them, make unreliable: [`FaultKind::kept`] says of
/// each kind what is left. What was left out stands in [`unread`](HostProfile::unread). At least one CPU stays, so
/// that an error may stay too: look at the [`faults()`](super::faults) of what is left.
#[must_use]
pub fn usable(profile: &HostProfile, faults: &[Fault]) -> HostProfile {
    let mut usable = without(profile, faults);
    for _ in 1..MOST_ROUNDS {
        let hidden = super::faults(&usable);
        if !hidden.iter().any(Fault::is_error) {
            break;
        }
        let next = without(&usable, &hidden);
        if next == usable {
            break;
        }
        usable = next;
    }
    usable
}

/// The profile without what these faults make unreliable.
fn without(profile: &HostProfile, faults: &[Fault]) -> HostProfile {
    let mut usable = profile.clone();
    let mut left_out = Vec::new();
    cpus(profile, faults, &mut usable, &mut left_out);
    nodes(faults, &mut usable, &mut left_out);
    for fault in faults {
        let is_kvms = fault.kind == FaultKind::KvmVendorDiffers
            || (fault.kind == FaultKind::LeafZeroCorrupt && fault.cpus.is_empty());
        if let (true, Some(kvm)) = (is_kvms, &mut usable.kvm) {
            (kvm.supported_cpuid, kvm.emulated_cpuid) = (None, None);
            left_out.push(format!("KVM's tables were left out: {}", fault.message));
        }
    }
    left_out.dedup();
    usable.unread.extend(left_out);
    usable
}

/// Drops CPUs and leaves, and puts IDs back.
fn cpus(profile: &HostProfile, faults: &[Fault], usable: &mut HostProfile, left_out: &mut Vec<String>) {
    let view = View::new(profile);
    let mut tables: Vec<(u32, CpuidTable)> = profile.cpu_tables().collect();
    let mut dropped: BTreeSet<u32> = BTreeSet::new();
    let mut changed = false;
    for fault in faults {
        let mut drop = |cpus: &mut dyn Iterator<Item = u32>| {
            let cpus: Vec<u32> = cpus.filter(|cpu| !dropped.contains(cpu)).collect();
            // Where all would go, the first stays: a profile of CPUs has one.
            let all = dropped.len() + cpus.len() >= tables.len();
            let cpus: Vec<u32> = cpus.into_iter().skip(usize::from(all)).collect();
            if !cpus.is_empty() {
                let list: CpuList = cpus.iter().copied().collect();
                left_out.push(format!("{} left out: {}", super::named(&list), fault.message));
                dropped.extend(cpus);
            }
        };
        match fault.kind {
            FaultKind::OneId => drop(&mut fault.cpus.iter().skip(1)),
            FaultKind::LeafZeroCorrupt
            | FaultKind::VendorsDiffer
            | FaultKind::CpusRepeat
            | FaultKind::IdsCollide
            | FaultKind::IdsMixed
            | FaultKind::LevelsDiffer => drop(&mut fault.cpus.iter()),
            FaultKind::IdsMasked => {
                changed = true;
                put_back(&view, &mut tables);
                left_out.push(format!("x2APIC IDs were put back: {}", fault.message));
            }
            FaultKind::LeafAliased => {
                changed = true;
                for ((_, table), (_, answers, _)) in tables.iter_mut().zip(view.each()) {
                    leaves::aliases(answers).into_iter().for_each(|leaf| table.remove_leaf(leaf));
                }
            }
            FaultKind::ListEndless => {
                changed = true;
                let endless: BTreeSet<u32> =
                    view.each().flat_map(|(_, _, cpu)| leaves::endless(cpu)).collect();
                for leaf in &endless {
                    tables.iter_mut().for_each(|(_, table)| table.remove_leaf(*leaf));
                }
                left_out.push(format!("a leaf was left out: {}", fault.message));
            }
            _ => {}
        }
    }
    if changed || !dropped.is_empty() {
        tables.retain(|(cpu, _)| !dropped.contains(cpu));
        usable.cpus = tables::part_of(&tables);
    }
}

/// Puts each CPU's ID into all registers that ought to hold it and are 0.
fn put_back(view: &View<'_>, tables: &mut [(u32, CpuidTable)]) {
    let Some(told) = ids::Told::new(view) else { return };
    for ((_, table), id) in tables.iter_mut().zip(told.ids()) {
        for leaf in [LEAF_B, LEAF_1F, LEAF_26] {
            let keys: Vec<Key> =
                table.leaf(leaf).filter(|(_, words)| !words.is_zero()).map(|(key, _)| key).collect();
            for key in keys {
                if let Some(words) = table.get_mut(key).filter(|words| words.edx == 0) {
                    words.edx = *id;
                }
            }
        }
        if let Some(words) = table.get_mut(Key::leaf(0x8000_001e)).filter(|words| words.eax == 0) {
            words.eax = *id;
        }
        if let Some(words) = table.get_mut(Key::leaf(1)).filter(|words| words.ebx >> 24 == 0) {
            words.ebx |= id << 24;
        }
    }
}

/// Nodes of one number, CPUs in one node, distances that are some.
fn nodes(faults: &[Fault], usable: &mut HostProfile, left_out: &mut Vec<String>) {
    let online = usable.cpus.as_ref().map(|part| part.online.clone());
    let Some(numa) = &mut usable.numa else { return };
    let had = numa.nodes.len();
    let mut told = |fault: &Fault, what: &str| left_out.push(format!("{what}: {}", fault.message));
    for fault in faults {
        match fault.kind {
            FaultKind::NodeTwice => {
                let mut seen = BTreeSet::new();
                numa.nodes.retain(|node| seen.insert(node.id));
                told(fault, "the first node was kept");
            }
            FaultKind::CpuInTwoNodes => {
                let mut owners: BTreeMap<u32, usize> = BTreeMap::new();
                for (at, node) in numa.nodes.iter_mut().enumerate() {
                    node.cpus =
                        node.cpus.iter().filter(|cpu| *owners.entry(*cpu).or_insert(at) == at).collect();
                }
                told(fault, "the first node was kept");
            }
            FaultKind::DistancesNotSquare | FaultKind::DistancesNotSlit => {
                numa.distances.clear();
                told(fault, "distances were left out");
            }
            _ => {}
        }
    }
    if numa.nodes.len() != had {
        numa.distances.clear();
    }
    // Nodes name no CPU that was dropped or never online.
    if let Some(online) = online {
        let members: BTreeSet<u32> = online.iter().collect();
        for node in &mut numa.nodes {
            if node.cpus.iter().any(|cpu| !members.contains(&cpu)) {
                node.cpus = node.cpus.iter().filter(|cpu| members.contains(cpu)).collect();
            }
        }
    }
}
