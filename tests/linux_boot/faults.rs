//! Wrong tables, each with what gives it away. The judge must be able to fail.

use super::guest::Guest;
use super::matrix::{self, Pair};

/// A fault, on a pair of the matrix and the kernel of a suite.
pub struct Fault {
    /// The name of its record under `recorded/`.
    pub name: &'static str,
    pub pair: (&'static str, &'static str),
    pub suite: &'static str,
    pub wrong: fn(&mut Guest),
    /// The facts that differ from what was meant.
    pub noticed: &'static [&'static str],
    /// Whether Linux says nothing of it: then the comparison alone finds it.
    pub is_silent: bool,
}

impl Fault {
    /// The machine that it spoils.
    pub fn pair(&self) -> Pair {
        let (spec, host) = self.pair;
        matrix::find(spec, host)
    }

    /// Its record.
    pub fn file(&self) -> String {
        format!("tests/linux_boot/recorded/{}.txt", self.name)
    }
}

/// The faults, and a machine without one.
pub const FAULTS: [Fault; 8] = [
    Fault {
        name: "none",
        pair: ("one-socket", "two-socket-intel-xeon-gold-6140"),
        suite: "trixie",
        wrong: |_| {},
        noticed: &[],
        is_silent: true,
    },
    Fault {
        name: "package-shift-less-one",
        pair: ("one-socket", "two-socket-intel-xeon-gold-6140"),
        suite: "trixie",
        wrong: package_shift_less_one,
        noticed: &["dies", "packages"],
        is_silent: true,
    },
    Fault {
        name: "id-of-another",
        pair: ("one-socket", "two-socket-intel-xeon-gold-6140"),
        suite: "trixie",
        wrong: id_of_another,
        noticed: &["IDs"],
        is_silent: false,
    },
    Fault {
        name: "l3-of-two-complexes",
        pair: ("epyc-complexes", "two-socket-amd-epyc-7742"),
        suite: "bookworm",
        wrong: l3_of_two_complexes,
        noticed: &["L3"],
        is_silent: true,
    },
    Fault {
        name: "amd-node-of-another-core",
        pair: ("nps2-amd", "two-socket-amd-epyc-7742"),
        suite: "trixie",
        wrong: amd_node_of_another_core,
        noticed: &["dies"],
        is_silent: true,
    },
    Fault {
        name: "srat-node-of-another-core",
        pair: ("nps2-amd", "two-socket-amd-epyc-9654"),
        suite: "trixie-backports",
        wrong: srat_node_of_another_core,
        noticed: &["L3", "node 0", "node 1"],
        is_silent: false,
    },
    Fault {
        name: "legacy-cores-halved",
        pair: ("zx-d-pairs", "one-socket-centaur-zx-d-4600"),
        suite: "trixie",
        wrong: legacy_cores_halved,
        noticed: &["cores"],
        is_silent: true,
    },
    Fault {
        name: "opteron-node-of-another",
        pair: ("opteron-nodes", "two-socket-amd-opteron-6274"),
        suite: "trixie-backports",
        wrong: opteron_node_of_another,
        noticed: &["L3", "dies"],
        is_silent: false,
    },
];

/// Changes the entries of a leaf, and of a subleaf if one is given, in all tables or in one.
fn edit(
    guest: &mut Guest,
    vcpu: Option<usize>,
    leaf: u32,
    subleaf: Option<u32>,
    change: impl Fn(&mut [u32; 4]),
) {
    let mut edited = 0;
    for (at, table) in guest.tables.iter_mut().enumerate() {
        if vcpu.is_some_and(|only| only != at) {
            continue;
        }
        for entry in table[8..].chunks_exact_mut(40) {
            let word = |at: usize| u32::from_le_bytes(entry[at * 4..][..4].try_into().unwrap());
            if word(0) != leaf || subleaf.is_some_and(|subleaf| subleaf != word(1)) {
                continue;
            }
            let mut registers = [3, 4, 5, 6].map(word);
            change(&mut registers);
            let bytes: Vec<u8> = registers.iter().flat_map(|register| register.to_le_bytes()).collect();
            entry[12..28].copy_from_slice(&bytes);
            edited += 1;
        }
    }
    assert!(edited > 0, "leaf {leaf:X} is not there to be wrong");
}

/// Leaf 0BH: the core level ends one bit too low, so the socket falls into two.
fn package_shift_less_one(guest: &mut Guest) {
    edit(guest, None, 0xB, Some(1), |registers| registers[0] -= 1);
}

/// Leaf 0BH of vCPU 3 has the ID of vCPU 2.
fn id_of_another(guest: &mut Guest) {
    let id = guest.ids[2];
    edit(guest, Some(3), 0xB, None, |registers| registers[3] = id);
}

/// Leaf 8000001DH: twice as many threads share an L3.
fn l3_of_two_complexes(guest: &mut Guest) {
    edit(guest, None, 0x8000_001D, Some(3), |registers| {
        let sharing = registers[0] >> 14 & 0xFFF;
        registers[0] = registers[0] & !(0xFFF << 14) | (2 * sharing + 1) << 14;
    });
}

/// Leaf 8000001EH: the first core says that it lies in the second node.
fn amd_node_of_another_core(guest: &mut Guest) {
    for vcpu in [0, 1] {
        edit(guest, Some(vcpu), 0x8000_001E, None, |registers| registers[2] |= 1);
    }
}

/// Leaf 4, in the subleaf that Linux asks: half as many cores in a socket, so the rest of leaf 1's count are threads.
fn legacy_cores_halved(guest: &mut Guest) {
    edit(guest, None, 4, Some(0), |registers| {
        let cores = (registers[0] >> 26) + 1;
        registers[0] = registers[0] & !(0x3F << 26) | (cores / 2 - 1) << 26;
    });
}

/// Leaf 8000001EH, as before, where Linux also takes the node for those that share an L3.
fn opteron_node_of_another(guest: &mut Guest) {
    edit(guest, Some(0), 0x8000_001E, None, |registers| registers[2] |= 1);
}

/// The manifest: the first core lies in the second node.
fn srat_node_of_another_core(guest: &mut Guest) {
    guest.nodes[..2].fill(1);
}
