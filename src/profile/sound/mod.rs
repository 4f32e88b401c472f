//! Whether a capture is sound: a profile's own parts held against each other.
//!
//! Programs that read CPUID go wrong in known ways: all CPUs read on one, IDs taken out, leaves not asked for.
//! [`faults()`] names what it sees, [`usable()`] leaves what can be relied on. What a table means is `decode`'s to say;
//! here it is asked whether the tables can be a machine's at all.

mod ids;
mod kind;
mod leaves;
mod machine;
mod nodes;
mod usable;

use std::collections::BTreeMap;

use super::{HostProfile, answers};
use crate::decode::{self, Answers, Machine};
use crate::diag::Severity;
use crate::spec::CpuList;

pub use kind::FaultKind;
pub use usable::usable;

/// Something that is wrong with a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it is about.
    pub kind: FaultKind,
    /// [`Error`](Severity::Error): the profile cannot be relied on as it stands. [`Warning`](Severity::Warning): a
    /// quirk of a real machine, or a gap.
    pub severity: Severity,
    /// The CPUs that it is about, by the profile's numbers; empty where it is about none.
    pub cpus: CpuList,
    /// One sentence with both numbers, and which CPU repeats which.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl Fault {
    /// Whether the profile cannot be relied on as it stands.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// All faults of a profile, by kind in the order of [`FaultKind::ALL`], then by CPU. A profile without any is not
/// proven right: a capture can be wrong in ways that leave it consistent.
#[must_use]
pub fn faults(profile: &HostProfile) -> Vec<Fault> {
    let view = View::new(profile);
    let mut found = Found::default();
    machine::whole(&view, &mut found);
    ids::check(&view, &mut found);
    leaves::check(&view, &mut found);
    // Counts are of no use where CPUs cannot be told apart.
    if !found.has_error() {
        machine::counts(&view, &mut found);
    }
    nodes::check(profile, &mut found);
    if !profile.unread.is_empty() {
        found.say(
            FaultKind::Unread,
            Severity::Warning,
            [],
            format!("the capture could not read all: {}", profile.unread.join("; ")),
            "read the profile's `unread` for whether it matters, or capture again",
        );
    }
    found.merged()
}

/// What the checks share: every CPU's table, and what the decoder makes of them.
struct View<'a> {
    profile: &'a HostProfile,
    /// The CPUs' numbers, and their tables.
    cpus: Vec<(u32, Answers)>,
    /// What the tables come to, CPUs by their place in `cpus`.
    machine: Machine,
}

impl<'a> View<'a> {
    fn new(profile: &'a HostProfile) -> Self {
        let (numbers, tables): (Vec<u32>, Vec<Answers>) =
            profile.cpu_tables().map(|(cpu, table)| (cpu, answers(&table))).unzip();
        let machine = decode::machine(&tables);
        Self { profile, cpus: numbers.into_iter().zip(tables).collect(), machine }
    }

    /// Each CPU's number, its table, and the CPU as the decoder reads it.
    fn each(&self) -> impl Iterator<Item = (u32, &Answers, &decode::Cpu)> {
        self.cpus.iter().zip(&self.machine.cpus).map(|((number, answers), cpu)| (*number, answers, cpu))
    }

    /// The number of the CPU at a place.
    fn number(&self, at: usize) -> Option<u32> {
        self.cpus.get(at).map(|(number, _)| *number)
    }
}

/// The faults as they are found; those of the same words become one.
#[derive(Default)]
struct Found {
    faults: Vec<(Fault, Vec<u32>)>,
    /// By kind and message, so that what every CPU has is found at once.
    places: BTreeMap<(FaultKind, String), usize>,
}

impl Found {
    fn say(
        &mut self,
        kind: FaultKind,
        severity: Severity,
        cpus: impl IntoIterator<Item = u32>,
        message: String,
        help: impl Into<String>,
    ) {
        let at = *self.places.entry((kind, message.clone())).or_insert_with(|| {
            let help = help.into();
            self.faults.push((Fault { kind, severity, cpus: CpuList::default(), message, help }, Vec::new()));
            self.faults.len() - 1
        });
        if let Some((_, all)) = self.faults.get_mut(at) {
            all.extend(cpus);
        }
    }

    fn has_error(&self) -> bool {
        self.faults.iter().any(|(fault, _)| fault.is_error())
    }

    fn merged(self) -> Vec<Fault> {
        let with = |(fault, cpus): (Fault, Vec<u32>)| Fault { cpus: cpus.into_iter().collect(), ..fault };
        let mut faults: Vec<Fault> = self.faults.into_iter().map(with).collect();
        faults.sort_by_key(|fault| (fault.kind, fault.cpus.iter().next()));
        faults
    }
}

/// CPUs in a sentence: `CPU 3`, `CPUs 0-3`.
fn named(cpus: &CpuList) -> String {
    let s = if cpus.len() == 1 { "" } else { "s" };
    format!("CPU{s} {cpus}")
}
