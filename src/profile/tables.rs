//! The profile's CPUID as whole tables, one per CPU.

use std::collections::{BTreeMap, HashMap};

use super::{CpusPart, HostProfile, PreparedHost};
use crate::cpuid::{CpuidTable, Key, Registers};
use crate::decode::{self, Answers};

impl HostProfile {
    /// The own table of every CPU that was online, with its number, in the order of the list.
    pub fn cpu_tables(&self) -> impl Iterator<Item = (u32, CpuidTable)> {
        self.cpus.iter().flat_map(|part| {
            part.online.iter().map(|cpu| {
                let mut table = part.cpuid.clone();
                for (key, registers) in part.differences.get(&cpu).into_iter().flatten() {
                    // A difference has the form of the first CPU's leaf: the file form holds that.
                    let _ = table.set(*key, *registers);
                }
                (cpu, table)
            })
        })
    }
}

impl HostProfile {
    /// The core of each CPU that was online, as their own CPUID tells: two CPUs of one core have the
    /// same number. Empty where the profile does not have it.
    #[must_use]
    pub fn core_of_cpu(&self) -> HashMap<u32, usize> {
        PreparedHost::new(self).core_of_cpu().clone()
    }

    /// What the host's CPUs say of themselves, under the kernel's numbers, and the nodes that the kernel knows. Without the
    /// CPUs' own CPUID a machine without CPUs.
    #[must_use]
    pub fn decoded(&self) -> decode::Host {
        decode::host(self.cpu_tables().map(|(cpu, table)| (cpu, answers(&table))), self.decoded_nodes())
    }

    /// The nodes as the decoder takes them.
    #[must_use]
    pub fn decoded_nodes(&self) -> Vec<decode::NumaNode> {
        let part = self.numa.iter();
        part.flat_map(|part| part.nodes.iter().enumerate().map(|(at, node)| (node, part.distances.get(at))))
            .map(|(node, distances)| decode::NumaNode {
                node: node.id,
                cpus: node.cpus.iter().filter_map(|cpu| usize::try_from(cpu).ok()).collect(),
                memory: node.memory,
                distances: distances.cloned().unwrap_or_default(),
            })
            .collect()
    }
}

/// As [`HostProfile::core_of_cpu`].
pub(super) fn core_of_cpu(host: &PreparedHost<'_>) -> HashMap<u32, usize> {
    let cpus: Vec<u32> = host.cpus.iter().flat_map(|part| part.online.iter()).collect();
    let cores = host.machine().sets(decode::Domain::Core).iter().enumerate();
    cores
        .flat_map(|(core, set)| set.as_slice().iter().map(move |at| (*at, core)))
        .filter_map(|(at, core)| Some((*cpus.get(at)?, core)))
        .collect()
}

/// The tables of CPUs by number, ascending, stored once with what differs per CPU. `None` for no CPU.
///
/// What another CPU lacks of the first one's table is zeros. A leaf that it has in the other form, with or
/// without subleaves, cannot be told in one table and is left out.
pub(super) fn part_of(tables: &[(u32, CpuidTable)]) -> Option<CpusPart> {
    let ((_, first), rest) = tables.split_first()?;
    let fits =
        |key: Key| first.leaf(key.leaf).all(|(known, _)| known.subleaf.is_some() == key.subleaf.is_some());
    let differences = |table: &CpuidTable| -> BTreeMap<Key, Registers> {
        let changed = table.iter().filter(|(key, words)| first.get(*key) != Some(words) && fits(*key));
        let gone = first.iter().filter(|(key, words)| table.get(*key).is_none() && !words.is_zero());
        changed.map(|(key, words)| (key, *words)).chain(gone.map(|(key, _)| (key, Registers::ZERO))).collect()
    };
    let differences = rest.iter().map(|(cpu, table)| (*cpu, differences(table)));
    Some(CpusPart {
        online: tables.iter().map(|(cpu, _)| *cpu).collect(),
        cpuid: first.clone(),
        differences: differences.filter(|(_, entries)| !entries.is_empty()).collect(),
    })
}

/// A table as the decoder takes it: what it lacks reads as zeros.
#[must_use]
pub fn answers(table: &CpuidTable) -> Answers {
    Answers::from_entries(table.iter().map(|(key, registers)| (key.leaf, key.subleaf, registers.words())))
}
