//! Which examples are booted: pairs of a spec and a host, and what the host decides in each.

use super::meant::{Cpu, Host, Share};
use crate::support::own_reading::level::Level;

/// A spec on a host.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    pub spec: &'static str,
    pub host: &'static str,
    /// What the host decides where the spec does not say.
    l2: Level,
    l3: Share,
    widened: Option<(u32, u32)>,
}

const SAPPHIRE_RAPIDS: &str = "two-socket-intel-xeon-8480plus";
const SKYLAKE: &str = "two-socket-intel-xeon-gold-6140";
const ROME: &str = "two-socket-amd-epyc-7742";
const GENOA: &str = "two-socket-amd-epyc-9654";
const GENOA_VM: &str = "live-amd-genoa-2cpu";
const DHYANA: &str = "two-socket-hygon-c86-7185";
const KAISHENG: &str = "two-socket-zhaoxin-kh-40000";
const ZX_D: &str = "one-socket-centaur-zx-d-4600";
const INTERLAGOS: &str = "two-socket-amd-opteron-6274";
const MAGNY_COURS: &str = "two-socket-amd-opteron-6164he";

/// The L3 of all these hosts is of a die or of a part of one; ZX-D has none. In the guest it is shared at its own
/// level, or at the next one outward that the guest has, and never beyond a die, nor on AMD and Hygon beyond a node.
pub const MATRIX: [Pair; 26] = [
    // Intel's dies, no power of two. The host's L3 is of its die.
    pair("three-dies", SAPPHIRE_RAPIDS, Level::Die),
    // A node per die within a socket.
    pair("numa-per-die", SAPPHIRE_RAPIDS, Level::Die),
    // Modules that share an L2. The spec says all caches itself.
    pair("modules", SAPPHIRE_RAPIDS, Level::Socket),
    // A node without CPUs. One die in the socket.
    pair("memory-only-node", SAPPHIRE_RAPIDS, Level::Die),
    // A host whose own tables end before leaf 1FH; six cores to a socket. One die in each.
    pair("four-sockets", SKYLAKE, Level::Die),
    pair("one-socket", SKYLAKE, Level::Die),
    // Zen 2: no leaf 80000026H. The host's L3 is of a complex, and the guest has complexes.
    pair("epyc-complexes", ROME, Level::Complex),
    // Dies and nodes, which the ID alone says. The guest has no complexes, so its dies share the L3.
    pair("numa-per-die", ROME, Level::Die),
    pair("nps2-amd", ROME, Level::Die),
    pair("two-sockets-smt", ROME, Level::Die),
    // Zen 4: leaf 80000026H. A complex is a whole die on the host.
    pair("epyc-complexes", GENOA, Level::Complex),
    pair("three-dies", GENOA, Level::Die),
    pair("numa-per-die", GENOA, Level::Die),
    pair("nps2-amd", GENOA, Level::Die),
    // The spec says the L3 itself.
    pair("own-caches", GENOA, Level::Socket),
    pair("uniprocessor", GENOA, Level::Die),
    // A profile that has KVM's own table.
    pair("one-socket", GENOA_VM, Level::Die),
    // Hygon's complexes of six threads, 8 IDs each, and two nodes in a socket. The host's L3 is of a complex.
    pair("hygon-complexes", DHYANA, Level::Complex),
    // The same on AMD.
    pair("hygon-complexes", ROME, Level::Complex),
    // Linux takes every 8 IDs for one L3 on Hygon, so a node of four threads gets as many. Without complexes the L3 is
    // a die's, and the node is the smaller.
    pair("opteron-nodes", DHYANA, Level::Die).by_node().widened(4, 8),
    pair("plain-cores", DHYANA, Level::Die),
    // Dies that Linux does not read; each has two L3s.
    pair("kaisheng-clusters", KAISHENG, Level::Complex),
    pair("plain-cores", KAISHENG, Level::Die),
    // The host's L2 is of four cores in a socket of eight, and the guest has modules. The host has no L3.
    pair("zx-d-pairs", ZX_D, Level::Socket).with_l2_alone(Level::Module),
    // Family 15h: leaf 8000001EH with nodes, and no threads. The host's L3 is of a node, half a socket.
    pair("opteron-nodes", INTERLAGOS, Level::Die).by_node(),
    // Family 10h: no leaf beyond 80000008H says anything of cores.
    pair("plain-cores", MAGNY_COURS, Level::Die),
];

/// The three that are booted in every run, oldest kernel first: Intel's dies and nodes, AMD's dies and nodes by
/// leaf 80000026H, modules.
pub const THREE: [(&str, &str); 3] =
    [("numa-per-die", SAPPHIRE_RAPIDS), ("nps2-amd", GENOA), ("modules", SAPPHIRE_RAPIDS)];

const fn pair(spec: &'static str, host: &'static str, l3: Level) -> Pair {
    Pair { spec, host, l2: Level::Core, l3: Share::Of(l3), widened: None }
}

/// The pair of these names.
pub fn find(spec: &str, host: &str) -> Pair {
    *MATRIX.iter().find(|pair| pair.spec == spec && pair.host == host).unwrap()
}

impl Pair {
    /// Each node within its socket has an L3.
    const fn by_node(mut self) -> Self {
        self.l3 = Share::Node;
        self
    }

    /// The L2 is shared at a level, and there is no L3.
    const fn with_l2_alone(mut self, l2: Level) -> Self {
        (self.l2, self.l3) = (l2, Share::Nobody);
        self
    }

    /// So many neighbours get so many IDs.
    const fn widened(mut self, vcpus: u32, ids: u32) -> Self {
        self.widened = Some((vcpus, ids));
        self
    }

    /// `SPEC on HOST`.
    pub fn name(&self) -> String {
        format!("{} on {}", self.spec, self.host)
    }

    /// What the host decides.
    pub fn decides(&self) -> Host {
        let cpu = match self.host {
            GENOA | GENOA_VM => Cpu::Zen4,
            ROME | DHYANA | INTERLAGOS => Cpu::Nodes,
            MAGNY_COURS => Cpu::CoresAlone,
            KAISHENG | ZX_D => Cpu::Legacy,
            SAPPHIRE_RAPIDS | SKYLAKE => Cpu::Intel,
            other => panic!("{other}"),
        };
        Host { cpu, l2: self.l2, l3: self.l3, widened: self.widened }
    }
}
