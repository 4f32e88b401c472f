//! What was meant: an own, small reading of a spec, which asks neither the encoder nor the decoder.
//!
//! It knows the forms that the shipped examples have, and fails on any other key.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

use super::places::{self, Place};
use super::seen::Version;
use super::view::{self, Node, Part, Sets, View};

/// A level of the hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Thread,
    Core,
    Module,
    Complex,
    Die,
    Socket,
}

impl Level {
    pub const ALL: [Self; 6] =
        [Self::Socket, Self::Die, Self::Complex, Self::Module, Self::Core, Self::Thread];

    /// How far within the machine.
    pub const fn depth(self) -> usize {
        5 - self as usize
    }

    /// The key of its count under `topology`, which is also its plural.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Thread => "threads",
            Self::Core => "cores",
            Self::Module => "modules",
            Self::Complex => "complexes",
            Self::Die => "dies",
            Self::Socket => "sockets",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "core" => Self::Core,
            "module" => Self::Module,
            "complex" => Self::Complex,
            "die" => Self::Die,
            "socket" => Self::Socket,
            other => panic!("no level {other:?}"),
        }
    }
}

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

/// A machine as its spec says it.
pub struct Meant {
    /// Where each vCPU lies.
    places: Vec<Place>,
    caches: BTreeMap<Part, Share>,
    sizes: BTreeMap<Part, BTreeSet<u64>>,
    nodes: Vec<BTreeSet<u32>>,
    distances: Vec<Vec<u32>>,
    host: Host,
}

impl Meant {
    pub fn new(spec: &str, host: Host) -> Self {
        let spec: Value = serde_yaml::from_str(spec).unwrap();
        known(&spec, &["version", "name", "topology", "caches", "numa", "memory", "cpu"]);
        let caches = [
            (Part::L1d, Share::Of(Level::Core)),
            (Part::L1i, Share::Of(Level::Core)),
            (Part::L2, Share::Of(host.l2)),
            (Part::L3, host.l3),
        ];
        let mut meant = Self {
            places: places::of(&spec["topology"]),
            caches: caches.into(),
            sizes: BTreeMap::new(),
            nodes: Vec::new(),
            distances: Vec::new(),
            host,
        };
        if let Some(caches) = spec.get("caches") {
            meant.read_caches(caches);
        }
        if let Some(numa) = spec.get("numa") {
            meant.read_numa(numa);
        }
        meant
    }

    fn read_caches(&mut self, caches: &Value) {
        known(caches, &["l1d", "l1i", "l2", "l3"]);
        for (part, key) in [(Part::L1d, "l1d"), (Part::L1i, "l1i"), (Part::L2, "l2"), (Part::L3, "l3")] {
            let Some(cache) = caches.get(key) else { continue };
            known(cache, &["size", "ways", "line", "shared_by"]);
            self.caches.insert(part, Share::Of(Level::of(cache["shared_by"].as_str().unwrap())));
            self.sizes.insert(part, [size(cache["size"].as_str().unwrap())].into());
        }
    }

    fn read_numa(&mut self, numa: &Value) {
        known(numa, &["per", "memory", "nodes", "distances"]);
        self.nodes = match numa.get("per") {
            Some(level) => self.sets(Level::of(level.as_str().unwrap())).into_iter().collect(),
            None => numa["nodes"].as_sequence().unwrap().iter().map(|node| self.read_node(node)).collect(),
        };
        self.distances = match numa.get("distances") {
            Some(Value::Sequence(rows)) => rows.iter().map(numbers).collect(),
            Some(short) => {
                known(short, &["same_socket", "remote"]);
                let written = |key, default| short.get(key).map_or(default, number);
                self.by_socket(written("same_socket", 12), written("remote", 20))
            }
            None => self.by_socket(12, 20),
        };
    }

    /// Nodes whose CPUs all lie in one and the same socket are near, all others far.
    fn by_socket(&self, near: u32, far: u32) -> Vec<Vec<u32>> {
        let sockets = self.sets(Level::Socket);
        let home = |node: &BTreeSet<u32>| {
            sockets.iter().position(|socket| !node.is_empty() && node.is_subset(socket))
        };
        let distance =
            |(i, a): (usize, &BTreeSet<u32>), (j, b): (usize, &BTreeSet<u32>)| match (home(a), home(b)) {
                _ if i == j => 10,
                (Some(a), Some(b)) if a == b => near,
                _ => far,
            };
        let nodes = || self.nodes.iter().enumerate();
        nodes().map(|a| nodes().map(|b| distance(a, b)).collect()).collect()
    }

    /// `sockets: [0]`, `dies: [0/1]`, a die within a socket, `complexes: [0/1/0]`, or `vcpus: 0-3`.
    fn read_node(&self, node: &Value) -> BTreeSet<u32> {
        known(node, &["sockets", "dies", "complexes", "vcpus", "memory"]);
        if let Some(vcpus) = node.get("vcpus") {
            return view::cpus(vcpus.as_str().unwrap());
        }
        let sockets = node.get("sockets").map(numbers).unwrap_or_default();
        let written = |key| node.get(key).and_then(Value::as_sequence).cloned().unwrap_or_default();
        let paths = ["dies", "complexes"].into_iter().flat_map(written);
        let paths = paths.map(|path| {
            path.as_str().unwrap().split('/').map(|number| number.parse().unwrap()).collect::<Vec<u32>>()
        });
        let named: Vec<Vec<u32>> = sockets.into_iter().map(|socket| vec![socket]).chain(paths).collect();
        let is_named = |place: &Place| named.iter().any(|named| place.starts_with(named));
        (0..).zip(&self.places).filter(|(_, place)| is_named(place)).map(|(vcpu, _)| vcpu).collect()
    }

