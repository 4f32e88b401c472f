//! What the registers come to: which CPUs share a core, a die, a socket or a cache.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Change, Changes, Section, bytes};
use crate::decode::{self, CpuSet, Domain, Machine};
use crate::profile::{HostProfile, answers};
use crate::spec::CpuList;

pub(super) fn changes(old: &HostProfile, new: &HostProfile, found: &mut Changes) {
    let (old, new) = (Places::new(old), Places::new(new));
    let common: Vec<u32> = old.at.keys().filter(|cpu| new.at.contains_key(cpu)).copied().collect();
    let domains: BTreeSet<Domain> =
        old.machine.domains.keys().chain(new.machine.domains.keys()).copied().collect();
    for domain in domains {
        let words = |places: &Places| {
            places.shown(places.machine.sets(domain).iter().map(|set| (set, String::new())))
        };
        told(Section::Topology, domain.name(), &common, &words(&old), &words(&new), found);
    }
    let caches: BTreeSet<_> = old.machine.caches.keys().chain(new.machine.caches.keys()).copied().collect();
    for name in caches {
        let words = |places: &Places| {
            let instances = places.machine.caches.get(&name).into_iter().flatten();
            places.shown(instances.map(|cache| (&cache.cpus, format!("{} of ", bytes(cache.size)))))
        };
        let shown = name.to_string();
        // The decoder's L2U is what everyone calls an L2.
        told(Section::Caches, shown.trim_end_matches('U'), &common, &words(&old), &words(&new), found);
    }
}

/// A machine, and where its CPUs are in it.
struct Places {
    machine: Machine,
    numbers: Vec<u32>,
    /// The CPUs by number.
    at: BTreeMap<u32, usize>,
}

impl Places {
    fn new(profile: &HostProfile) -> Self {
        let (numbers, tables): (Vec<u32>, Vec<decode::Answers>) =
            profile.cpu_tables().map(|(cpu, table)| (cpu, answers(&table))).unzip();
        let at = numbers.iter().copied().zip(0..).collect();
        Self { machine: decode::part_of_machine(&tables), numbers, at }
    }

    /// What is said of each CPU's set: `CPUs 0,36`, behind a prefix.
    fn shown<'s>(&self, sets: impl Iterator<Item = (&'s CpuSet, String)>) -> HashMap<u32, String> {
        let mut shown = HashMap::new();
        for (set, prefix) in sets {
            let cpus: CpuList =
                set.as_slice().iter().filter_map(|at| self.numbers.get(*at)).copied().collect();
            let s = if cpus.len() == 1 { "" } else { "s" };
            let text = format!("{prefix}CPU{s} {cpus}");
            shown.extend(cpus.iter().map(|cpu| (cpu, text.clone())));
        }
        shown
    }
}

/// One change for each pair of what was and what is.
fn told(
    section: Section,
    what: &str,
    common: &[u32],
    old: &HashMap<u32, String>,
    new: &HashMap<u32, String>,
    found: &mut Changes,
) {
    let mut pairs: Vec<(Option<&String>, Option<&String>, Vec<u32>)> = Vec::new();
    let mut known: HashMap<(Option<&String>, Option<&String>), usize> = HashMap::new();
    for cpu in common {
        let pair = (old.get(cpu), new.get(cpu));
        if pair.0 == pair.1 {
            continue;
        }
        let at = *known.entry(pair).or_insert_with(|| {
            pairs.push((pair.0, pair.1, Vec::new()));
            pairs.len() - 1
        });
        if let Some((.., cpus)) = pairs.get_mut(at) {
            cpus.push(*cpu);
        }
    }
    for (old, new, cpus) in pairs {
        found.push(Change {
            section,
            what: what.to_owned(),
            old: old.cloned(),
            new: new.cloned(),
            all_cpus: cpus.len() == common.len(),
            cpus: Some(cpus.into_iter().collect()),
            varies: None,
        });
    }
}
