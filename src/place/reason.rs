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
    /// Two vCPUs, each with the CPU to which it is pinned, that contradict each other.
    pub pins: Option<[(u32, u32); 2]>,
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
    /// Cores with as many threads as this.
    Threads(usize),
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
    /// Two pins contradict what the vCPUs share, or do not.
    Pinned,
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
            (Counted::Cores, _) | (Counted::Units, Subject::Threads(_) | Subject::CoreType) => "cores",
            (Counted::Cpus, _) | (Counted::Units, Subject::Cpus | Subject::Named) => "CPUs",
            (Counted::Bytes, _) => "bytes",
            (Counted::Units, Subject::Level(level)) => level.words(),
            (Counted::Units, Subject::Memory) => "nodes",
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

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pins => "`host.pin`",
            Self::HostNodes => "`host_node`",
            Self::Allowed => "`host.cpus`",
            Self::Several => "`host.cpus`, `host.pin` and `host_node`",
        })
    }
}

/// One sentence: what is wanted, and what there is. What stands in the way is for another.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = self.unit.as_ref().map_or("the machine", |unit| unit.name.as_str());
        let (wanted, available) = (self.number(self.wanted), self.number(self.available));
        let narrowed = matches!(self.in_the_way, Some(Obstacle::Allowed | Obstacle::Several));
        let of_host = match &self.best {
            Some(best) => format!("the host's largest {} (CPUs {})", best.level, best.cpus),
            None => "the host".to_owned(),
        };
        match (self.shortage, self.subject) {
            (_, Subject::Named) => f.write_str(
                "a CPU or node of the host that the spec names is not there, may not be used, or is named twice",
            ),
            (Shortage::Pinned, Subject::Level(level)) => {
                let [(v, a), (w, b)] = self.pins.unwrap_or_default();
                let (guest, host) = match self.wanted {
                    1 => (level.word(), "two"),
                    _ => (level.words(), "one"),
                };
                let many = if self.wanted == 1 { "one" } else { "two" };
                write!(
                    f,
                    "vCPUs {v} and {w} are of {many} {guest}, CPUs {a} and {b}, to which they are pinned, of {host}"
                )
            }
            (Shortage::NoSuch, Subject::Level(level)) => {
                let unit = self.unit.as_ref().map_or(String::new(), |unit| unit.vcpus.to_string());
                write!(f, "vCPUs {unit} share one {level}, and no core of the host has one")
            }
            (Shortage::NoSuch, _) => write!(f, "{who} has {wanted} of a type that no core of the host is of"),
            (Shortage::HeldTogether, _) => write!(
                f,
                "two {} that must lie apart are held together by what their vCPUs share",
                self.counted()
            ),
            (Shortage::Shape | Shortage::Pinned, _) => {
                write!(f, "{who} does not fit into {of_host}, for what is inside of it")
            }
            (Shortage::TooLarge, Subject::Threads(threads)) => {
                let threads = if threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
                write!(f, "{who} has {wanted} of {threads}, {of_host} has {available} of so many")
            }
            (Shortage::TooLarge, Subject::CoreType) => {
                write!(f, "{who} has {wanted} of a type, {of_host} has {available} of it")
            }
            (Shortage::TooLarge, _) if narrowed && self.best.is_none() => {
                write!(f, "{who} has {wanted}, of the host it may use {available}")
            }
            (Shortage::TooLarge, _) => write!(f, "{who} has {wanted}, {of_host} has {available}"),
            (Shortage::TooFew, _) => match self.available {
                0 => write!(f, "{who} has {wanted}, {of_host} can take none of them"),
                count => write!(f, "{who} has {wanted}, {of_host} can take {count} of them at once"),
            },
        }
    }
}
