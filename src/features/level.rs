//! The levels of the x86-64 psABI, and what a guest of any level gets beside them.

use std::collections::BTreeSet;

use crate::cpuid::feature::{Feature, find};
use crate::spec::CpuModel;

/// What each level adds to the one below. Source: x86-64 psABI, "Micro-Architecture Levels"; OSFXSR and
/// OSXSAVE are the guest's own doing, SCE is SYSCALL.
const LEVELS: [(CpuModel, &[&str]); 4] = [
    (CpuModel::V1, &["cmov", "cx8", "fpu", "fxsr", "mmx", "syscall", "sse", "sse2"]),
    (CpuModel::V2, &["cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"]),
    (CpuModel::V3, &["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"]),
    (CpuModel::V4, &["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]),
];

/// What a guest gets at every level, if the host offers it: the levels are about programs, and say
/// nothing of what a kernel needs. `docs/features.md` has the reasons.
const EVERY_GUEST: &[&str] = &[
    // 64-bit kernels start with these, or take them for granted.
    "lm",
    "nx",
    "pae",
    "pse",
    "pse36",
    "pge",
    "pat",
    "mtrr",
    "msr",
    "tsc",
    "mce",
    "mca",
    "sep",
    "de",
    "vme",
    "clflush",
    "apic",
    "hypervisor",
    // KVM emulates them on every host.
    "x2apic",
    "tsc_deadline_timer",
    "tsc_adjust",
    "arat",
    // They tell how the x87 unit of the silicon behaves, whatever the guest is to see.
    "fdp_excptn_only",
    "zero_fcs_fds",
    "xsaveerptr",
    // Guards against speculation: without them the guest's kernel is open, or slow.
    "spec_ctrl",
    "intel_stibp",
    "spec_ctrl_ssbd",
    "arch_capabilities",
    "md_clear",
    "flush_l1d",
    "intel_psfd",
    "ipred_ctrl",
    "rrsba_ctrl",
    "ddpd_u",
    "bhi_ctrl",
    "mcdt_no",
    "amd_ibpb",
    "amd_ibrs",
    "amd_stibp",
    "amd_stibp_always_on",
    "amd_ibrs_same_mode",
    "amd_ssbd",
    "virt_ssbd",
    "amd_ssb_no",
    "amd_psfd",
    "btc_no",
    "amd_ibpb_ret",
    "lfence_rdtsc",
    "verw_clear",
    "null_sel_clr_base",
    "autoibrs",
    "no_smm_ctl_msr",
    "sbpb",
    "ibpb_brtype",
    "srso_no",
    "srso_user_kernel_no",
    "tsa_sq_no",
    "tsa_l1_no",
];

/// What no other machine can be promised. Source: QEMU's manual, "CPU model configuration": a migratable
/// CPU has no invariant TSC, as two hosts' TSCs do not run at one rate.
const NOT_MIGRATABLE: &[&str] = &["constant_tsc"];

/// The performance counters. Source: Linux `arch/x86/kvm/cpuid.c`, what `enable_pmu` decides.
const PMU: &[&str] = &[
    "pdcm",
    "arch_perfmon_ext",
    "perfctr_core",
    "perfctr_nb",
    "perfctr_llc",
    "perfmon_v2",
    "amd_lbr_v2",
    "amd_lbr_pmc_freeze",
];

fn set(names: &[&str]) -> BTreeSet<&'static Feature> {
    names.iter().filter_map(|name| find(name)).collect()
}

/// The features of a level, with those of the levels below. `None` for the host's own.
#[must_use]
pub fn level(model: CpuModel) -> Option<BTreeSet<&'static Feature>> {
    let last = LEVELS.iter().position(|(level, _)| *level == model)?;
    Some(LEVELS[..=last].iter().flat_map(|(_, names)| set(names)).collect())
}

/// What a guest of any level gets beside the level. KVM's own features are part of it.
#[must_use]
pub fn every_guest() -> BTreeSet<&'static Feature> {
    let kvm = crate::cpuid::feature::all().filter(|feature| feature.leaf == 0x4000_0001);
    set(EVERY_GUEST).into_iter().chain(kvm).collect()
}

/// What cannot migrate.
#[must_use]
pub fn not_migratable() -> BTreeSet<&'static Feature> {
    set(NOT_MIGRATABLE)
}

/// What is part of the performance counters.
#[must_use]
pub fn pmu() -> BTreeSet<&'static Feature> {
    set(PMU)
}

/// Virtualisation within the guest: its state differs from host to host.
#[must_use]
pub fn nested() -> BTreeSet<&'static Feature> {
    let own = set(&["vmx", "svm"]);
    let within = own.iter().flat_map(|feature| crate::cpuid::feature::dependents(feature));
    own.iter().copied().chain(within.collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_feature() {
        let levels = LEVELS.iter().flat_map(|(_, names)| *names);
        for name in levels.chain(EVERY_GUEST).chain(NOT_MIGRATABLE).chain(PMU) {
            assert_eq!(find(name).map(|f| f.name), Some(*name), "{name}");
        }
    }

    /// A level without the roots of its features could not be given.
    #[test]
    fn levels_and_what_every_guest_gets_have_their_roots() {
        for (model, _) in LEVELS {
            let mut all = level(model).unwrap();
            all.extend(every_guest());
            for feature in &all {
                let missing = crate::cpuid::feature::missing(feature, &all);
                assert_eq!(missing.map(|f| f.name), None, "{} of {model:?}", feature.name);
            }
        }
        assert_eq!(level(CpuModel::V4).unwrap().len(), 8 + 7 + 9 + 5);
        assert_eq!(level(CpuModel::Host), None);
    }
}
