//! Leaf 0DH: the states that the guest's features need, sizes as they add up.
//!
//! Where a component lies is a fact of the host's silicon and is copied. Source: SDM Vol. 1, chapter 13;
//! APM Vol. 2, chapter 11.

use crate::cpuid::feature::find;
use crate::cpuid::{CpuidTable, Key, Registers};

/// Components, and the features whose state they hold: one is enough. A component that no feature of a
/// name needs is the host's.
const STATES: &[(u32, &[&str])] = &[
    (2, &["avx"]),
    (3, &["mpx"]),
    (4, &["mpx"]),
    (5, &["avx512f"]),
    (6, &["avx512f"]),
    (7, &["avx512f"]),
    (8, &["intel_pt"]),
    (9, &["pku"]),
    (10, &["enqcmd"]),
    (11, &["shstk", "ibt"]),
    (12, &["shstk", "ibt"]),
    (14, &["uintr"]),
    (15, &["arch_lbr"]),
    (17, &["amx_tile"]),
    (18, &["amx_tile"]),
    (19, &["apx"]),
];

/// HDC and HWP: leaf 6, which tells of them, does not pass.
const NEVER: u32 = 1 << 13 | 1 << 16;

/// XTILECFG and XTILEDATA: a guest may have them only if the VMM's process asked the kernel for
/// permission (`arch_prctl(ARCH_REQ_XCOMP_GUEST_PERM)`), else KVM_SET_CPUID2 fails with EPERM.
const DYNAMIC: u32 = 1 << 17 | 1 << 18;

/// The size of the legacy region and the header: what XCR0 holds at reset.
const RESET_SIZE: u32 = 576;

const XSAVES: u32 = 1 << 3;
const XFD: u32 = 1 << 4;
/// XSAVEC or XSAVES: the compacted form exists.
const COMPACTED: u32 = 1 << 1 | XSAVES;

/// Brings leaf 0DH in line with the features that the table has.
pub(super) fn write(table: &mut CpuidTable) {
    if !has(table, "xsave") {
        table.remove_leaf(0xd);
        return;
    }
    let unneeded = STATES
        .iter()
        .filter(|(_, features)| !features.iter().any(|feature| has(table, feature)))
        .fold(NEVER | DYNAMIC, |word, (component, _)| word | 1 << component);
    let main = table.lookup(0xd, 0);
    let features = table.lookup(0xd, 1);
    let sized = sized(table);
    let user = (main.eax & !unneeded & sized.0, main.edx & sized.1);
    // IA32_XSS is XSAVES's.
    let supervisor = if features.eax & XSAVES == 0 {
        (0, 0)
    } else {
        (features.ecx & !unneeded & sized.0, features.edx & sized.1)
    };
    table.retain(|key, _| match (key.leaf, key.subleaf) {
        (0xd, Some(n @ 2..)) => {
            n < 64
                && (u64::from(user.0 | supervisor.0) | u64::from(user.1 | supervisor.1) << 32) >> n & 1 == 1
        }
        _ => true,
    });
    let end = table
        .leaf(0xd)
        .filter(|(key, _)| {
            let components = u64::from(user.0) | u64::from(user.1) << 32;
            matches!(key.subleaf, Some(n @ 2..64) if components >> n & 1 == 1)
        })
        .map(|(_, r)| r.ebx.saturating_add(r.eax))
        .fold(RESET_SIZE, u32::max);
    if let Some(entry) = table.get_mut(Key::subleaf(0xd, 0)) {
        *entry = Registers { eax: user.0, ebx: RESET_SIZE, ecx: end, edx: user.1 };
    }
    if let Some(entry) = table.get_mut(Key::subleaf(0xd, 1)) {
        if main.eax & DYNAMIC != 0 {
            entry.eax &= !XFD;
        }
        (entry.ecx, entry.edx) = supervisor;
        entry.ebx = if entry.eax & COMPACTED == 0 { 0 } else { RESET_SIZE };
    }
}

/// The components that have bytes, in the halves of a mask; those of the legacy region have no subleaf.
fn sized(table: &CpuidTable) -> (u32, u32) {
    table.leaf(0xd).fold((0b11, 0), |(low, high), (key, words)| match key.subleaf {
        Some(n @ 2..32) if words.eax != 0 => (low | 1 << n, high),
        Some(n @ 32..63) if words.eax != 0 => (low, high | 1 << (n - 32)),
        _ => (low, high),
    })
}

