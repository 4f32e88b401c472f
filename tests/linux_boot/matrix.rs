//! Which examples are booted: pairs of a spec and a host, and what the host decides in each.

use super::meant::{Cpu, Host, Share};
use crate::support::own_reading::level::Level;

/// A spec on a host.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    pub spec: &'static str,
    pub host: &'static str,
    /// The CPU that the guest sees, where it is not the host's.
    cpu: Option<Cpu>,
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
const RAPTOR_LAKE: &str = "one-socket-intel-core-i7-1370p";
const STRIX_POINT: &str = "one-socket-amd-ryzen-ai-9-hx-370";

/// The L3 of all these hosts is of a die or of a part of one; ZX-D has none. In the guest it is shared at its own
/// level, or at the next one outward that the guest has, and never beyond a die, nor on AMD and Hygon beyond a node.
pub const MATRIX: [Pair; 46] = [
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
    // Unlike parts: dies, and sockets with every level between.
    pair("uneven-dies", SAPPHIRE_RAPIDS, Level::Die),
    pair("uneven-dies", GENOA, Level::Die),
    pair("unlike-sockets", SAPPHIRE_RAPIDS, Level::Die),
    pair("leaf-1f-levels", SAPPHIRE_RAPIDS, Level::DieGroup),
    pair("wide-fields", SAPPHIRE_RAPIDS, Level::Die),
    // Types of core. The efficiency cores' L2 is of a module on Raptor Lake, and a performance core is a module.
    pair("hybrid-intel", SAPPHIRE_RAPIDS, Level::Die),
    pair("raptor-lake", RAPTOR_LAKE, Level::Die).with_l2(Level::Module),
    pair("hybrid-caches", SAPPHIRE_RAPIDS, Level::Die),
    pair("low-power-island", SAPPHIRE_RAPIDS, Level::Die),
    pair("hybrid-amd", GENOA, Level::Complex),
    pair("unlike-l3s", STRIX_POINT, Level::Complex),
    // Nodes within a die, whose L3 stays whole on Intel; and nodes of complexes.
    pair("snc2-intel", SAPPHIRE_RAPIDS, Level::Die),
    pair("nps4-complexes", GENOA, Level::Complex),
    // Other orders than depth first, and a wider field.
    pair("hot-plug", SAPPHIRE_RAPIDS, Level::Die),
    pair("listed-places", SKYLAKE, Level::Die),
    // No L3, where the host has one.
    pair("hidden-l3", GENOA, Level::Die),
    // Fewer features than the host's: a level, what is disabled, and what a fleet has in common.
    pair("level-2", GENOA, Level::Die),
    pair("level-3", SAPPHIRE_RAPIDS, Level::Die),
    pair("no-avx512", SAPPHIRE_RAPIDS, Level::Die),
    // Zen 2 by its family and model, on a host of Zen 4: without leaf 80000026H.
    pair("rome-on-genoa", GENOA, Level::Complex).says(Cpu::Nodes),
];

/// The three that are booted in every run, oldest kernel first: Intel's dies and nodes, AMD's dies and nodes by
/// leaf 80000026H, modules.
pub const THREE: [(&str, &str); 3] =
    [("numa-per-die", SAPPHIRE_RAPIDS), ("nps2-amd", GENOA), ("modules", SAPPHIRE_RAPIDS)];

const fn pair(spec: &'static str, host: &'static str, l3: Level) -> Pair {
    Pair { spec, host, cpu: None, l2: Level::Core, l3: Share::Of(l3), widened: None }
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

    /// The L2 is shared at a level.
    const fn with_l2(mut self, l2: Level) -> Self {
        self.l2 = l2;
        self
    }

    /// The guest sees another CPU than the host's.
    const fn says(mut self, cpu: Cpu) -> Self {
        self.cpu = Some(cpu);
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
            GENOA | GENOA_VM | STRIX_POINT => Cpu::Zen4,
            ROME | DHYANA | INTERLAGOS => Cpu::Nodes,
            MAGNY_COURS => Cpu::CoresAlone,
            KAISHENG | ZX_D => Cpu::Legacy,
            SAPPHIRE_RAPIDS | SKYLAKE | RAPTOR_LAKE => Cpu::Intel,
            other => panic!("{other}"),
        };
        Host { cpu: self.cpu.unwrap_or(cpu), l2: self.l2, l3: self.l3, widened: self.widened }
    }
}
