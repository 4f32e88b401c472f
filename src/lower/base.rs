//! What passes from KVM's table into a guest's: a list of what is let through, leaf by leaf.
//!
//! KVM's table says which bits may be set, not what a guest should read: it holds the capturing
//! CPU's identity and sharing widths. What is not listed here is left out. Source of the policy:
//! Linux `arch/x86/kvm/cpuid.c` and `Documentation/virt/kvm/api.rst`, section 9.1; SDM and APM for
//! the leaves.

use super::{LowerError, xsave};
use crate::cpuid::{CpuidTable, Key, Processor, Registers, Vendor, quirk};

/// On whose processors a leaf passes.
#[derive(Clone, Copy)]
enum Makers {
    All,
    AllButIntel,
    AmdLike,
    CentaurLike,
}

impl Makers {
    fn has(self, vendor: Vendor) -> bool {
        match self {
            Self::All => true,
            Self::AllButIntel => vendor != Vendor::Intel,
            Self::AmdLike => vendor.is_amd_like(),
            Self::CentaurLike => vendor.is_centaur_like(),
        }
    }
}

/// The bits of one leaf that pass.
#[derive(Clone, Copy)]
struct Passed {
    leaf: u32,
    /// `None`: every subleaf alike, or a leaf without subleaves.
    subleaf: Option<u32>,
    on: Makers,
    /// EAX, EBX, ECX, EDX.
    masks: [u32; 4],
}

const ALL: u32 = u32::MAX;

const fn bits<const N: usize>(bits: [u32; N]) -> u32 {
    let mut word = 0;
    let mut i = 0;
    while i < N {
        word |= 1 << bits[i];
        i += 1;
    }
    word
}

const fn passed(leaf: u32, masks: [u32; 4]) -> Passed {
    Passed { leaf, subleaf: None, on: Makers::All, masks }
}

const fn subleaf(leaf: u32, subleaf: u32, masks: [u32; 4]) -> Passed {
    Passed { leaf, subleaf: Some(subleaf), on: Makers::All, masks }
}

const fn amd(leaf: u32, masks: [u32; 4]) -> Passed {
    Passed { leaf, subleaf: None, on: Makers::AmdLike, masks }
}

const fn only(on: Makers, passed: Passed) -> Passed {
    Passed { on, ..passed }
}

const PASSED: &[Passed] = &[
    passed(0x0, [ALL, 0, 0, 0]),
    // EBX is all identity and topology. ECX without MONITOR (exits are on), OSXSAVE (CR4's mirror)
    // and HYPERVISOR (written anew); EDX without HTT (likewise).
    passed(0x1, [ALL, 0, !bits([3, 27, 31]), !bits([28])]),
    // ARAT alone: the rest is the host's power management.
    passed(0x6, [bits([2]), 0, 0, 0]),
    // Without what needs a leaf that is left out: SGX 12H, PQM and RDT-A 0FH and 10H, PT 14H;
    // OSPKE (CR4's mirror), key locker 19H, SGX_LC; HYBRID 1AH, PCONFIG 1BH, ARCH_LBR 1CH and AMX
    // 1DH and 1EH (its state needs a permission of the VMM's process).
    subleaf(0x7, 0, [0, !bits([2, 12, 15, 25]), !bits([4, 23, 30]), !bits([15, 18, 19, 22, 24, 25])]),
    // Without ARCH_PERFMON_EXT 23H, AMX_FP16, HRESET 20H; EBX is PPIN, a serial number.
    subleaf(0x7, 1, [!bits([8, 21, 22]), 0, ALL, !bits([8])]),
    subleaf(0x7, 2, [ALL, ALL, ALL, ALL]),
    passed(0xa, [ALL, ALL, ALL, ALL]),
    passed(0xd, [ALL, ALL, ALL, ALL]),
    passed(0x24, [ALL, ALL, ALL, ALL]),
    passed(0x4000_0001, [ALL, 0, 0, 0]),
    passed(0x8000_0000, [ALL, 0, 0, 0]),
    // EBX is brand and package type. ECX without CmpLegacy and TopologyExtensions (written anew),
    // IBS 8000001BH, LWP 8000001CH and NodeId MSR (KVM has none).
    passed(0x8000_0001, [ALL, 0, !bits([1, 10, 15, 19, 22]), ALL]),
    // TLBs; the caches are written anew.
    only(Makers::AllButIntel, passed(0x8000_0005, [ALL, ALL, 0, 0])),
    only(Makers::AllButIntel, passed(0x8000_0006, [ALL, ALL, 0, 0])),
    // Invariant TSC alone.
    passed(0x8000_0007, [0, 0, 0, bits([8])]),
    // Address widths and features; ECX counts the host's threads.
    passed(0x8000_0008, [ALL, ALL, 0, 0]),
    amd(0x8000_000a, [ALL, ALL, ALL, ALL]),
    amd(0x8000_0019, [ALL, ALL, 0, 0]),
    amd(0x8000_001a, [ALL, 0, 0, 0]),
    // EBX is the size of microcode patches.
    amd(0x8000_0021, [ALL, 0, ALL, 0]),
    amd(0x8000_0022, [ALL, ALL, 0, 0]),
    // The signature once more, and the features of Centaur's own: XSTORE, XCRYPT, ACE2, PHE, PMM.
    only(Makers::CentaurLike, passed(0xc000_0001, [ALL, 0, 0, bits([2, 3, 6, 7, 8, 9, 10, 11, 12, 13])])),
];

