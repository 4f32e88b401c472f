//! The CPUs that are mirrored, as the decoder reads them, in the order of the guest's vCPUs.

use std::collections::HashSet;

use super::MirrorError;
use crate::cpuid::Processor;
use crate::decode::{self, Answers, CpuSet, Machine};
use crate::profile::{HostProfile, answers};
use crate::spec::CpuList;
use crate::topology::{CoreType, Domain};

/// The most CPUs that an error names.
const SHOWN: usize = 64;

/// The chosen CPUs. They count in the order of their x2APIC IDs, which is that of the tree: CPU i is vCPU i's.
pub(super) struct Chosen {
    pub processor: Processor,
    /// What each of them says, and what they share.
    pub machine: Machine,
    /// The kernel's number of each.
    pub numbers: Vec<u32>,
    /// Whether these are all that were online.
    pub whole: bool,
    /// The brand string of the first of them; it may be empty.
    pub brand: String,
}

impl Chosen {
    pub fn of(profile: &HostProfile, wanted: Option<&CpuList>) -> Result<Self, MirrorError> {
        let online = profile.cpus.as_ref().map(|part| &part.online).ok_or(MirrorError::NoCpus)?;
        if let Some(wanted) = wanted {
            let there: HashSet<u32> = online.iter().collect();
            let missing: CpuList = wanted.iter().filter(|cpu| !there.contains(cpu)).take(SHOWN).collect();
            if !missing.is_empty() || wanted.is_empty() {
                return Err(MirrorError::NotOnline { missing, online: online.clone() });
            }
        }
        let processor = profile.processor().ok_or(MirrorError::Vendor)?;
        let is_wanted = |cpu: u32| wanted.is_none_or(|wanted| wanted.contains(cpu));
        let mut cpus: Vec<(u32, u32, Answers)> = profile
            .cpu_tables()
            .filter(|(cpu, _)| is_wanted(*cpu))
            .map(|(cpu, table)| (cpu, answers(&table)))
            .map(|(cpu, answers)| (decode::cpu(&answers).x2apic_id, cpu, answers))
            .collect();
        cpus.sort_by_key(|(id, cpu, _)| (*id, *cpu));
        for pair in cpus.windows(2) {
            if let [(id, one, _), (same, other, _)] = pair
                && id == same
            {
                return Err(MirrorError::SameId { id: *id, cpus: [*one, *other] });
            }
        }
        if cpus.is_empty() {
            return Err(MirrorError::NoCpus);
        }
        let numbers: Vec<u32> = cpus.iter().map(|(_, cpu, _)| *cpu).collect();
        let tables: Vec<Answers> = cpus.into_iter().map(|(.., answers)| answers).collect();
        let whole = u64::try_from(numbers.len()).is_ok_and(|count| count == online.len());
        let brand = tables.first().map(|table| decode::system(table).brand).unwrap_or_default();
        Ok(Self { processor, machine: decode::part_of_machine(&tables), numbers, whole, brand })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The kernel's numbers of some of them, as the kernel lists them.
    pub fn listed(&self, cpus: impl IntoIterator<Item = usize>) -> CpuList {
        cpus.into_iter().filter_map(|cpu| self.numbers.get(cpu).copied()).collect()
    }

    /// All of them, likewise.
    pub fn all(&self) -> CpuList {
        self.numbers.iter().copied().collect()
    }

    /// Which of a partition's sets each lies in; `None` for those in none.
    pub fn labels<'s>(&self, sets: impl IntoIterator<Item = &'s CpuSet>) -> Vec<Option<usize>> {
        let mut labels = vec![None; self.len()];
        for (label, set) in sets.into_iter().enumerate() {
            for cpu in set.as_slice() {
                if let Some(slot) = labels.get_mut(*cpu) {
                    *slot = Some(label);
                }
            }
        }
        labels
    }

    /// The units of a domain by CPU; `None` where not all CPUs are in one.
    pub fn units(&self, domain: Domain) -> Option<Vec<usize>> {
        self.labels(self.machine.sets(counterpart(domain))).into_iter().collect()
    }

    /// The types of their cores, as far as a guest can be told: all or none, and on AMD only where there are several.
    pub fn core_types(&self) -> Vec<Option<CoreType>> {
        let told: Vec<Option<CoreType>> =
            self.machine.cpus.iter().map(|cpu| cpu.core_type.map(plain)).collect();
        let is_hybrid = told.windows(2).any(|pair| matches!(pair, [a, b] if a != b));
        if told.contains(&None) || (self.processor.vendor.is_amd_like() && !is_hybrid) {
            return vec![None; self.len()];
        }
        told
    }

    /// Whether some core is of a type that specs have no word for.
    pub fn has_other_types(&self) -> bool {
        let named = [None, Some(decode::CoreType::Performance), Some(decode::CoreType::Efficiency)];
        self.machine.cpus.iter().any(|cpu| !named.contains(&cpu.core_type))
    }
}

/// The nearest type that a spec can name: what is built for less power than the efficiency cores is one of them.
const fn plain(decoded: decode::CoreType) -> CoreType {
    match decoded {
        decode::CoreType::Performance => CoreType::Performance,
        decode::CoreType::Efficiency | decode::CoreType::LowPower | decode::CoreType::Other(_) => {
            CoreType::Efficiency
        }
    }
}

const fn counterpart(domain: Domain) -> decode::Domain {
    match domain {
        Domain::Thread => decode::Domain::Thread,
        Domain::Core => decode::Domain::Core,
        Domain::Module => decode::Domain::Module,
        Domain::Tile => decode::Domain::Tile,
        Domain::Complex => decode::Domain::Complex,
        Domain::Die => decode::Domain::Die,
        Domain::DieGroup => decode::Domain::DieGroup,
        Domain::Package => decode::Domain::Package,
    }
}
