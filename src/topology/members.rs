//! The vCPUs of each socket, die and complex, by the names that a node gives them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Domain, Place, VcpuIndex};
use crate::spec::{self, ComplexPath, DiePath, NodePer};

/// The vCPUs of each socket, die and complex, in the order of their names. Dies count through the die
/// groups of a socket.
#[derive(Clone, Debug, Default)]
pub struct Members {
    vcpus: u32,
    sockets: BTreeMap<u32, Vec<VcpuIndex>>,
    dies: BTreeMap<DiePath, Vec<VcpuIndex>>,
    complexes: BTreeMap<ComplexPath, Vec<VcpuIndex>>,
}

impl Members {
    /// Of all vCPUs, by index.
    #[must_use]
    pub fn of(places: &[Place]) -> Self {
        let written =
            |place: &Place| [Domain::Package, Domain::DieGroup, Domain::Die].map(|d| place.index(d));
        let distinct: BTreeSet<[u32; 3]> = places.iter().map(written).collect();
        let mut numbers = BTreeMap::new();
        let mut last = None;
        for [socket, group, die] in distinct {
            let number = match last {
                Some(DiePath { socket: previous, die }) if previous == socket => die + 1,
                _ => 0,
            };
            last = Some(DiePath { socket, die: number });
            numbers.insert([socket, group, die], number);
        }
        let mut members = Self::default();
        for (vcpu, place) in (0..).map(VcpuIndex).zip(places) {
            let key = written(place);
            let die = DiePath { socket: key[0], die: numbers.get(&key).copied().unwrap_or(0) };
            let complex = ComplexPath { die, complex: place.index(Domain::Complex) };
            members.vcpus += 1;
            members.sockets.entry(die.socket).or_default().push(vcpu);
            members.dies.entry(die).or_default().push(vcpu);
            members.complexes.entry(complex).or_default().push(vcpu);
        }
        members
    }

    /// How many dies a socket has; 0 for one that is not there.
    #[must_use]
    pub fn dies_of(&self, socket: u32) -> u32 {
        let dies = self.dies.range(DiePath { socket, die: 0 }..=DiePath { socket, die: u32::MAX });
        dies.last().map_or(0, |(path, _)| path.die + 1)
    }

    /// How many complexes a die has; 0 for one that is not there.
    #[must_use]
    pub fn complexes_of(&self, die: DiePath) -> u32 {
        let path = |complex| ComplexPath { die, complex };
        self.complexes.range(path(0)..=path(u32::MAX)).last().map_or(0, |(path, _)| path.complex + 1)
    }

    /// The vCPUs of each instance of what has a node each.
    #[must_use]
    pub fn per(self, per: NodePer) -> Vec<Vec<VcpuIndex>> {
        match per {
            NodePer::Socket => self.sockets.into_values().collect(),
            NodePer::Die => self.dies.into_values().collect(),
            NodePer::Complex => self.complexes.into_values().collect(),
        }
    }

    /// The vCPUs that a node names, each key's own: what does not exist is passed over, and what a key
    /// names twice counts once.
    #[must_use]
    pub fn by_key(&self, node: &spec::Node) -> [(&'static str, Vec<VcpuIndex>); 4] {
        let vcpus = node.vcpus.as_ref().map(|list| self.listed(list)).unwrap_or_default();
        [
            ("sockets", union(node.sockets.as_deref(), &self.sockets)),
            ("dies", union(node.dies.as_deref(), &self.dies)),
            ("complexes", union(node.complexes.as_deref(), &self.complexes)),
            ("vcpus", vcpus),
        ]
    }

    /// The vCPUs that a node names, ascending.
    pub(super) fn of_node(&self, node: &spec::Node) -> Vec<VcpuIndex> {
        let mut all: Vec<VcpuIndex> = self.by_key(node).into_iter().flat_map(|(_, vcpus)| vcpus).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn listed(&self, list: &spec::CpuList) -> Vec<VcpuIndex> {
        let mut listed = Vec::new();
        for (first, end, stride) in &list.ranges {
            let end = (*end).min(self.vcpus.saturating_sub(1));
            let stride = usize::try_from((*stride).max(1)).unwrap_or(usize::MAX);
            listed.extend((*first..=end).step_by(stride).map(VcpuIndex));
        }
        listed.sort_unstable();
        listed.dedup();
        listed
    }
}

fn union<K: Ord + Copy>(keys: Option<&[K]>, of: &BTreeMap<K, Vec<VcpuIndex>>) -> Vec<VcpuIndex> {
    let keys: BTreeSet<K> = keys.unwrap_or_default().iter().copied().collect();
    let mut all: Vec<VcpuIndex> = keys.iter().filter_map(|key| of.get(key)).flatten().copied().collect();
    all.sort_unstable();
    all
}