/// KVM's table with only what may pass.
pub(super) fn sanitise(base: &CpuidTable, processor: &Processor) -> Result<CpuidTable, LowerError> {
    let mut table = CpuidTable::new();
    for (key, registers) in base.iter() {
        // A leaf takes subleaves or it does not, whatever the flags in the capture say.
        let key = match (Key::is_indexed(key.leaf), key.subleaf) {
            (true, subleaf) => Key::subleaf(key.leaf, subleaf.unwrap_or(0)),
            (false, None | Some(0)) => Key::leaf(key.leaf),
            (false, Some(_)) => continue,
        };
        let Some(passed) = PASSED.iter().find(|p| {
            p.leaf == key.leaf
                && p.subleaf.is_none_or(|s| Some(s) == key.subleaf)
                && p.on.has(processor.vendor)
        }) else {
            continue;
        };
        let [eax, ebx, ecx, edx] = passed.masks;
        let masked = Registers::new(
            registers.eax & eax,
            registers.ebx & ebx,
            registers.ecx & ecx,
            registers.edx & edx,
        );
        if !masked.is_zero() || Key::is_indexed(key.leaf) {
            table.set(key, masked)?;
        }
    }
    if let Some(words) = table.get_mut(Key::leaf(0x8000_0001))
        && quirk::PERFCTR_CORE.applies(processor)
    {
        words.ecx &= !bits([23]);
    }
    features(&mut table)?;
    xsave::write(&mut table);
    Ok(table)
}

/// Drops what lies above the highest leaves, which are settled by now: KVM would still answer for it,
/// though no guest is told to look.
pub(super) fn within_reach(table: &mut CpuidTable) {
    let [basic, hypervisor, extended] = [0, 0x4000_0000, 0x8000_0000].map(|leaf| table.lookup(leaf, 0).eax);
    table.retain(|key, _| match key.leaf {
        ..0x4000_0000 => key.leaf <= basic,
        0x4000_0000..0x8000_0000 => key.leaf <= hypervisor,
        0x8000_0000..0xc000_0000 => key.leaf <= extended,
        _ => true,
    });
}

