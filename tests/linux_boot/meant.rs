//! What a guest is to show: the own reading of a spec, and what the host decides.

use std::collections::{BTreeMap, BTreeSet};

use super::seen::Version;
use super::view::{Node, Part, Sets, View};
use crate::support::own_reading::Meaning;
use crate::support::own_reading::caches::Kind;
use crate::support::own_reading::level::Level;

/// What a CPU can say of dies to Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cpu {
    /// All, by leaf 1FH.
    Intel,
    /// All, by leaf 80000026H; and nodes, by leaf 8000001EH.
    Zen4,
    /// Nodes, by leaf 8000001EH: AMD's from family 15h on to Zen 3, and Hygon's.
    Nodes,
    /// Nothing, and no spec for them has dies: AMD's families before 15h.
    CoresAlone,
    /// Zhaoxin's and Centaur's: nothing in leaves 1 and 4.
    Legacy,
}

/// Who shares a cache.
#[derive(Clone, Copy, Debug)]
pub enum Share {
    Of(Level),
    /// A node within its socket.
    Node,
    /// There is no such cache.
    Nobody,
}

/// What a host decides, said by hand beside each pair of the matrix.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    pub cpu: Cpu,
    /// What shares an L2 in the guest where the spec does not say.
    pub l2: Level,
    /// What shares an L3 in the guest where the spec does not say.
    pub l3: Share,
    /// Neighbours with an L3 of their own that get more IDs than their count needs: their number, and that of IDs.
    pub widened: Option<(u32, u32)>,
}

/// A machine as its spec says it, on a host.
pub struct Meant {
    meaning: Meaning,
    host: Host,
}

impl Meant {
    pub fn new(spec: &str, host: Host) -> Self {
        Self { meaning: Meaning::new(spec), host }
    }

    fn sets(&self, level: Level) -> Sets {
        self.meaning.sets(level).into_iter().collect()
    }

    /// vCPUs by the cache that they share: as the spec says, else as the host has it.
    fn sharers(&self, kind: Kind) -> Sets {
        let nodes = self.amd_nodes();
        let mut instances: BTreeMap<(&[u32], Option<usize>), BTreeSet<u32>> = BTreeMap::new();
        for (vcpu, place) in (0..).zip(&self.meaning.places) {
            let written = self.meaning.written(kind, vcpu as usize);
            let own = match kind {
                Kind::L1d | Kind::L1i => Share::Of(Level::Core),
                Kind::L2 => Share::Of(self.host.l2),
                Kind::L3 => self.host.l3,
            };
            let key = match (written.shared_by, own) {
                _ if written.is_removed => continue,
                (Some(level), _) | (None, Share::Of(level)) => (place.path(level), None),
                (None, Share::Node) => {
                    (&place.index[..0], nodes.iter().position(|node| node.contains(&vcpu)))
                }
                (None, Share::Nobody) => continue,
            };
            instances.entry(key).or_default().insert(vcpu);
        }
        instances.into_values().collect()
    }

    /// The sizes that the spec says.
    fn sizes(&self, kind: Kind) -> BTreeSet<u64> {
        (0..self.meaning.places.len()).filter_map(|vcpu| self.meaning.written(kind, vcpu).size).collect()
    }

    /// x2APIC IDs: a field for each level, a power of two wide, threads lowest; or as the host widens them.
    pub fn ids(&self) -> Vec<u32> {
        match self.host.widened {
            Some((vcpus, ids)) => {
                (0..self.meaning.vcpus()).map(|vcpu| vcpu / vcpus * ids + vcpu % vcpus).collect()
            }
            None => self.meaning.ids(0),
        }
    }

    /// What a kernel of this version is to show.
    pub fn view(&self, kernel: Version) -> View {
        let mut sets = BTreeMap::from([
            (Part::Packages, self.sets(Level::Socket)),
            (Part::Dies, self.dies(kernel)),
            (Part::Cores, self.sets(Level::Core)),
            (Part::Threads, self.sets(Level::Thread)),
        ]);
        let mut sizes = BTreeMap::new();
        for (part, kind) in
            [(Part::L1d, Kind::L1d), (Part::L1i, Kind::L1i), (Part::L2, Kind::L2), (Part::L3, Kind::L3)]
        {
            let sharers = self.sharers(kind);
            if !sharers.is_empty() {
                sets.insert(part, sharers);
            }
            let said = self.sizes(kind);
            if !said.is_empty() {
                sizes.insert(part, said);
            }
        }
        // Linux takes the vCPUs that share an L2 for a cluster; modules show as nothing else.
        sets.insert(Part::Clusters, sets[&Part::L2].clone());
        if self.hides_caches(kernel) {
            sizes.clear();
            sets.retain(|part, _| !matches!(part, Part::L1d | Part::L1i | Part::L2 | Part::L3));
        }
        View { sets, nodes: self.nodes(), ids: self.ids(), sizes }
    }

    /// Whether a kernel shows no caches: one that takes their number from the first CPU fails on CPUs with fewer, and
    /// then lists them for none. Of the kernels booted here all but 6.1 are mended.
    fn hides_caches(&self, kernel: Version) -> bool {
        let number = |vcpu: u32| {
            let has = |kind: &&Kind| self.sharers(**kind).iter().any(|set| set.contains(&vcpu));
            Kind::ALL.iter().filter(has).count()
        };
        kernel < (6, 12) && (0..self.meaning.vcpus()).any(|vcpu| number(vcpu) < number(0))
    }

