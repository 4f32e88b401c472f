//! A host's shape as a spec: the guest that looks like these CPUs.
//!
//! ```text
//! HostProfile ──chosen──▶ CPUs in tree order ──frame──▶ nested levels ──shape──▶ counts and parts
//!                                                                                    │ nodes
//!                  Spec, pins, what is unlike ◀──caches: resolved, compared ◀────────┘
//! ```
//!
//! What a guest of the processor cannot be told is not written, and what the host's caches come to by themselves is left
//! out. The outcome is pure data: who calls compiles it for the same profile.

mod caches;
mod chosen;
mod frame;
mod nodes;
mod notes;
mod pins;
mod shape;

use std::fmt;

use crate::profile::HostProfile;
use crate::spec::{self, CpuList, Fidelity, Host, Pin, Spec};
use crate::topology::{Domain, Topology};
use caches::{Guest, Misfit};
use chosen::Chosen;
use frame::Frame;
use nodes::Nodes;

/// A spec in the shape of a host's CPUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirrored {
    /// The spec. It has no pins until [`Self::pin`].
    pub spec: Spec,
    /// The CPU of the host that each vCPU stands for, by index.
    pub cpus: Vec<u32>,
    /// The same as `host.pin` has it.
    pub pins: Vec<Pin>,
    /// What of the host a guest cannot have, one thing each, in words.
    pub unlike: Vec<String>,
    /// Of which host and CPUs it is, in words.
    origin: String,
}

impl Mirrored {
    /// Pins each vCPU to the CPU that it stands for.
    pub fn pin(&mut self) {
        self.spec.host.get_or_insert_default().pin = Some(self.pins.clone());
    }

    /// The text of the spec, with what it is of and what a guest cannot have in comments.
    #[must_use]
    pub fn text(&self) -> String {
        let memory = |key| (key, notes::memory(key == "numa"));
        let has_memory =
            self.spec.numa.iter().flat_map(|numa| numa.nodes.iter().flatten()).any(|n| n.memory.is_some());
        let notes = match () {
            () if self.spec.memory.is_some() => vec![memory("memory")],
            () if has_memory => vec![memory("numa")],
            () => Vec::new(),
        };
        spec::text(&self.spec, &notes::about(self), &notes)
    }
}

/// Why there is no mirror of some CPUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MirrorError {
    /// The profile does not have its CPUs' own CPUID.
    NoCpus,
    /// Of an unknown vendor.
    Vendor,
    /// CPUs were asked for that were not online, or none at all.
    NotOnline {
        /// Those that were not, the first of many; empty where none were asked for.
        missing: CpuList,
        /// Those that were.
        online: CpuList,
    },
    /// Two CPUs say that they are the same.
    SameId {
        /// Their x2APIC ID.
        id: u32,
        /// The kernel's numbers of two of them.
        cpus: [u32; 2],
    },
    /// Sockets or cores overlap: the CPUs' own tables contradict each other.
    NotNested {
        /// Which of the two.
        domain: Domain,
    },
    /// More than topoc resolves.
    TooMany,
}

impl fmt::Display for MirrorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCpus => f.write_str(
                "the profile has no CPUID of its CPUs, and so no shape\n  help: run `topoc capture` on the host",
            ),
            Self::Vendor => f.write_str("the profile's vendor is none that topoc has rules for"),
            Self::NotOnline { missing, online } if missing.is_empty() => {
                write!(f, "no CPU is asked for\n  help: the host has CPUs {online}")
            }
            Self::NotOnline { missing, online } => {
                let (cpus, have) = if missing.len() == 1 { ("CPU", "was") } else { ("CPUs", "were") };
                write!(f, "{cpus} {missing} {have} not online\n  help: the host has CPUs {online}")
            }
            Self::SameId { id, cpus: [one, other] } => {
                write!(f, "CPUs {one} and {other} have the same x2APIC ID, {id:#x}: they have no places of their own")
            }
            Self::NotNested { domain } => write!(
                f,
                "the {domain}s of the host overlap, as its CPUs tell them\n  help: `topoc decode` shows what does not fit"
            ),
            Self::TooMany => f.write_str("there are more CPUs than topoc resolves"),
        }
    }
}

