//! Programs that read CPUID and are not topoc: what each says of a machine, beside what was meant.

pub mod cpuid_tool;
pub mod faults;
pub mod hosts;
pub mod hwloc;
pub mod libcpuid;
pub mod limits;
pub mod machine;
pub mod raw_cpuid;

use std::collections::BTreeMap;

use topoc::emit::export::{cpuid_r, hwloc as hwloc_files};

use hosts::Host;

use super::tables::numbered;
use super::words::Entry;

/// What a reader is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Property {
    Packages,
    DieGroups,
    Dies,
    Tiles,
    Modules,
    Complexes,
    Cores,
    Threads,
    L3,
    L2,
    L1d,
    L1i,
    Nodes,
    Ids,
}

impl Property {
    pub const ALL: [Self; 14] = [
        Self::Packages,
        Self::DieGroups,
        Self::Dies,
        Self::Tiles,
        Self::Modules,
        Self::Complexes,
        Self::Cores,
        Self::Threads,
        Self::L3,
        Self::L2,
        Self::L1d,
        Self::L1i,
        Self::Nodes,
        Self::Ids,
    ];

    /// The column's head.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Packages => "packages",
            Self::DieGroups => "die groups",
            Self::Dies => "dies",
            Self::Tiles => "tiles",
            Self::Modules => "modules",
            Self::Complexes => "complexes",
            Self::Cores => "cores",
            Self::Threads => "threads",
            Self::L3 => "L3",
            Self::L2 => "L2",
            Self::L1d => "L1d",
            Self::L1i => "L1i",
            Self::Nodes => "nodes",
            Self::Ids => "IDs",
        }
    }
}

/// Who reads, and what of a table it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reader {
    /// hwloc on the whole table.
    Hwloc,
    /// hwloc on a table without leaf 0x1F.
    HwlocWithout1f,
    /// hwloc on a table without leaf 0x80000026.
    HwlocWithout26,
    /// hwloc on a table with the legacy leaves only: no 0xB, 0x1F, 0x80000026.
    HwlocLegacy,
    /// cpuid(1).
    CpuidTool,
    /// libcpuid.
    Libcpuid,
    /// The crate raw-cpuid.
    RawCpuid,
}

impl Reader {
    pub const ALL: [Self; 7] = [
        Self::Hwloc,
        Self::HwlocWithout1f,
        Self::HwlocWithout26,
        Self::HwlocLegacy,
        Self::CpuidTool,
        Self::Libcpuid,
        Self::RawCpuid,
    ];

    /// The row's head.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hwloc => "hwloc",
            Self::HwlocWithout1f => "hwloc, no 1FH",
            Self::HwlocWithout26 => "hwloc, no 80000026H",
            Self::HwlocLegacy => "hwloc, legacy",
            Self::CpuidTool => "cpuid",
            Self::Libcpuid => "libcpuid",
            Self::RawCpuid => "raw-cpuid",
        }
    }

    /// Whether it is hwloc, on whatever view.
    pub const fn is_hwloc(self) -> bool {
        matches!(self, Self::Hwloc | Self::HwlocWithout1f | Self::HwlocWithout26 | Self::HwlocLegacy)
    }

    /// The leaves below which a range ends before it reads.
    const fn below(self) -> &'static [u32] {
        match self {
            Self::HwlocWithout1f => &[0x1f],
            Self::HwlocWithout26 => &[0x8000_0026],
            Self::HwlocLegacy => &[0xb, 0x8000_0026],
            Self::Hwloc | Self::CpuidTool | Self::Libcpuid | Self::RawCpuid => &[],
        }
    }

    /// Whether it is a view that hides nothing of the tables of a host.
    pub fn is_no_view(self, host: &Host) -> bool {
        let hidden = |leaf: &u32| host.leaves.contains(leaf);
        !self.below().is_empty() && !self.below().iter().any(hidden)
    }

    /// What the reader makes of the tables; `None` where its view hides nothing of them.
    pub fn read(self, cpus: &[Vec<Entry>]) -> Option<Reading> {
        let mut tables = numbered(cpus);
        for (_, table) in &mut tables {
            let (leaves, mut view) = (table.clone(), table.clone());
            for leaf in self.below() {
                view.end_below(*leaf);
            }
            let hidden = |leaf: &u32| leaves.leaf(*leaf).next().is_some();
            if !self.below().is_empty() && !self.below().iter().any(hidden) {
                return None;
            }
            *table = view;
        }
        Some(match self {
            Self::CpuidTool => cpuid_tool::read(&cpuid_r(&tables), cpus.len()),
            Self::Libcpuid => libcpuid::read(cpus),
            Self::RawCpuid => raw_cpuid::read(cpus),
            _ => hwloc::read(&hwloc_files(&tables)),
        })
    }
}