    fn dies(&self, kernel: Version) -> Sets {
        let dies = self.sets(Level::Die);
        match BLIND.iter().find(|blind| (blind.is)(self, kernel)).map(|blind| blind.shows) {
            None => dies,
            Some(Shows::Nodes) if !self.meaning.nodes.is_empty() => self.amd_nodes(),
            Some(Shows::Nodes | Shows::Sockets) => self.sets(Level::Socket),
            Some(Shows::NodesOfDies) => {
                let nodes = self.amd_nodes();
                let cut = |die| nodes.iter().map(move |node| die & node);
                dies.iter().flat_map(cut).filter(|part| !part.is_empty()).collect()
            }
            Some(Shows::Fields) => {
                let levels = [Level::Socket, Level::Die, Level::Tile, Level::Module];
                let mut sets: BTreeMap<[u32; 4], BTreeSet<u32>> = BTreeMap::new();
                for (vcpu, place) in (0..).zip(&self.meaning.places) {
                    sets.entry(levels.map(|level| place.index[level.depth()])).or_default().insert(vcpu);
                }
                sets.into_values().collect()
            }
        }
    }

    /// The nodes that AMD's leaf 8000001EH says: those of a socket, each socket's apart.
    fn amd_nodes(&self) -> Sets {
        let with_cpus = self.meaning.nodes.iter().filter(|node| !node.is_empty());
        let cut = |node: &BTreeSet<u32>| {
            let sockets = self.sets(Level::Socket).into_iter();
            sockets.map(|socket| &socket & node).filter(|part| !part.is_empty()).collect::<Vec<_>>()
        };
        with_cpus.flat_map(cut).collect()
    }

    fn nodes(&self) -> BTreeMap<u32, Node> {
        if self.meaning.nodes.is_empty() {
            let all = Node { cpus: (0..self.meaning.vcpus()).collect(), distances: vec![10] };
            return [(0, all)].into();
        }
        let node = |(cpus, distances): (&BTreeSet<u32>, &Vec<u32>)| Node {
            cpus: cpus.clone(),
            distances: distances.clone(),
        };
        (0..).zip(self.meaning.nodes.iter().zip(&self.meaning.distances).map(node)).collect()
    }
}

/// What Linux shows in place of dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The nodes of leaf 8000001EH, one for each socket where a socket has no more.
    Nodes,
    /// What a die and a node have in common.
    NodesOfDies,
    /// CPUs of a socket with the same index of module, tile and die.
    Fields,
    Sockets,
}

impl Shows {
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nodes => "the nodes of leaf 8000001EH",
            Self::NodesOfDies => "each node's part of the die",
            Self::Fields => {
                "CPUs of a socket whose modules, tiles and dies have the same index within their parents"
            }
            Self::Sockets => "the sockets",
        }
    }
}

/// Machines of which Linux does not show the dies.
pub struct Blind {
    pub which: &'static str,
    pub why: &'static str,
    pub shows: Shows,
    is: fn(&Meant, Version) -> bool,
}

pub const BLIND: [Blind; 5] = [
    Blind {
        which: "AMD from Zen 4 on, kernels before 6.10",
        why: "they do not read leaf 80000026H",
        shows: Shows::Nodes,
        is: |meant, kernel| meant.host.cpu == Cpu::Zen4 && kernel < (6, 10),
    },
    Blind {
        which: "AMD from Zen 4 on, dies of several nodes, kernels from 6.10 on",
        why: "CPUs are of one die only if they are of one node too (`match_die` in `arch/x86/kernel/smpboot.c`)",
        shows: Shows::NodesOfDies,
        is: |meant, _| {
            let nodes = meant.amd_nodes();
            let holds_several =
                |die: &BTreeSet<u32>| nodes.iter().filter(|node| !die.is_disjoint(node)).count() > 1;
            meant.host.cpu == Cpu::Zen4 && meant.sets(Level::Die).iter().any(holds_several)
        },
    },
    Blind {
        which: "AMD from family 15h on to Zen 3, Hygon",
        why: "they do not have leaf 80000026H, and no other says a die",
        shows: Shows::Nodes,
        is: |meant, _| meant.host.cpu == Cpu::Nodes,
    },
    Blind {
        which: "Intel, dies beside modules, tiles or die groups, kernels before 6.9",
        why: "they take all bits of the ID between core and die for the die's, and none above it \
              (`detect_extended_topology` in `arch/x86/kernel/cpu/topology.c`)",
        shows: Shows::Fields,
        is: |meant, kernel| {
            let others = [Level::Module, Level::Tile, Level::DieGroup];
            let is_mixed =
                meant.meaning.has(Level::Die) && others.iter().any(|level| meant.meaning.has(*level));
            meant.host.cpu == Cpu::Intel && kernel < (6, 9) && is_mixed
        },
    },
    Blind {
        which: "Zhaoxin, Centaur",
        why: "Linux reads leaves 1 and 4 there, which do not say a die",
        shows: Shows::Sockets,
        is: |meant, _| meant.host.cpu == Cpu::Legacy,
    },
];
