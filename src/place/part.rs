//! Parts of a wish: some of its claims, or some of its vCPUs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Level, Wish};
use crate::spec::CpuList;

impl Wish {
    /// The claims of some levels alone.
    pub(super) fn claiming(&self, levels: &[Level]) -> Self {
        let claims = self.claims.iter().filter(|(level, _)| levels.contains(level));
        Self { claims: claims.map(|(level, units)| (*level, units.clone())).collect(), ..self.clone() }
    }

    /// Without asking for memory.
    pub(super) fn without_memory(mut self) -> Self {
        self.nodes.iter_mut().for_each(|node| node.memory = 0);
        self
    }

    /// Some of the vCPUs, with their nodes; of nodes without vCPUs those that are named.
    pub(super) fn part(&self, vcpus: &[usize], memories: &[usize]) -> Self {
        let pick = |units: &Vec<Option<usize>>| -> Vec<Option<usize>> {
            vcpus.iter().map(|vcpu| units.get(*vcpu).copied().flatten()).collect()
        };
        let mut claims: BTreeMap<Level, Vec<Option<usize>>> =
            self.claims.iter().map(|(level, units)| (*level, pick(units))).collect();
        let mut nodes: BTreeSet<usize> = memories.iter().copied().collect();
        if let Some(units) = claims.get_mut(&Level::Node) {
            nodes.extend(units.iter().flatten());
            let number = |node: usize| nodes.range(..node).count();
            units.iter_mut().for_each(|unit| *unit = unit.map(number));
        }
        let index = |vcpu: u32| {
            let at = vcpus.iter().position(|v| u32::try_from(*v) == Ok(vcpu))?;
            u32::try_from(at).ok()
        };
        Self {
            demand: self.demand,
            vcpus: vcpus.len(),
            claims,
            core_types: vcpus.iter().map(|vcpu| self.core_type(*vcpu)).collect(),
            nodes: nodes.iter().filter_map(|node| self.nodes.get(*node)).copied().collect(),
            allowed: self.allowed.clone(),
            pins: self.pins.iter().filter_map(|(vcpu, cpu)| Some((index(*vcpu)?, *cpu))).collect(),
        }
    }

    /// How many cores some vCPUs make.
    pub(super) fn cores(&self, vcpus: &[usize]) -> usize {
        vcpus.iter().map(|vcpu| self.unit(Level::Core, *vcpu)).collect::<BTreeSet<_>>().len()
    }

    /// Nodes without vCPUs.
    pub(super) fn memory_only(&self) -> Vec<usize> {
        let with: BTreeSet<usize> = self.members(Level::Node).into_keys().collect();
        (0..self.nodes.len()).filter(|node| !with.contains(node)).collect()
    }
}

/// Places in a list as a CPU list.
pub(super) fn listed(vcpus: &[usize]) -> CpuList {
    vcpus.iter().filter_map(|vcpu| u32::try_from(*vcpu).ok()).collect()
}
