//! Everything but CPUID: the kernel, KVM's numbers, nodes, and where the profiles come from.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Changes, Section, bytes};
use crate::profile::{Capabilities, HostProfile, NumaNode, NumaPart, Origin, OriginKind};

/// Why what is said of a capture differs.
const OF_THE_CAPTURE: &str = "of the capture, not of the machine";

pub(super) fn host(old: &HostProfile, new: &HostProfile, found: &mut Changes) {
    found.compare(Section::Host, "kernel", old.kernel.clone(), new.kernel.clone());
}

pub(super) fn kvm(old: &HostProfile, new: &HostProfile, found: &mut Changes) {
    let (old, new) = (old.kvm.as_ref(), new.kvm.as_ref());
    let there = |is: bool| is.then(|| "there".to_owned());
    found.compare(Section::Kvm, "KVM part", there(old.is_some()), there(new.is_some()));
    let (Some(old), Some(new)) = (old, new) else { return };
    found.compare(Section::Kvm, "module", old.module.clone(), new.module.clone());
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    found.compare(Section::Kvm, "API version", number(old.api_version), number(new.api_version));
    for ((name, old), (_, new)) in
        capabilities(&old.capabilities).into_iter().zip(capabilities(&new.capabilities))
    {
        found.compare(Section::Kvm, format_args!("KVM_CAP_{name}"), number(old), number(new));
    }
}

fn capabilities(of: &Capabilities) -> [(&'static str, Option<u32>); 9] {
    let Capabilities {
        nr_vcpus,
        max_vcpus,
        max_vcpu_id,
        x2apic_api,
        irqchip,
        split_irqchip,
        tsc_deadline_timer,
        x86_disable_exits,
        enforce_pv_feature_cpuid,
    } = *of;
    [
        ("NR_VCPUS", nr_vcpus),
        ("MAX_VCPUS", max_vcpus),
        ("MAX_VCPU_ID", max_vcpu_id),
        ("X2APIC_API", x2apic_api),
        ("IRQCHIP", irqchip),
        ("SPLIT_IRQCHIP", split_irqchip),
        ("TSC_DEADLINE_TIMER", tsc_deadline_timer),
        ("X86_DISABLE_EXITS", x86_disable_exits),
        ("ENFORCE_PV_FEATURE_CPUID", enforce_pv_feature_cpuid),
    ]
}

pub(super) fn nodes(old: &HostProfile, new: &HostProfile, found: &mut Changes) {
    let by_id = |profile: &HostProfile| -> BTreeMap<u32, NumaNode> {
        let nodes = profile.numa.iter().flat_map(|numa| numa.nodes.iter());
        nodes.map(|node| (node.id, node.clone())).collect()
    };
    let (before, after) = (by_id(old), by_id(new));
    let ids: BTreeSet<u32> = before.keys().chain(after.keys()).copied().collect();
    for id in &ids {
        let (was, is) = (before.get(id), after.get(id));
        let list =
            |node: &NumaNode| if node.cpus.is_empty() { "none".to_owned() } else { node.cpus.to_string() };
        // Lists of the same CPUs may be written with strides.
        let members = |node: &NumaNode| node.cpus.iter().collect::<Vec<u32>>();
        if was.map(members) != is.map(members) {
            found.compare(Section::Nodes, format_args!("node {id} CPUs"), was.map(list), is.map(list));
        }
        let memory = |node: &NumaNode| node.memory.map(bytes);
        let (was, is) = (was.and_then(memory), is.and_then(memory));
        found.compare(Section::Nodes, format_args!("node {id} memory"), was, is);
    }
    let (before, after) = (distances(old.numa.as_ref()), distances(new.numa.as_ref()));
    for pair in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let text = |of: &BTreeMap<(u32, u32), u32>| of.get(pair).map(u32::to_string);
        let (from, to) = pair;
        found.compare(
            Section::Nodes,
            format_args!("distance from node {from} to node {to}"),
            text(&before),
            text(&after),
        );
    }
}

/// The distances by the nodes' numbers.
fn distances(numa: Option<&NumaPart>) -> BTreeMap<(u32, u32), u32> {
    let mut all = BTreeMap::new();
    if let Some(numa) = numa {
        for (from, row) in numa.nodes.iter().zip(&numa.distances) {
            all.extend(numa.nodes.iter().zip(row).map(|(to, distance)| ((from.id, to.id), *distance)));
        }
    }
    all
}

/// Origin, and what could not be read: never silent, never a change of the machine.
pub(super) fn capture(old: &HostProfile, new: &HostProfile, found: &mut Changes) {
    let kind = |origin: &Origin| {
        let word = match origin.kind {
            OriginKind::Captured => "captured",
            OriginKind::Imported => "imported",
            OriginKind::Assembled => "assembled",
        };
        Some(word.to_owned())
    };
    let unread = |profile: &HostProfile| Some(profile.unread.join("; ")).filter(|text| !text.is_empty());
    let (before, after) = (&old.origin, &new.origin);
    for (what, old, new) in [
        ("kind", kind(before), kind(after)),
        ("date", before.date.clone(), after.date.clone()),
        ("host name", before.host_name.clone(), after.host_name.clone()),
        ("note", before.note.clone(), after.note.clone()),
        ("unread", unread(old), unread(new)),
    ] {
        if old != new {
            found.push(Change {
                section: Section::Capture,
                what: what.to_owned(),
                old,
                new,
                cpus: None,
                all_cpus: false,
                varies: Some(OF_THE_CAPTURE),
            });
        }
    }
}
