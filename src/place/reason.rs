//! Why a wish does not fit: the outermost thing that fails, on both sides.

use std::fmt;

use super::Level;
use crate::spec::CpuList;

/// Why a wish does not fit.
///
/// What is asked is added from outside to inside: CPUs and cores, types of cores, sockets, nodes and their memory, then
/// the levels inside of them. The reason is the first that cannot be met, and the least part of the guest that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What fails first.
    pub subject: Subject,
    /// How it fails.
    pub shortage: Shortage,
    /// The part of the guest that does not fit even alone; `None` for the whole machine.
    pub unit: Option<GuestUnit>,
    /// The part of the host that comes nearest to it; `None` for the whole host.
    pub best: Option<HostUnit>,
    /// How many the guest wants.
    pub wanted: u64,
    /// How many of them there are.
    pub available: u64,
    /// What `wanted` and `available` count.
    pub counts: Counted,
    /// What of `host` or `numa` in the spec stands in the way: without it, the guest would fit.
    pub in_the_way: Option<Obstacle>,
}

/// What the guest asks for and the host cannot give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// CPUs at all.
    Cpus,
    /// CPUs and nodes that the spec names.
    Named,
    /// Cores with as many threads.
    Threads,
    /// Cores of a type.
    CoreType,
    /// Memory of nodes.
    Memory,
    /// Units of a level.
    Level(Level),
}

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shortage {
    /// The host has nothing of the sort.
    NoSuch,
    /// One unit of the guest is larger than any of the host.
    TooLarge,
    /// Each unit of the guest would fit, but not so many at once.
    TooFew,
    /// What is asked for contradicts itself: units that must lie apart are held together by what is in them.
    HeldTogether,
    /// No number says it: what is inside does not fit in its shape.
    Shape,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// Cores.
    Cores,
    /// Threads: vCPUs and CPUs.
    Cpus,
    /// Bytes of memory.
    Bytes,
    /// Units of the level.
    Units,
}

/// What in a spec narrows the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Obstacle {
    /// `host.pin`.
    Pins,
    /// `host_node` of nodes.
    HostNodes,
    /// `host.cpus`.
    Allowed,
    /// Several of these together.
    Several,
}

/// A part of the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestUnit {
    /// Its level.
    pub level: Level,
    /// Its number: that of a node its own; of another level among all of that level, by first vCPU.
    pub number: usize,
    /// Its name, such as `die 1 of socket 0`.
    pub name: String,
    /// Its vCPUs, by index.
    pub vcpus: CpuList,
    /// How many cores they make.
    pub cores: u64,
    /// Its memory in bytes, of a node.
    pub memory: u64,
}

/// A part of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostUnit {
    /// Its level.
    pub level: Level,
    /// Its CPUs that may be used, by the kernel's numbers.
    pub cpus: CpuList,
    /// How many cores they make.
    pub cores: u64,
    /// Its memory in bytes, of a node whose memory is known.
    pub memory: Option<u64>,
}

impl Reason {
    /// What is counted, in words: `cores`, `dies`.
    #[must_use]
    pub fn counted(&self) -> &'static str {
        match (self.counts, self.subject) {
            (Counted::Cores, _) => "cores",
            (Counted::Cpus, _) => "CPUs",
            (Counted::Bytes, _) => "bytes",
            (Counted::Units, Subject::Level(level)) => level.words(),
            (Counted::Units, Subject::Memory) => "nodes",
            (Counted::Units, Subject::Threads | Subject::CoreType) => "cores",
            (Counted::Units, Subject::Cpus | Subject::Named) => "CPUs",
        }
    }

    /// A number with what it counts.
    fn number(&self, count: u64) -> String {
        if self.counts == Counted::Bytes {
            return crate::spec::Size(count).to_string();
        }
        match (count, self.counted()) {
            (1, "cores") => "1 core".to_owned(),
            (1, "CPUs") => "1 CPU".to_owned(),
            (1, "nodes") => "1 node".to_owned(),
            (1, _) => match self.subject {
                Subject::Level(level) => format!("1 {level}"),
                _ => "1".to_owned(),
            },
            (_, counted) => format!("{count} {counted}"),
        }
    }
}

/// One sentence: what is wanted, and what there is.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = self.unit.as_ref().map_or("the machine", |unit| unit.name.as_str());
        let place = |f: &mut fmt::Formatter<'_>| match &self.best {
            Some(best) => write!(f, "the host's largest {} (CPUs {})", best.level, best.cpus),
            None => f.write_str("the host"),
        };
        match (self.shortage, self.subject) {
            (_, Subject::Named) => f.write_str(
                "`pin` or `host_node` names what is not there or may not be used, or one CPU twice",
            ),
            (Shortage::NoSuch, Subject::Level(level)) => {
                let unit = self.unit.as_ref().map_or(String::new(), |unit| unit.vcpus.to_string());
                write!(f, "vCPUs {unit} share an {level}, and no core of the host has one")
            }
            (Shortage::NoSuch, _) => write!(f, "the host has no {} for {who}", self.counted()),
            (Shortage::HeldTogether, _) => write!(
                f,
                "two {} that must lie apart are held together by what their vCPUs share",
                self.counted()
            ),
            (Shortage::Shape, _) => {
                write!(f, "{who} does not fit into ")?;
                place(f)?;
                f.write_str(", for what is inside of it")
            }
            (Shortage::TooLarge, _) => {
                let verb = if self.subject == Subject::Threads { "needs" } else { "has" };
                write!(f, "{who} {verb} {}, ", self.number(self.wanted))?;
                place(f)?;
                write!(f, " has {}", self.number(self.available))
            }
            (Shortage::TooFew, _) => {
                write!(f, "{who} has {}, ", self.number(self.wanted))?;
                place(f)?;
                match self.available {
                    0 => f.write_str(" can take none of them"),
                    count => write!(f, " can take {count} of them at once"),
                }
            }
        }
    }
}