    fn vcpus(&self) -> u32 {
        u32::try_from(self.places.len()).unwrap()
    }

    /// The vCPUs of each instance of a level, in order of their places.
    fn instances(&self, level: Level) -> Vec<BTreeSet<u32>> {
        let mut instances: BTreeMap<&[u32], BTreeSet<u32>> = BTreeMap::new();
        for (vcpu, place) in (0..).zip(&self.places) {
            instances.entry(&place[..=level.depth()]).or_default().insert(vcpu);
        }
        instances.into_values().collect()
    }

    fn sets(&self, level: Level) -> Sets {
        self.instances(level).into_iter().collect()
    }

    fn shared(&self, share: Share) -> Option<Sets> {
        match share {
            Share::Of(level) => Some(self.sets(level)),
            Share::Node => Some(self.amd_nodes()),
            Share::Nobody => None,
        }
    }

    /// x2APIC IDs: a field for each count, a power of two wide, threads lowest; or as the host widens them.
    pub fn ids(&self) -> Vec<u32> {
        if let Some((vcpus, ids)) = self.host.widened {
            return (0..self.vcpus()).map(|vcpu| vcpu / vcpus * ids + vcpu % vcpus).collect();
        }
        let bits: Vec<u32> = (0..Level::ALL.len())
            .map(|depth| self.places.iter().map(|place| place[depth]).max().unwrap())
            .map(|last| (last + 1).next_power_of_two().trailing_zeros())
            .collect();
        let id = |place: &Place| place.iter().zip(&bits).fold(0, |id, (index, bits)| id << bits | index);
        self.places.iter().map(id).collect()
    }

    /// What a kernel of this version is to show.
    pub fn view(&self, kernel: Version) -> View {
        let mut sets = BTreeMap::from([
            (Part::Packages, self.sets(Level::Socket)),
            (Part::Dies, self.dies(kernel)),
            (Part::Cores, self.sets(Level::Core)),
            (Part::Threads, self.sets(Level::Thread)),
        ]);
        sets.extend(self.caches.iter().filter_map(|(cache, share)| Some((*cache, self.shared(*share)?))));
        // Linux takes the vCPUs that share an L2 for a cluster; modules show as nothing else.
        sets.insert(Part::Clusters, sets[&Part::L2].clone());
        View { sets, nodes: self.nodes(), ids: self.ids(), sizes: self.sizes.clone() }
    }

    fn dies(&self, kernel: Version) -> Sets {
        match BLIND.iter().find(|blind| (blind.is)(self.host.cpu, kernel)) {
            None => self.sets(Level::Die),
            Some(Blind { shows: Shows::Nodes, .. }) if !self.nodes.is_empty() => self.amd_nodes(),
            Some(_) => self.sets(Level::Socket),
        }
    }

    /// The nodes that AMD's leaf 8000001EH says: those of a socket, each socket's apart.
    fn amd_nodes(&self) -> Sets {
        let with_cpus = self.nodes.iter().filter(|node| !node.is_empty());
        let cut = |node: &BTreeSet<u32>| {
            let sockets = self.sets(Level::Socket).into_iter();
            sockets.map(|socket| &socket & node).filter(|part| !part.is_empty()).collect::<Vec<_>>()
        };
        with_cpus.flat_map(cut).collect()
    }

    fn nodes(&self) -> BTreeMap<u32, Node> {
        if self.nodes.is_empty() {
            let all = Node { cpus: (0..self.vcpus()).collect(), distances: vec![10] };
            return [(0, all)].into();
        }
        let node = |(cpus, distances): (&BTreeSet<u32>, &Vec<u32>)| Node {
            cpus: cpus.clone(),
            distances: distances.clone(),
        };
        (0..).zip(self.nodes.iter().zip(&self.distances).map(node)).collect()
    }
}

/// What Linux shows in place of dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The nodes of leaf 8000001EH, one for each socket where a socket has no more.
    Nodes,
    Sockets,
}

impl Shows {
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nodes => "the nodes of leaf 8000001EH",
            Self::Sockets => "the sockets",
        }
    }
}

/// Machines on which Linux cannot see dies.
pub struct Blind {
    pub which: &'static str,
    pub why: &'static str,
    pub shows: Shows,
    is: fn(Cpu, Version) -> bool,
}

pub const BLIND: [Blind; 3] = [
    Blind {
        which: "AMD from Zen 4 on, kernels before 6.10",
        why: "they do not read leaf 80000026H",
        shows: Shows::Nodes,
        is: |cpu, kernel| cpu == Cpu::Zen4 && kernel < (6, 10),
    },
    Blind {
        which: "AMD from family 15h on to Zen 3, Hygon",
        why: "they do not have leaf 80000026H, and no other says a die",
        shows: Shows::Nodes,
        is: |cpu, _| cpu == Cpu::Nodes,
    },
    Blind {
        which: "Zhaoxin, Centaur",
        why: "Linux reads leaves 1 and 4 there, which do not say a die",
        shows: Shows::Sockets,
        is: |cpu, _| cpu == Cpu::Legacy,
    },
];

/// Fails on a key that this reading does not know.
pub fn known(map: &Value, keys: &[&str]) {
    for key in map.as_mapping().unwrap().keys() {
        assert!(keys.contains(&key.as_str().unwrap()), "no reading of the key {key:?}");
    }
}

pub fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<u32> {
    value.as_sequence().unwrap().iter().map(number).collect()
}

/// 10 within a node and 20 to any other, ACPI's usual numbers.
/// `16MiB`, in bytes.
fn size(text: &str) -> u64 {
    let (number, shift) = match text.split_at(text.len() - 3) {
        (number, "KiB") => (number, 10),
        (number, "MiB") => (number, 20),
        _ => panic!("{text:?}"),
    };
    number.parse::<u64>().unwrap() << shift
}
