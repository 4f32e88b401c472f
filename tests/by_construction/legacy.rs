//! T040 to T044: leaf 1, and the cores that leaf 4 counts.

use super::machines::{Machine, Maker};
use super::{Condition, Holds, Told, ensure};

const INTEL: (&str, &str) = ("G3", "topology: { sockets: 2, cores: 3, threads: 2 }");
const ZEN_4: (&str, &str) = ("G13", "topology: { sockets: 2, cores: 3, threads: 2 }");

pub const CONDITIONS: &[Condition] = &[
    Condition {
        number: "T040",
        holds: t040,
        on: INTEL,
        breach: |m| m.change_all((1, 0), 1, |ebx| ebx & !0x00ff_0000 | 6 << 16),
        told: Told::Finds("logical-processor-count"),
    },
    Condition {
        number: "T041",
        holds: t041,
        on: ZEN_4,
        breach: |m| m.change_all((1, 0), 1, |ebx| ebx & !0x00ff_0000 | 8 << 16),
        told: Told::Finds("logical-processor-count"),
    },
    Condition {
        number: "T042",
        holds: t042,
        on: INTEL,
        breach: |m| m.change_all((1, 0), 3, |edx| edx & !(1 << 28)),
        told: Told::Finds("htt"),
    },
    Condition {
        number: "T043",
        holds: t043,
        on: ("G3", "topology: { cores: 100, threads: 2 }"),
        breach: |m| m.change_all((1, 0), 1, |ebx| ebx & !0x00ff_0000),
        told: Told::Finds("logical-processor-count"),
    },
    Condition {
        number: "T044",
        holds: t044,
        on: INTEL,
        breach: |m| m.change_all((4, 0), 0, |eax| eax & 0x03ff_ffff | 15 << 26),
        told: Told::Finds("core-ids-field"),
    },
];

fn field(m: &Machine, vcpu: usize) -> u32 {
    m.get(vcpu, 1, 0)[1] >> 16 & 0xff
}

fn htt(m: &Machine, vcpu: usize) -> bool {
    m.get(vcpu, 1, 0)[3] >> 28 & 1 == 1
}

/// All but AMD: not the IDs of the package, 255 at most.
pub fn t040(m: &Machine) -> Holds {
    for vcpu in (0..m.len()).filter(|_| m.maker != Maker::Amd) {
        let shift = m.package_shift(vcpu);
        let ids = if shift == 0 { field(m, vcpu).min(1) } else { (1 << shift).min(255) };
        ensure!(field(m, vcpu) == ids, "{} of {ids} IDs", field(m, vcpu));
        ensure!(htt(m, vcpu) == (shift > 0), "HTT and a shift of {shift}");
    }
    Ok(())
}

/// AMD: not the threads of the package, 255 at most.
pub fn t041(m: &Machine) -> Holds {
    for vcpu in (0..m.len()).filter(|_| m.maker == Maker::Amd) {
        let threads = m.in_package(vcpu);
        let counted = if threads == 1 { field(m, vcpu).min(1) } else { threads.min(255) };
        ensure!(field(m, vcpu) == counted, "{} of {threads} threads", field(m, vcpu));
        ensure!(htt(m, vcpu) == (threads > 1), "HTT and {threads} threads");
    }
    Ok(())
}

/// Several threads without HTT, which says that the count is valid.
pub fn t042(m: &Machine) -> Holds {
    for vcpu in 0..m.len() {
        let several = field(m, vcpu) > 1 || m.in_package(vcpu) > 1;
        ensure!(htt(m, vcpu) || !several, "{} threads and no HTT", field(m, vcpu));
    }
    Ok(())
}

/// A count that wrapped to 0.
pub fn t043(m: &Machine) -> Holds {
    let wrapped = (0..m.len()).find(|vcpu| m.in_package(*vcpu) > 1 && field(m, *vcpu) == 0);
    ensure!(wrapped.is_none(), "{wrapped:?} counts 0");
    Ok(())
}

/// Leaf 4's cores are not those of the package's IDs, 64 at most, or more than leaf 1's threads.
pub fn t044(m: &Machine) -> Holds {
    for vcpu in (0..m.len()).filter(|_| m.maker != Maker::Amd) {
        let bits = m.package_shift(vcpu) - m.core_shift(vcpu);
        for cache in m.caches(vcpu) {
            let cores = cache[0] >> 26;
            ensure!(cores == ((1 << bits) - 1).min(63), "{cores} of {bits} bits");
            let threads = field(m, vcpu).max(1);
            ensure!(threads.next_power_of_two() > cores, "{threads} threads and {cores} cores");
        }
    }
    Ok(())
}
