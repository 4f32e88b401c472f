//! Which examples are booted: pairs of a spec and a host, and what the host decides in each.

use super::meant::{Host, Level};

/// A spec on a host.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    pub spec: &'static str,
    pub host: &'static str,
    /// What shares an L3 where the spec does not say, and why.
    l3: Level,
}

const SAPPHIRE_RAPIDS: &str = "two-socket-intel-xeon-8480plus";
const SKYLAKE: &str = "two-socket-intel-xeon-gold-6140";
const ROME: &str = "two-socket-amd-epyc-7742";
const GENOA: &str = "two-socket-amd-epyc-9654";
const GENOA_VM: &str = "live-amd-genoa-2cpu";

/// The L3 of all these hosts is of a die or of a part of one. In the guest it is shared at its own level, or at the
/// next one outward that the guest has, and never beyond a die.
pub const MATRIX: [Pair; 17] = [
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
];

/// The three that are booted in every run, oldest kernel first: Intel's dies and nodes, AMD's dies and nodes by
/// leaf 80000026H, modules.
pub const THREE: [(&str, &str); 3] =
    [("numa-per-die", SAPPHIRE_RAPIDS), ("nps2-amd", GENOA), ("modules", SAPPHIRE_RAPIDS)];

const fn pair(spec: &'static str, host: &'static str, l3: Level) -> Pair {
    Pair { spec, host, l3 }
}

/// The pair of these names.
pub fn find(spec: &str, host: &str) -> Pair {
    *MATRIX.iter().find(|pair| pair.spec == spec && pair.host == host).unwrap()
}

impl Pair {
    /// `SPEC on HOST`.
    pub fn name(&self) -> String {
        format!("{} on {}", self.spec, self.host)
    }

    /// What the host decides.
    pub fn decides(&self) -> Host {
        let is_amd = [ROME, GENOA, GENOA_VM].contains(&self.host);
        let has_26 = [GENOA, GENOA_VM].contains(&self.host);
        Host { is_amd, has_26, l3: self.l3 }
    }
}
