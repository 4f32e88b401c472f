//! Each CPU has an x2APIC ID of its own, and one everywhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{FaultKind, Found, View, named};
use crate::cpuid::{Key, Registers};
use crate::decode::{Answers, Cpu, IdSource, LEAF_1F, LEAF_26, LEAF_B};
use crate::diag::Severity::{Error, Warning};
use crate::profile::CpusPart;
use crate::spec::CpuList;

/// Where an ID may stand, the widest and newest first.
const SOURCES: [IdSource; 5] =
    [IdSource::Leaf1f, IdSource::Leaf26, IdSource::LeafB, IdSource::Leaf1e, IdSource::Leaf1];

/// Faults of the IDs of all CPUs.
pub(super) fn check(view: &View<'_>, found: &mut Found) {
    let Some(told) = Told::new(view) else { return };
    registers(view, &told, found);
    if let Some(part) = &view.profile.cpus {
        twins(view, &told, part, found);
    }
}

/// What each register says of each CPU's ID, and which of them is believed.
pub(super) struct Told {
    /// By source, one value per CPU. Sources that not all CPUs have are left out.
    values: BTreeMap<usize, Vec<u32>>,
    /// The source that tells the most CPUs apart; of several, the one that readers look at first.
    believed: usize,
}

impl Told {
    /// `None` without CPUs.
    pub(super) fn new(view: &View<'_>) -> Option<Self> {
        let mut values = BTreeMap::new();
        for (at, source) in SOURCES.into_iter().enumerate() {
            let told: Option<Vec<u32>> =
                view.each().map(|(_, answers, cpu)| id(source, answers, cpu)).collect();
            values.extend(told.filter(|told| !told.is_empty()).map(|told| (at, told)));
        }
        let distinct = |told: &[u32]| told.iter().collect::<BTreeSet<_>>().len();
        let is_filled = |told: &[u32]| told.iter().any(|id| *id != 0);
        let believed = values
            .iter()
            .max_by_key(|(at, told)| (distinct(told), is_filled(told), usize::MAX - **at))
            .map(|(at, _)| *at)?;
        Some(Self { values, believed })
    }

    /// Each CPU's ID.
    pub(super) fn ids(&self) -> &[u32] {
        self.values.get(&self.believed).map(Vec::as_slice).unwrap_or_default()
    }

    fn believed(&self) -> &'static str {
        SOURCES.get(self.believed).map_or("", |source| source.register())
    }
}

/// The ID that a register of a CPU holds, where the CPU has the register.
fn id(source: IdSource, answers: &Answers, cpu: &Cpu) -> Option<u32> {
    let row = |leaf| cpu.rows_of(leaf).next().map(|row| row.x2apic_id);
    match source {
        IdSource::Leaf1f => row(LEAF_1F).filter(|_| !cpu.vendor.is_amd_like()),
        IdSource::Leaf26 => row(LEAF_26).filter(|_| cpu.vendor.is_amd_like()),
        IdSource::LeafB => row(LEAF_B),
        IdSource::Leaf1e => cpu.node.map(|_| answers.get(0x8000_001e, 0)[0]),
        IdSource::Leaf1 => Some(answers.get(1, 0)[1] >> 24),
    }
}

/// Every register against the believed one.
fn registers(view: &View<'_>, told: &Told, found: &mut Found) {
    let ids = told.ids();
    let numbers: Vec<u32> = view.cpus.iter().map(|(number, _)| *number).collect();
    let mut masked = Vec::new();
    for (at, values) in &told.values {
        let Some(source) = SOURCES.get(*at) else { continue };
        let mask =
            if *source == IdSource::Leaf1 || told.believed == SOURCES.len() - 1 { 0xff } else { u32::MAX };
        let off: Vec<u32> =
            values.iter().zip(ids).map(|(value, id)| value.wrapping_sub(*id) & mask).collect();
        if off.iter().all(|off| *off == 0) {
            continue;
        }
        let has_leaf_b = told.values.keys().any(|at| *at < 3);
        let alone = values.len() == 1;
        if values.iter().all(|value| *value == 0) && (!alone || has_leaf_b) {
            masked.push(*at);
        } else if off.iter().all(|other| other == &off[0]) {
            offset(told, source.register(), values, &numbers, found);
        } else {
            mixed(told, source.register(), values, &off, &numbers, found);
        }
    }
    if masked.is_empty() {
        return;
    }
    let names: Vec<&str> = masked.iter().filter_map(|at| SOURCES.get(*at)).map(|s| s.register()).collect();
    // Readers look at the newest leaf that there is.
    let is_read = told.values.keys().next().is_some_and(|first| masked.contains(first));
    let severity = if is_read && numbers.len() > 1 { Error } else { Warning };
    let (verb, whole) = (if names.len() == 1 { "is" } else { "are" }, range(ids));
    found.say(
        FaultKind::IdsMasked,
        severity,
        numbers,
        format!("{} {verb} 0, but {} is {whole}", names.join(" and "), told.believed()),
        format!(
            "the capturing program took the ID out, as libvirt's scripts do, or a hypervisor leaves it out; the ID \
             that {} has can be put back",
            told.believed()
        ),
    );
}