/// Leaf 7: its EAX says how many subleaves follow.
fn features(table: &mut CpuidTable) -> Result<(), LowerError> {
    if table.get(Key::subleaf(0x7, 0)).is_none() {
        table.insert(Key::subleaf(0x7, 0), Registers::ZERO)?;
    }
    let last = (1..=2).take_while(|n| table.get(Key::subleaf(0x7, *n)).is_some()).last().unwrap_or(0);
    table.retain(|key, _| key.leaf != 0x7 || key.subleaf <= Some(last));
    if let Some(first) = table.get_mut(Key::subleaf(0x7, 0)) {
        first.eax = last;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuid::Signature;

    fn table(entries: &[(Key, [u32; 4])]) -> CpuidTable {
        let mut table = CpuidTable::new();
        for (key, words) in entries {
            table.insert(*key, (*words).into()).unwrap();
        }
        table
    }

    /// KVM reports leaf 1 EBX, leaf 4, 0BH EDX and 80000008H ECX of the CPU that ran the ioctl.
    #[test]
    fn nothing_of_the_capturing_cpu_passes() {
        let base = table(&[
            (Key::leaf(0x1), [0x806f8, 0x0102_0800, ALL, ALL]),
            (Key::leaf(0x2), [0x00fe_ff01, 0xf0, 0, 0]),
            (Key::leaf(0x3), [1, 2, 3, 4]),
            (Key::subleaf(0x4, 0), [0x0400_0121, 0x02c0_003f, 0x3f, 0]),
            (Key::subleaf(0x7, 1), [0, 1, 0, 0]),
            (Key::subleaf(0xb, 0), [0, 0, 0, 0x55]),
            (Key::leaf(0x1a), [0x4000_0001, 0, 0, 0]),
            (Key::subleaf(0x1f, 0), [0, 0, 0, 0x55]),
            (Key::leaf(0x8000_0002), [1, 2, 3, 4]),
            (Key::leaf(0x8000_0008), [0x3030, 0, 0x603f, 0]),
            (Key::leaf(0x8000_001e), [1, 2, 3, 4]),
            (Key::leaf(0xc000_0000), [1, 2, 3, 4]),
        ]);
        let clean = sanitise(&base, &Vendor::Intel.into()).unwrap();
        for leaf in [0x2, 0x3, 0x4, 0xb, 0x1a, 0x1f, 0x8000_001e, 0xc000_0000] {
            assert_eq!(clean.leaf(leaf).count(), 0, "{leaf:x}");
        }
        assert_eq!(clean.lookup(0x1, 0), Registers::new(0x806f8, 0, 0x77ff_fff7, 0xefff_ffff));
        assert_eq!(clean.lookup(0x7, 1).ebx, 0, "PPIN");
        assert_eq!(clean.get(Key::leaf(0x8000_0002)), None);
        assert_eq!(clean.lookup(0x8000_0008, 0).ecx, 0);
    }

    /// Of a table of ones, what is left; the bits that are not are named beside the list.
    #[test]
    fn what_passes_of_ones() {
        let passing = [
            (Key::leaf(0x0), [ALL, 0, 0, 0]),
            (Key::leaf(0x1), [ALL, 0, 0x77ff_fff7, 0xefff_ffff]),
            (Key::leaf(0x6), [4, 0, 0, 0]),
            (Key::subleaf(0x7, 0), [2, 0xfdff_6ffb, 0xbf7f_ffef, 0xfcb3_7fff]),
            (Key::subleaf(0x7, 1), [0xff9f_feff, 0, ALL, 0xffff_feff]),
            (Key::subleaf(0x7, 2), [ALL; 4]),
            (Key::leaf(0xa), [ALL; 4]),
            (Key::subleaf(0x24, 0), [ALL; 4]),
            (Key::leaf(0x4000_0001), [ALL, 0, 0, 0]),
            (Key::leaf(0x8000_0000), [ALL, 0, 0, 0]),
            (Key::leaf(0x8000_0001), [ALL, 0, 0xffb7_7bfd, ALL]),
            (Key::leaf(0x8000_0005), [ALL, ALL, 0, 0]),
            (Key::leaf(0x8000_0006), [ALL, ALL, 0, 0]),
            (Key::leaf(0x8000_0007), [0, 0, 0, 0x100]),
            (Key::leaf(0x8000_0008), [ALL, ALL, 0, 0]),
            (Key::leaf(0x8000_000a), [ALL; 4]),
            (Key::leaf(0x8000_0019), [ALL, ALL, 0, 0]),
            (Key::leaf(0x8000_001a), [ALL, 0, 0, 0]),
            (Key::leaf(0x8000_0021), [ALL, 0, ALL, 0]),
            (Key::leaf(0x8000_0022), [ALL, ALL, 0, 0]),
        ];
        let leaves = (0..=0x24).chain(0x4000_0000..=0x4000_0002).chain(0x8000_0000..=0x8000_0026);
        let mut base = CpuidTable::new();
        for leaf in leaves.filter(|leaf| *leaf != 0xd) {
            let subleaves = if leaf == 0x7 { 4 } else { 1 };
            for subleaf in 0..subleaves {
                let key = if Key::is_indexed(leaf) { Key::subleaf(leaf, subleaf) } else { Key::leaf(leaf) };
                base.insert(key, [ALL; 4].into()).unwrap();
            }
        }
        let clean = sanitise(&base, &Vendor::Amd.into()).unwrap();
        let mut passing: Vec<_> = passing.into_iter().map(|(key, words)| (key.to_string(), words)).collect();
        let mut clean: Vec<_> = clean.iter().map(|(key, words)| (key.to_string(), words.words())).collect();
        passing.sort();
        clean.sort();
        assert_eq!(clean, passing);
    }

    /// What is one vendor's own passes on its processors alone.
    #[test]
    fn leaves_pass_on_the_processors_that_have_them() {
        let base = table(&[
            (Key::leaf(0x8000_0001), [0, 0, bits([0, 23]), 0]),
            (Key::leaf(0x8000_0005), [ALL; 4]),
            (Key::leaf(0x8000_0019), [ALL; 4]),
            (Key::leaf(0xc000_0001), [0x507b3, ALL, ALL, ALL]),
            (Key::leaf(0xc000_0002), [ALL; 4]),
        ]);
        let of = |vendor: Vendor| {
            let clean = sanitise(&base, &vendor.into()).unwrap();
            [0x8000_0005, 0x8000_0019, 0xc000_0001, 0xc000_0002].map(|leaf| clean.lookup(leaf, 0).words())
        };
        let tlb = [ALL, ALL, 0, 0];
        assert_eq!(of(Vendor::Intel), [[0; 4]; 4]);
        assert_eq!(of(Vendor::Hygon), [tlb, tlb, [0; 4], [0; 4]]);
        assert_eq!(of(Vendor::Zhaoxin), [tlb, [0; 4], [0x507b3, 0, 0, 0x3fcc], [0; 4]]);
        let counters = |processor: Processor| sanitise(&base, &processor).unwrap().lookup(0x8000_0001, 0).ecx;
        assert_eq!(counters(Vendor::Amd.into()), bits([0, 23]));
        let magny_cours = Processor { signature: Some(Signature(0x0010_0f91)), ..Vendor::Amd.into() };
        assert_eq!(counters(magny_cours), 1, "no counters of 15h without its leaves");
    }

    /// A table may hold more than its highest leaf admits to.
    #[test]
    fn nothing_stands_above_the_highest_leaf() {
        let mut all = table(&[
            (Key::leaf(0x0), [0x1c, 0, 0, 0]),
            (Key::subleaf(0x1c, 0), [1, 0, 0, 0]),
            (Key::subleaf(0x24, 0), [1, 0, 0, 0]),
            (Key::leaf(0x4000_0000), [0x4000_0000, 0, 0, 0]),
            (Key::leaf(0x4000_0001), [1, 0, 0, 0]),
            (Key::leaf(0x8000_0000), [0x8000_001e, 0, 0, 0]),
            (Key::leaf(0x8000_0021), [1, 0, 0, 0]),
        ]);
        within_reach(&mut all);
        let leaves: Vec<u32> = all.iter().map(|(key, _)| key.leaf).collect();
        assert_eq!(leaves, [0x0, 0x1c, 0x4000_0000, 0x8000_0000]);
    }

    #[test]
    fn amx_goes_with_its_state() {
        let base = table(&[
            (Key::leaf(0x1), [0x806f8, 0, 1 << 26 | 1 << 28, 0]),
            (Key::subleaf(0x7, 0), [2, 1 << 16, 0, 1 << 24 | 1 << 4]),
            (Key::subleaf(0xd, 0), [0x6_00e7, 0x240, 0x2b00, 0]),
            (Key::subleaf(0xd, 1), [0x1f, 0x440, 0, 0]),
            (Key::subleaf(0xd, 2), [0x100, 0x240, 0, 0]),
            (Key::subleaf(0xd, 5), [0x40, 0x440, 0, 0]),
            (Key::subleaf(0xd, 6), [0x200, 0x480, 0, 0]),
            (Key::subleaf(0xd, 7), [0x400, 0x680, 0, 0]),
            (Key::subleaf(0xd, 9), [8, 0xa80, 0, 0]),
            (Key::subleaf(0xd, 18), [0x2000, 0xb00, 6, 0]),
        ]);
        let clean = sanitise(&base, &Vendor::Intel.into()).unwrap();
        assert_eq!(clean.lookup(0xd, 0), Registers::new(0xe7, 0x240, 0xa80, 0));
        assert_eq!(clean.lookup(0xd, 1), Registers::new(0xf, 0x240, 0, 0));
        assert_eq!(clean.get(Key::subleaf(0xd, 18)), None);
        assert_eq!(clean.get(Key::subleaf(0xd, 9)), None, "component 9 is not in XCR0");
        assert_eq!(clean.lookup(0x7, 0), Registers::new(0, 1 << 16, 0, 1 << 4));
    }

    #[test]
    fn flags_of_the_capture_do_not_matter() {
        let base = table(&[(Key::subleaf(0x1, 0), [1, 0, 0, 0]), (Key::leaf(0x7), [0, 9, 0, 0])]);
        let clean = sanitise(&base, &Vendor::Intel.into()).unwrap();
        assert!(clean.get(Key::leaf(0x1)).is_some());
        assert_eq!(clean.get(Key::subleaf(0x7, 0)).unwrap().ebx, 9);
    }
}