fn has(table: &CpuidTable, name: &str) -> bool {
    find(name).is_some_and(|feature| feature.is_in(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn bits<const N: usize>(bits: [u32; N]) -> u32 {
        let mut word = 0;
        let mut i = 0;
        while i < N {
            word |= 1 << bits[i];
            i += 1;
        }
        word
    }

    /// A table with XSAVE, these features, and leaf 0DH; without SSE and x87 no closure is asked for here.
    fn table(features: &[&str], leaf_d: &[(u32, [u32; 4])]) -> CpuidTable {
        let mut table = CpuidTable::new();
        for name in features {
            let feature = find(name).unwrap();
            let mut words = table.get(feature.key()).copied().unwrap_or_default();
            *words.get_mut(feature.register) |= feature.mask();
            table.set(feature.key(), words).unwrap();
        }
        for (subleaf, words) in leaf_d {
            table.set(Key::subleaf(0xd, *subleaf), (*words).into()).unwrap();
        }
        table
    }

    fn subleaves(table: &CpuidTable) -> Vec<u32> {
        table.leaf(0xd).filter_map(|(key, _)| key.subleaf).collect()
    }

    /// The components of XCR0 and IA32_XSS stay, each where either of their words has it.
    #[test]
    fn components_are_those_that_may_be_set() {
        let mut leaf_d = vec![
            // User: 0 to 2, 9, 18 of AMX; in the high half 34, 35, 40, 62, 63.
            (0, [bits([0, 1, 2, 9, 18]), 0, 0, bits([2, 3, 8, 30, 31])]),
            // Supervisor: 11, 12, HDC's 13, HWP's 16; in the high half 40, 41.
            (1, [XSAVES, 0, bits([11, 12, 13, 16]), bits([8, 9])]),
        ];
        leaf_d.extend(
            [2, 3, 9, 10, 11, 13, 16, 18, 33, 34, 40, 41, 42, 62, 63].map(|n| (n, [8, 0x240 + 8 * n, 0, 0])),
        );
        // No bytes for two components that KVM's words have.
        leaf_d.extend([(12, [0, 0x100, 1, 0]), (35, [0, 0x100, 0, 0])]);
        // A mask has 64 bits.
        leaf_d.push((64, [8, 0x1000, 0, 0]));
        let mut table = table(&["xsave", "avx", "pku", "shstk"], &leaf_d);
        write(&mut table);
        assert_eq!(subleaves(&table), [0, 1, 2, 9, 11, 34, 40, 41, 62]);
        assert_eq!(table.lookup(0xd, 0).eax, bits([0, 1, 2, 9]));
        assert_eq!(table.lookup(0xd, 1).ecx, bits([11]));
        assert_eq!(table.lookup(0xd, 0).ecx, 0x240 + 8 * 62 + 8, "as far as 62");
        // 63 is no component.
        assert_eq!((table.lookup(0xd, 0).edx, table.lookup(0xd, 1).edx), (bits([2, 8, 30]), bits([8, 9])));
    }

    /// A component that both words have is there once; no processor has one.
    #[test]
    fn a_component_of_both_words_stays() {
        let leaf_d = [
            (0, [bits([0, 1, 9]), 0, 0, bits([2])]),
            (1, [XSAVES, 0, bits([9]), bits([2])]),
            (9, [8, 0x240, 0, 0]),
            (34, [8, 0x248, 0, 0]),
        ];
        let mut table = table(&["xsave", "pku"], &leaf_d);
        write(&mut table);
        assert_eq!(subleaves(&table), [0, 1, 9, 34]);
    }

    /// Each feature brings its components, and without it they are gone. The sizes are those of a Sapphire
    /// Rapids: SDM Vol. 1, 13.5, and its own leaf 0DH.
    #[test]
    fn a_state_goes_with_its_feature() {
        let leaf_d = [
            (0, [bits([0, 1, 2, 5, 6, 7, 9, 17, 18]), 0xa88, 0x2b00, 0]),
            (1, [0x1f, 0xa08, 0, 0]),
            (2, [0x100, 0x240, 0, 0]),
            (5, [0x40, 0x440, 0, 0]),
            (6, [0x200, 0x480, 0, 0]),
            (7, [0x400, 0x680, 0, 0]),
            (9, [8, 0xa80, 0, 0]),
            (17, [0x40, 0xac0, 2, 0]),
            (18, [0x2000, 0xb00, 6, 0]),
        ];
        for (features, components, size) in [
            (vec!["xsave", "avx", "avx512f", "pku"], vec![2, 5, 6, 7, 9], 0xa88),
            (vec!["xsave", "avx", "pku"], vec![2, 9], 0xa88),
            (vec!["xsave", "avx", "avx512f"], vec![2, 5, 6, 7], 0xa80),
            (vec!["xsave", "avx"], vec![2], 0x340),
            (vec!["xsave"], vec![], 0x240),
        ] {
            let mut table = table(&features, &leaf_d);
            write(&mut table);
            assert_eq!(subleaves(&table)[2..], components, "{features:?}");
            let xcr0 = components.iter().fold(3, |word, n| word | 1 << n);
            assert_eq!(table.lookup(0xd, 0), Registers::new(xcr0, 0x240, size, 0), "{features:?}");
        }
    }

    /// 0DH.1: XFD goes with the components that it faults on; EBX is a size where states are compacted;
    /// without XSAVES there is no IA32_XSS.
    #[test]
    fn features_of_subleaf_1() {
        let features = |components: u32, eax: u32| {
            let mut leaf_d = vec![(0, [components, 0, 0, 0]), (1, [eax, 0x1234, bits([11, 12]), 0])];
            leaf_d.extend([2, 11, 12].map(|n| (n, [16, 0, 0, 0])));
            let mut table = table(&["xsave", "avx", "shstk"], &leaf_d);
            write(&mut table);
            let words = table.lookup(0xd, 1);
            (words.eax, words.ebx, words.ecx)
        };
        let (optimised, compacted, xgetbv, supervisor, faults) = (1, 2, 4, 8, 16);
        assert_eq!(features(7, optimised | xgetbv | faults), (optimised | xgetbv | faults, 0, 0));
        assert_eq!(features(7, compacted | faults), (compacted | faults, 576, 0));
        assert_eq!(features(7, supervisor), (supervisor, 576, bits([11, 12])));
        assert_eq!(features(bits([0, 1, 17]), optimised | faults), (optimised, 0, 0));
        assert_eq!(features(bits([0, 1, 18]), optimised | faults), (optimised, 0, 0));
    }

    /// A CPU without XSAVE has no leaf for it.
    #[test]
    fn no_xsave_no_leaf() {
        for (features, count) in [(vec!["avx"], 0), (vec!["xsave"], 1)] {
            let mut table = table(&features, &[(0, [7, 0x240, 0x340, 0])]);
            write(&mut table);
            assert_eq!(table.leaf(0xd).count(), count);
        }
    }
}
