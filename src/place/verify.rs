//! Every placement is checked before it leaves, by other means than it was found.

use std::collections::{HashMap, HashSet};

use super::{Demand, HostShape, Level, Placement, Wish};
use crate::decode;
use crate::spec::CoreType;

/// Says what is wrong with a placement: nothing, unless topoc has a bug.
pub fn verify(wish: &Wish, host: &HostShape, placement: &Placement) -> Result<(), String> {
    if placement.cpu_of.len() != wish.vcpus {
        return Err(format!("{} vCPUs are placed, of {}", placement.cpu_of.len(), wish.vcpus));
    }
    let place: HashMap<u32, usize> = host.cpus.iter().copied().zip(0..).collect();
    let mut cpus = Vec::new();
    for (vcpu, number) in placement.cpu_of.iter().enumerate() {
        let Some(cpu) = place.get(number).copied() else {
            return Err(format!("vCPU {vcpu} is on CPU {number}, which is not online"));
        };
        if wish.allowed.as_ref().is_some_and(|allowed| !allowed.contains(*number)) {
            return Err(format!("vCPU {vcpu} is on CPU {number}, which may not be used"));
        }
        cpus.push(cpu);
    }
    if cpus.iter().collect::<HashSet<_>>().len() != cpus.len() {
        return Err("two vCPUs are on one CPU".to_owned());
    }
    for (vcpu, number) in &wish.pins {
        let placed = usize::try_from(*vcpu).ok().and_then(|vcpu| placement.cpu_of.get(vcpu));
        if placed != Some(number) {
            return Err(format!("vCPU {vcpu} is not on CPU {number}, to which it is pinned"));
        }
    }
    types(wish, host, &cpus)?;
    for level in Level::ALL {
        units(level, wish, host, &cpus)?;
        if level.is_cache() {
            cache(level, wish, host, &cpus)?;
        }
    }
    nodes(wish, host, &cpus, placement)
}

fn types(wish: &Wish, host: &HostShape, cpus: &[usize]) -> Result<(), String> {
    let judged = host.tells_types() || (wish.demand == Demand::Exact && wish.is_hybrid());
    for (vcpu, cpu) in cpus.iter().enumerate().filter(|_| judged) {
        let does = match (wish.core_type(vcpu), host.core_type(*cpu)) {
            (None, _) => true,
            (Some(CoreType::Performance), there) => there == Some(decode::CoreType::Performance),
            (Some(CoreType::Efficiency), there) => there == Some(decode::CoreType::Efficiency),
        };
        if !does {
            return Err(format!("vCPU {vcpu} is on a core of another type"));
        }
    }
    Ok(())
}

/// A unit lies in one unit, and where it must be so two lie in two.
fn units(level: Level, wish: &Wish, host: &HostShape, cpus: &[usize]) -> Result<(), String> {
    if !host.has(level) {
        return Ok(());
    }
    // A CPU that lies in none stands with its core.
    let there = |cpu: usize| match host.unit(level, cpu) {
        Some(unit) => (Some(unit), None, None),
        None => match host.unit(Level::Core, cpu) {
            Some(core) if level != Level::Core => (None, Some(core), None),
            _ => (None, None, Some(cpu)),
        },
    };
    let mut at = HashMap::new();
    let mut by = HashMap::new();
    for (vcpu, cpu) in cpus.iter().enumerate() {
        let Some(unit) = wish.unit(level, vcpu) else { continue };
        let there = there(*cpu);
        if *at.entry(unit).or_insert(there) != there {
            return Err(format!("vCPU {vcpu} is apart from others of its {level}"));
        }
        let is_distinct = wish.demand == Demand::Exact || level == Level::Core;
        if is_distinct && *by.entry(there).or_insert(unit) != unit {
            return Err(format!("vCPU {vcpu} shares a {level} with others that it should not"));
        }
    }
    Ok(())
}

