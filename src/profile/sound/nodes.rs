//! Nodes: their CPUs are the machine's, each in one, and their distances are a table.

use std::collections::{BTreeMap, BTreeSet};

use super::{FaultKind, Found, named};
use crate::diag::Severity::{Error, Warning};
use crate::profile::{HostProfile, NumaPart};
use crate::spec::CpuList;

/// The distance of a node to itself (ACPI, SLIT).
const LOCAL: u32 = 10;

/// The greatest distance: unreachable (ACPI, SLIT).
const UNREACHABLE: u32 = 255;

pub(super) fn check(profile: &HostProfile, found: &mut Found) {
    let Some(numa) = &profile.numa else { return };
    let mut owners: BTreeMap<u32, u32> = BTreeMap::new();
    let mut numbers = BTreeSet::new();
    for node in &numa.nodes {
        if !numbers.insert(node.id) {
            found.say(
                FaultKind::NodeTwice,
                Error,
                node.cpus.iter(),
                format!("node {} stands twice", node.id),
                "give each node its own number, as /sys/devices/system/node does",
            );
        }
        // Canonical, so that a node of a thousand CPUs in another is one fault.
        let mut twice: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for cpu in node.cpus.iter() {
            if let Some(other) = owners.insert(cpu, node.id) {
                twice.entry(other).or_default().push(cpu);
            }
        }
        for (other, cpus) in twice {
            let list: CpuList = cpus.into_iter().collect();
            let verb = if list.len() == 1 { "is" } else { "are" };
            let message = format!("{} {verb} in node {other} and in node {}", named(&list), node.id);
            let help = "a CPU is in one node: capture again, or correct the lists";
            found.say(FaultKind::CpuInTwoNodes, Error, list.iter(), message, help);
        }
    }
    if let Some(part) = &profile.cpus {
        let online: BTreeSet<u32> = part.online.iter().collect();
        members(numa, &online, &owners, found);
    }
    distances(numa, found);
}

/// The CPUs of the nodes against those that were online.
fn members(numa: &NumaPart, online: &BTreeSet<u32>, owners: &BTreeMap<u32, u32>, found: &mut Found) {
    for node in &numa.nodes {
        let offline: CpuList = node.cpus.iter().filter(|cpu| !online.contains(cpu)).collect();
        if !offline.is_empty() {
            let verb = if offline.len() == 1 { "was" } else { "were" };
            let message = format!("node {} has {}, which {verb} not captured", node.id, named(&offline));
            let help = "the CPUs are offline, or the capturing process could not run there";
            found.say(FaultKind::NodeCpuOffline, Warning, offline.iter(), message, help);
        }
    }
    let without: CpuList = online.iter().filter(|cpu| !owners.contains_key(cpu)).copied().collect();
    if !numa.nodes.is_empty() && !without.is_empty() {
        let verb = if without.len() == 1 { "is" } else { "are" };
        let message = format!("{} {verb} in none of the {} nodes", named(&without), numa.nodes.len());
        let help = "every online CPU of Linux is in a node: the lists are incomplete, or of another machine";
        found.say(FaultKind::CpuWithoutNode, Warning, without.iter(), message, help);
    }
}

fn distances(numa: &NumaPart, found: &mut Found) {
    let (nodes, rows) = (numa.nodes.len(), &numa.distances);
    if rows.is_empty() {
        return;
    }
    if let Some(length) =
        std::iter::once(rows.len()).chain(rows.iter().map(Vec::len)).find(|length| *length != nodes)
    {
        let message =
            format!("a row or column of the distances has {length} entries, and there are {nodes} nodes");
        let help = "write a row and a column for each node, or leave the distances out";
        found.say(FaultKind::DistancesNotSquare, Error, [], message, help);
        return;
    }
    let id = |at: usize| numa.nodes.get(at).map_or(0, |node| node.id);
    for (from, row) in rows.iter().enumerate() {
        for (to, distance) in row.iter().enumerate() {
            let fits =
                if from == to { *distance == LOCAL } else { (LOCAL + 1..=UNREACHABLE).contains(distance) };
            if !fits {
                let message = format!("the distance from node {} to node {} is {distance}", id(from), id(to));
                let help =
                    "a SLIT has 10 from a node to itself, and 11 to 255 to others; Linux ignores any other";
                found.say(FaultKind::DistancesNotSlit, Error, [], message, help);
                return;
            }
            let back = rows.get(to).and_then(|row| row.get(from));
            if let Some(back) = back.filter(|back| from < to && *back != distance) {
                let message = format!(
                    "the distance from node {} to node {} is {distance}, and back {back}",
                    id(from),
                    id(to)
                );
                let help = "some firmware says so, and a guest can be given it; else correct one of them";
                found.say(FaultKind::DistancesAsymmetric, Warning, [], message, help);
            }
        }
    }
}