impl std::error::Error for MirrorError {}

/// The guest that looks like a host's CPUs: all that were online, or these alone.
///
/// # Errors
/// The profile does not tell the CPUs' places, or has not these CPUs.
pub fn mirror(profile: &HostProfile, cpus: Option<&CpuList>) -> Result<Mirrored, MirrorError> {
    let chosen = Chosen::of(profile, cpus)?;
    let mut frame = Frame::of(&chosen)?;
    let mut found = Found::of(profile, &chosen, &frame)?;
    // A cache that no level is of: in a guest a level can stand for those who share it.
    for level in [3, 2] {
        let is_unlike = |found: &Found| found.misfits.iter().any(|m| m.sharing && m.level == level);
        let domain =
            frame::by_cache(level, &chosen.processor).filter(|domain| frame.units(*domain).is_none());
        let Some(domain) = domain.filter(|_| is_unlike(&found)) else { continue };
        let mut with = frame.clone();
        if with.add(domain, &sharers(&chosen, &frame, level)) {
            let better = Found::of(profile, &chosen, &with)?;
            if !is_unlike(&better) {
                (frame, found) = (with, better);
            }
        }
    }
    let Found { mut spec, mut unlike, misfits } = found;
    unlike.extend(frame.left_out.iter().map(|domain| format!("{domain}s: they overlap other levels")));
    if chosen.has_other_types() {
        unlike.push("types of core: a spec has performance and efficiency alone".to_owned());
    }
    unlike.extend(misfits.into_iter().map(|misfit| misfit.what));
    let model = notes::model(&chosen);
    spec.name = Some(notes::name(&model));
    // Nodes of which the profile has no list cannot be compared with it.
    let has_nodes = profile.numa.as_ref().is_some_and(|part| !part.nodes.is_empty());
    spec.host = host(&chosen, unlike.is_empty() && (has_nodes || spec.numa.is_none()));
    let topology = Topology::resolve(&spec).ok_or(MirrorError::TooMany)?;
    let pins = pins::pins(&topology, &chosen.numbers);
    let origin = notes::origin(&chosen, &model);
    Ok(Mirrored { spec, cpus: chosen.numbers, pins, unlike, origin })
}

/// What the machine below must provide: these CPUs, where they are not all, and their shape exactly, where a guest can have it.
fn host(chosen: &Chosen, is_alike: bool) -> Option<Host> {
    let fidelity = is_alike.then_some(Fidelity::Exact);
    let cpus = (!chosen.whole).then(|| chosen.all());
    (fidelity.is_some() || cpus.is_some()).then(|| Host { fidelity, cpus, ..Host::default() })
}

/// Which instance of a cache of a level each CPU has; those without one go by their core.
fn sharers(chosen: &Chosen, frame: &Frame, level: u32) -> Vec<usize> {
    let of_level =
        chosen.machine.caches.iter().filter(|(name, _)| name.level == level).flat_map(|(_, list)| list);
    let labels = chosen.labels(of_level.map(|cache| &cache.cpus));
    let cores = frame.units(Domain::Core).unwrap_or_default();
    labels.into_iter().zip(cores).map(|(label, core)| label.unwrap_or(chosen.len() + core)).collect()
}

/// A spec of some levels, and what it does not say.
struct Found {
    spec: Spec,
    unlike: Vec<String>,
    misfits: Vec<Misfit>,
}

impl Found {
    fn of(profile: &HostProfile, chosen: &Chosen, frame: &Frame) -> Result<Self, MirrorError> {
        let topology = shape::topology(frame, &chosen.core_types());
        let mut spec = Spec { version: Some(1), topology: Some(topology), ..Spec::default() };
        let resolved = Topology::resolve(&spec).ok_or(MirrorError::TooMany)?;
        let unlike = Nodes::of(profile, chosen, &resolved).into_spec(&mut spec);
        let guest = Guest::of(chosen, &spec, profile).ok_or(MirrorError::TooMany)?;
        let (caches, misfits) = guest.caches();
        spec.caches = caches;
        Ok(Self { spec, unlike, misfits })
    }
}