/// vCPUs by what they share: sorted sets of their indices.
pub type Partition = Vec<Vec<u32>>;

/// What a reader says of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Which vCPUs are together.
    Sets(Partition),
    /// How many by vCPU: threads of its package, die, module or complex; cores of its package; threads of its core.
    Counts(Vec<u32>),
    /// A number for each vCPU, by index.
    Ids(Vec<u32>),
    /// Bytes of its cache by vCPU; 0 for none.
    Sizes(Vec<u64>),
    /// Caches or nodes of its package by vCPU.
    Instances(Vec<u32>),
    /// Nothing.
    Silent,
    /// It refuses the tables, or says that they contradict themselves.
    Refused,
}

/// All that a reader says. It may say the same thing in several places, and they may differ.
pub type Reading = BTreeMap<Property, Vec<Value>>;

/// What a CPU says of each of some properties, such as shifts.
type Said<N> = Vec<(Property, N)>;

/// The CPUs' words on each property, the first of each together, then the second ones; `None` from a CPU that says less.
fn by_vcpu<'c, C, N: Copy + 'c>(
    cpus: &'c [C],
    said: impl Fn(&'c C) -> &'c Said<N>,
) -> Vec<(Property, Vec<Option<N>>)> {
    let mut words: BTreeMap<(Property, usize), Vec<Option<N>>> = BTreeMap::new();
    for (vcpu, cpu) in cpus.iter().enumerate() {
        let mut times = BTreeMap::new();
        for (property, number) in said(cpu) {
            let time = times.entry(*property).or_insert(0);
            words.entry((*property, *time)).or_insert_with(|| vec![None; cpus.len()])[vcpu] = Some(*number);
            *time += 1;
        }
    }
    words.into_iter().map(|((property, _), words)| (property, words)).collect()
}

/// Numbers by vCPU, 0 from those that say none.
fn or_none<N: Default>(said: Vec<Option<N>>) -> Vec<N> {
    said.into_iter().map(Option::unwrap_or_default).collect()
}

/// vCPUs by the range of IDs that each shares something with.
fn ranges(ids: impl Iterator<Item = u32>, shifts: &[Option<u32>]) -> Partition {
    let mut sets: BTreeMap<(u64, u32), Vec<u32>> = BTreeMap::new();
    for ((vcpu, id), shift) in (0..).zip(ids).zip(shifts) {
        let Some(shift) = *shift else { continue };
        sets.entry((u64::from(id) >> shift << shift, shift)).or_default().push(vcpu);
    }
    let mut sets: Partition = sets.into_values().collect();
    sets.sort();
    sets
}

/// Groups vCPUs by a key of each.
pub fn group<K: Ord>(keys: impl IntoIterator<Item = K>) -> Partition {
    let mut sets: BTreeMap<K, Vec<u32>> = BTreeMap::new();
    for (vcpu, key) in (0..).zip(keys) {
        sets.entry(key).or_default().push(vcpu);
    }
    let mut sets: Partition = sets.into_values().collect();
    sets.sort();
    sets
}