fn offset(told: &Told, register: &str, values: &[u32], numbers: &[u32], found: &mut Found) {
    let (Some(value), Some(id)) = (values.first(), told.ids().first()) else { return };
    let by = if value > id { format!("{:#x} more", value - id) } else { format!("{:#x} less", id - value) };
    found.say(
        FaultKind::IdsOffset,
        Warning,
        numbers.iter().copied(),
        format!(
            "{register} is {}, and {} is {}: {by} on every CPU",
            range(values),
            told.believed(),
            range(told.ids())
        ),
        "firmware of some Opterons and Threadrippers gives the two IDs different bases: nothing to do",
    );
}

fn mixed(told: &Told, register: &str, values: &[u32], off: &[u32], numbers: &[u32], found: &mut Found) {
    let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
    off.iter().for_each(|off| *seen.entry(*off).or_default() += 1);
    // The usual difference; of several as usual, the smallest.
    let usual = seen.iter().max_by_key(|(off, count)| (**count, u32::MAX - **off)).map(|(off, _)| *off);
    let odd: Vec<usize> = (0..off.len()).filter(|at| off.get(*at).copied() != usual).collect();
    let of = |list: &[u32], at: usize| list.get(at).copied().unwrap_or_default();
    let Some(first) = odd.first().copied() else { return };
    found.say(
        FaultKind::IdsMixed,
        Error,
        odd.iter().map(|at| of(numbers, *at)),
        format!(
            "{register} of CPU {} is {:#x}, but {} is {:#x}: these are two CPUs' registers",
            of(numbers, first),
            of(values, first),
            told.believed(),
            of(told.ids(), first)
        ),
        "the capturing process moved between CPUs while it read: capture again with affinity, as `topoc capture` does",
    );
}

/// `0x5`, or from the smallest to the greatest: `0x0-0x2f`.
fn range(ids: &[u32]) -> String {
    match (ids.iter().min(), ids.iter().max()) {
        (Some(first), Some(last)) if first == last => format!("{first:#x}"),
        (Some(first), Some(last)) => format!("{first:#x}-{last:#x}"),
        _ => String::new(),
    }
}

/// CPUs of one ID.
fn twins(view: &View<'_>, told: &Told, part: &CpusPart, found: &mut Found) {
    let ids = told.ids();
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (id, (number, _)) in ids.iter().zip(&view.cpus) {
        groups.entry(*id).or_default().push(*number);
    }
    if ids.len() > 1
        && let (1, Some((id, cpus))) = (groups.len(), groups.first_key_value())
    {
        found.say(
            FaultKind::OneId,
            Error,
            cpus.iter().copied(),
            format!("all {} CPUs have x2APIC ID {id:#x}", cpus.len()),
            "the capturing process was not moved to each CPU (capture again with affinity, as `topoc capture` does), or \
             the IDs were taken out; this is one CPU of a machine",
        );
        return;
    }
    for (id, cpus) in groups {
        let [first, rest @ ..] = cpus.as_slice() else { continue };
        let own = own(part, *first);
        let (repeat, collide): (Vec<u32>, Vec<u32>) =
            rest.iter().partition(|cpu| self::own(part, **cpu) == own);
        if !repeat.is_empty() {
            let cpus: CpuList = repeat.into_iter().collect();
            let s = if cpus.len() == 1 { "s" } else { "" };
            let message = format!(
                "{} repeat{s} CPU {first}: all registers are alike, x2APIC ID {id:#x} included",
                named(&cpus)
            );
            let help = format!(
                "the capturing process was not moved there: capture again with affinity, as `topoc capture` does; \
                 without {} {} CPUs are left",
                if cpus.len() == 1 { "it" } else { "them" },
                u64::try_from(ids.len()).unwrap_or(u64::MAX) - cpus.len()
            );
            found.say(FaultKind::CpusRepeat, Error, cpus.iter(), message, help);
        }
        if !collide.is_empty() {
            let cpus: CpuList = collide.into_iter().collect();
            let verb = if cpus.len() == 1 { "has" } else { "have" };
            found.say(
                FaultKind::IdsCollide,
                Error,
                cpus.iter(),
                format!("{} {verb} x2APIC ID {id:#x}, which CPU {first} has", named(&cpus)),
                "no two CPUs of a machine have one ID: capture again with affinity, as `topoc capture` does",
            );
        }
    }
}

/// What a CPU's table has that the first one's has not: equal for equal tables.
fn own(part: &CpusPart, cpu: u32) -> HashMap<Key, Registers> {
    let differences = part.differences.get(&cpu).into_iter().flatten();
    let differs = |(key, words): &(&Key, &Registers)| part.cpuid.get(**key) != Some(*words);
    differences.filter(differs).map(|(key, words)| (*key, *words)).collect()
}
