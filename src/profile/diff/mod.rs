//! What changed between two profiles: after an update of microcode or kernel, in firmware's settings, between two
//! hosts that ought to be alike.
//!
//! Registers are told by field, under the names of the manuals and of the Linux kernel; bits that no table names as
//! the whole word. An entry that is absent reads as zeros, and is alike to one of zeros.

mod parts;
mod places;
mod registers;

use std::fmt;

use serde::{Serialize, Serializer};

use super::HostProfile;
use crate::spec::CpuList;

/// The most changes that are told; the rest is counted.
const MOST_CHANGES: usize = 20_000;

/// The part of the profiles that a change is in, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// The kernel.
    Host,
    /// What KVM says of itself.
    Kvm,
    /// What KVM supports of CPUID.
    KvmSupported,
    /// What KVM emulates of CPUID.
    KvmEmulated,
    /// Which CPUs there are, and what each answers to CPUID.
    Cpus,
    /// Which CPUs share a core, a die, a socket.
    Topology,
    /// Caches, and which CPUs share them.
    Caches,
    /// Nodes, their CPUs, memory and distances.
    Nodes,
    /// Where the profiles come from, and what could not be read.
    Capture,
}

impl Section {
    /// The heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Host => "Host",
            Self::Kvm => "KVM",
            Self::KvmSupported => "CPUID that KVM supports",
            Self::KvmEmulated => "CPUID that KVM emulates",
            Self::Cpus => "CPUs",
            Self::Topology => "Topology",
            Self::Caches => "Caches",
            Self::Nodes => "Nodes",
            Self::Capture => "Capture",
        }
    }
}

/// One thing that is not alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The part of the profiles.
    pub section: Section,
    /// What: `kernel`, `CPUID.(EAX=07H,ECX=0):EDX[10] md_clear`.
    pub what: String,
    /// What it is in the first profile; `None`: not there.
    pub old: Option<String>,
    /// What it is in the second one; `None`: not there.
    pub new: Option<String>,
    /// The CPUs of which this is so; `None` for what is of the whole host.
    #[serde(serialize_with = "listed")]
    pub cpus: Option<CpuList>,
    /// Whether these are all CPUs that both profiles have.
    pub all_cpus: bool,
    /// Why it differs from capture to capture on one and the same machine, where it does.
    pub varies: Option<&'static str>,
}

/// `CPUID.(EAX=07H,ECX=0):EDX[10] md_clear: 0 → 1 on all CPUs`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |side: &Option<String>| side.as_deref().unwrap_or("absent").to_owned();
        write!(f, "{}: {} → {}", self.what, side(&self.old), side(&self.new))?;
        match &self.cpus {
            Some(_) if self.all_cpus => f.write_str(" on all CPUs")?,
            Some(cpus) if cpus.len() == 1 => write!(f, " on CPU {cpus}")?,
            Some(cpus) => write!(f, " on CPUs {cpus}")?,
            None => {}
        }
        self.varies.map_or(Ok(()), |why| write!(f, " ({why})"))
    }
}

fn listed<S: Serializer>(cpus: &Option<CpuList>, serializer: S) -> Result<S::Ok, S::Error> {
    match cpus {
        Some(cpus) => serializer.collect_str(cpus),
        None => serializer.serialize_none(),
    }
}

/// What changed between two profiles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// By section, then in the order of leaves, registers, bits and CPUs.
    pub changes: Vec<Change>,
    /// How many more there are than are told.
    pub more: usize,
}

impl Changes {
    /// Whether nothing differs but what does from capture to capture.
    #[must_use]
    pub fn alike(&self) -> bool {
        self.more == 0 && self.changes.iter().all(|change| change.varies.is_some())
    }

    fn push(&mut self, change: Change) {
        if self.changes.len() < MOST_CHANGES {
            self.changes.push(change);
        } else {
            self.more += 1;
        }
    }

    /// Adds a change of the whole host, if it is one.
    fn compare(
        &mut self,
        section: Section,
        what: impl fmt::Display,
        old: Option<String>,
        new: Option<String>,
    ) {
        if old != new {
            let what = what.to_string();
            self.push(Change { section, what, old, new, cpus: None, all_cpus: false, varies: None });
        }
    }
}

/// Compares two profiles. The same profiles give the same changes in the same order; exchanging them exchanges
/// `old` and `new`.
#[must_use]
pub fn changes(old: &HostProfile, new: &HostProfile) -> Changes {
    let mut found = Changes::default();
    parts::host(old, new, &mut found);
    parts::kvm(old, new, &mut found);
    registers::of_kvm(old, new, &mut found);
    registers::of_cpus(old, new, &mut found);
    places::changes(old, new, &mut found);
    parts::nodes(old, new, &mut found);
    parts::capture(old, new, &mut found);
    found
}

/// Bytes in the largest binary unit that they are whole numbers of.
fn bytes(size: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let fits = |(shift, _): &&(u32, &str)| size != 0 && size.is_multiple_of(1 << shift);
    match units.iter().find(fits) {
        Some((shift, unit)) => format!("{} {unit}", size >> shift),
        None => format!("{size} bytes"),
    }
}