/// A cache of several cores is there; in exact, each core has it or not as the guest's does.
fn cache(level: Level, wish: &Wish, host: &HostShape, cpus: &[usize]) -> Result<(), String> {
    let claimed = (0..wish.vcpus).any(|vcpu| wish.unit(level, vcpu).is_some());
    for (vcpu, cpu) in cpus.iter().enumerate() {
        let has = host.unit(level, *cpu).is_some();
        let unit = wish.unit(level, vcpu);
        if wish.demand == Demand::Exact && claimed && host.has(level) && unit.is_some() != has {
            return Err(format!("vCPU {vcpu} and its CPU are not alike in having an {level}"));
        }
        let with = |other: &usize| {
            unit.is_some()
                && wish.unit(level, *other) == unit
                && wish.unit(Level::Core, *other) != wish.unit(Level::Core, vcpu)
        };
        if !has && (0..wish.vcpus).any(|other| with(&other)) {
            return Err(format!("vCPU {vcpu} shares an {level} that its CPU does not have"));
        }
    }
    Ok(())
}

/// Nodes lie where their vCPUs do, and their memory has room.
fn nodes(wish: &Wish, host: &HostShape, cpus: &[usize], placement: &Placement) -> Result<(), String> {
    if !wish.claims.contains_key(&Level::Node) || !host.has(Level::Node) {
        return Ok(());
    }
    let mut used: HashMap<usize, u64> = HashMap::new();
    let mut taken = HashSet::new();
    for (at, node) in wish.nodes.iter().enumerate() {
        let number = placement.node_of.get(at).copied().flatten();
        let Some(there) = host.nodes.iter().position(|there| Some(there.number) == number) else {
            return Err(format!("node {at} is nowhere"));
        };
        if node.host_node.is_some_and(|bound| Some(bound) != number) {
            return Err(format!("node {at} is not on the node of the host that it is bound to"));
        }
        if wish.demand == Demand::Exact && !taken.insert(there) {
            return Err(format!("node {at} shares a node of the host with another"));
        }
        let of_node = |vcpu: &usize| wish.unit(Level::Node, *vcpu) == Some(at);
        if (0..wish.vcpus).filter(of_node).any(|vcpu| host.unit(Level::Node, cpus[vcpu]) != Some(there)) {
            return Err(format!("node {at} has vCPUs on another node than its memory"));
        }
        let used = used.entry(there).or_default();
        *used = used.saturating_add(node.memory);
        if host.nodes[there].memory.is_some_and(|room| *used > room) {
            return Err(format!("node {at} finds too little memory"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::place::{HostNode, WishNode};

    fn some(units: [usize; 4]) -> Vec<Option<usize>> {
        units.map(Some).to_vec()
    }

    /// CPUs 10 to 13: two cores of two threads, a node each.
    fn host() -> HostShape {
        let node = |number| HostNode { number, memory: Some(8) };
        HostShape {
            cpus: vec![10, 11, 12, 13],
            units: BTreeMap::from([(Level::Core, some([0, 0, 1, 1])), (Level::Node, some([0, 0, 1, 1]))]),
            core_types: Vec::new(),
            nodes: vec![node(0), node(1)],
        }
    }

    /// As many vCPUs in the same shape; the first is pinned to CPU 10.
    fn wish() -> Wish {
        Wish {
            demand: Demand::Exact,
            vcpus: 4,
            claims: host().units,
            core_types: Vec::new(),
            nodes: vec![WishNode { memory: 8, host_node: None }; 2],
            allowed: None,
            pins: vec![(0, 10)],
        }
    }

    fn judged(wish: &Wish, cpu_of: &[u32], node_of: [u32; 2]) -> Result<(), String> {
        let placement = Placement { cpu_of: cpu_of.to_vec(), node_of: node_of.map(Some).to_vec() };
        verify(wish, &host(), &placement)
    }

    #[test]
    fn a_placement_that_is_none_is_refused() {
        assert_eq!(judged(&wish(), &[10, 11, 13, 12], [0, 1]), Ok(()));
        for cpu_of in
            [&[10, 11, 12][..], &[10, 11, 12, 14], &[10, 11, 12, 12], &[11, 10, 12, 13], &[10, 12, 11, 13]]
        {
            assert!(judged(&wish(), cpu_of, [0, 1]).is_err(), "{cpu_of:?}");
        }
        assert!(judged(&wish(), &[10, 11, 12, 13], [1, 0]).is_err(), "memory away from its CPUs");
        let mut narrow = wish();
        narrow.allowed = Some([10, 11, 12].into_iter().collect());
        assert!(judged(&narrow, &[10, 11, 12, 13], [0, 1]).is_err(), "a CPU that may not be used");
        let mut large = wish();
        large.nodes[1].memory = 9;
        assert!(judged(&large, &[10, 11, 12, 13], [0, 1]).is_err(), "more memory than there is");
    }
}
