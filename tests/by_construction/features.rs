//! T103 to T127: what depends on features, types of core, and nodes.

use topoc::cpuid::Key;

use super::machines::{Machine, Maker};
use super::{Condition, Holds, Told, ensure};

const INTEL: (&str, &str) = ("G3", "topology: { sockets: 2, cores: 3, threads: 2 }");
const SAPPHIRE: (&str, &str) = ("two-socket-intel-xeon-8480plus", "topology: { cores: 4, threads: 2 }");
const HYBRID: (&str, &str) = (
    "G9",
    "topology: { parts: [{ core_type: performance, cores: 2, threads: 2 }, { core_type: efficiency, cores: 2 }] }",
);

pub const CONDITIONS: &[Condition] = &[
    Condition {
        number: "T103",
        holds: t103,
        on: SAPPHIRE,
        // Part of AVX-512.
        breach: |m| m.change_all((0xd, 0), 0, |eax| eax & !(1 << 6)),
        told: Told::Silent,
    },
    Condition {
        number: "T104",
        holds: t104,
        on: SAPPHIRE,
        breach: |m| m.change_all((0xd, 5), 1, |ebx| ebx + 64),
        told: Told::Silent,
    },
    Condition {
        number: "T105",
        holds: t105,
        on: SAPPHIRE,
        breach: |m| m.change_all((7, 0), 2, |ecx| ecx ^ 1 << 16),
        told: Told::Silent,
    },
    Condition {
        number: "T106",
        holds: t106,
        on: SAPPHIRE,
        breach: |m| m.change(1, (0x8000_0008, 0), 0, |eax| eax & !0xff),
        told: Told::Silent,
    },
    Condition {
        number: "T108",
        holds: t108,
        on: INTEL,
        breach: |m| m.change_all((1, 0), 2, |ecx| ecx | 1 << 3),
        told: Told::Silent,
    },
    Condition {
        number: "T111",
        holds: t111,
        on: INTEL,
        breach: |m| m.change_all((0x4000_0000, 0), 1, |_| u32::from_le_bytes(*b"Micr")),
        told: Told::Silent,
    },
    Condition {
        number: "T113",
        holds: t113,
        on: HYBRID,
        breach: |m| m.change_all((7, 0), 3, |edx| edx & !(1 << 15)),
        told: Told::Finds("hybrid"),
    },
    Condition {
        number: "T127",
        holds: t127,
        on: ("G3", "topology: { sockets: 2, cores: 2 }\nnuma: { per: socket, memory: 1GiB }"),
        breach: |m| m.node_numbers[1] = 2,
        told: Told::Silent,
    },
];

/// States that XSETBV refuses: without x87, with part of MPX or AVX-512, with AVX and without SSE.
pub fn t103(m: &Machine) -> Holds {
    let xcr0 = m.get(0, 0xd, 0)[0];
    let whole = |bits: u32| xcr0 & bits == 0 || xcr0 & bits == bits;
    let is_legal = xcr0 & 1 == 1 && whole(0x18) && whole(0xe0) && whole(3 << 17);
    let is_nested = (xcr0 & 4 == 0 || xcr0 & 2 != 0) && (xcr0 & 0xe0 == 0 || xcr0 & 4 != 0);
    ensure!(!m.has(0, 0xd) || is_legal && is_nested, "XCR0 {xcr0:x}");
    Ok(())
}

/// A state that lies elsewhere than on the host.
pub fn t104(m: &Machine) -> Holds {
    for entry in m.tables[0].iter().filter(|e| e[0] == 0xd && e[1] > 1) {
        let there = of_host(m, Key::subleaf(0xd, entry[1])).map(|words| (words[0], words[1]));
        ensure!(there == Some((entry[3], entry[4])), "component {}: {there:?}", entry[1]);
    }
    Ok(())
}

/// LA57 and another width of linear addresses.
pub fn t105(m: &Machine) -> Holds {
    let la57 = m.get(0, 7, 0)[2] >> 16 & 1 == 1;
    let bits = m.get(0, 0x8000_0008, 0)[0] >> 8 & 0xff;
    ensure!(la57 == (bits == 57), "la57 is {la57}, {bits} bits");
    Ok(())
}

fn of_host(m: &Machine, key: Key) -> Option<[u32; 4]> {
    let kvm = m.host.kvm.as_ref().and_then(|kvm| kvm.supported_cpuid.as_ref());
    let words = kvm.or(m.host.cpus.as_ref().map(|cpus| &cpus.cpuid))?.get(key)?;
    Some([words.eax, words.ebx, words.ecx, words.edx])
}

/// Physical addresses of no width, or another on other vCPUs. Without the leaf KVM takes 36 bits.
pub fn t106(m: &Machine) -> Holds {
    if !m.has(0, 0x8000_0008) {
        return Ok(());
    }
    for vcpu in 0..m.len() {
        let bits = m.get(vcpu, 0x8000_0008, 0)[0] & 0xff;
        ensure!((32..=52).contains(&bits) && bits == m.get(0, 0x8000_0008, 0)[0] & 0xff, "{bits} bits");
        ensure!(m.get(vcpu, 0x8000_0000, 0)[0] >= 0x8000_0008, "80000008H is out of reach");
    }
    Ok(())
}

/// MONITOR, which KVM makes exits of.
pub fn t108(m: &Machine) -> Holds {
    ensure!(m.get(0, 1, 0)[2] >> 3 & 1 == 0, "MONITOR");
    Ok(())
}

/// KVM's features where a guest does not look: another signature, or a second range beside it.
pub fn t111(m: &Machine) -> Holds {
    let [_, ebx, ecx, edx] = m.get(0, 0x4000_0000, 0);
    let name: Vec<u8> = [ebx, ecx, edx].iter().flat_map(|word| word.to_le_bytes()).collect();
    ensure!(name == *b"KVMKVMKVM\0\0\0", "{name:?}");
    ensure!(m.tables[0].iter().all(|e| e[0] >> 28 != 4 || e[0] <= 0x4000_0001), "a second range");
    Ok(())
}

/// Types of core that HYBRID does not tell, or a core without one where others have.
pub fn t113(m: &Machine) -> Holds {
    let kind = |vcpu| m.get(vcpu, 0x1a, 0)[0] >> 24;
    let mut kinds: Vec<u32> = (0..m.len()).filter(|_| m.maker == Maker::Intel).map(kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let hybrid = m.get(0, 7, 0)[3] >> 15 & 1 == 1;
    ensure!(hybrid == (kinds.len() > 1) && (!hybrid || kinds[0] != 0), "HYBRID {hybrid}, types {kinds:x?}");
    Ok(())
}

/// Nodes whose numbers have gaps, and vCPUs of nodes that are none, or of none beside others.
pub fn t127(m: &Machine) -> Holds {
    let dense = (0..).zip(&m.node_numbers).all(|(n, number)| n == *number);
    ensure!(dense, "nodes {:?}", m.node_numbers);
    let is_there = |node: &Option<u32>| node.is_some_and(|node| m.node_numbers.contains(&node));
    ensure!(m.node_numbers.is_empty() || m.nodes.iter().all(is_there), "{:?}", m.nodes);
    Ok(())
}
