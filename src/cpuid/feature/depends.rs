//! Which feature needs which.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::{Feature, all, find};

/// Features, and what each of them needs. Sources: Linux `arch/x86/kernel/cpu/cpuid-deps.c`; SDM Vol. 1,
/// chapters 13 to 18, and APM Vol. 1, chapter 4, for what is VEX-encoded and so needs AVX's state; APM
/// Vol. 2, chapter 14, for long mode; Linux `Documentation/virt/kvm/x86/cpuid.rst` for KVM's.
const DEPENDS: &[(&[&str], &[&str])] = &[
    (&["fxsr"], &["fpu"]),
    (&["cmov", "mmx", "sse", "xsave", "fxsr_opt"], &["fxsr"]),
    (&["mmxext", "3dnow"], &["mmx"]),
    (&["3dnowext"], &["3dnow"]),
    (&["sse2", "misalignsse"], &["sse"]),
    (&["pni", "ssse3", "sse4_1", "sse4_2", "pclmulqdq", "aes", "sha_ni", "gfni", "f16c"], &["sse2"]),
    (&["sse4a"], &["pni"]),
    (&["xsaveopt", "xsavec", "xsaves", "xgetbv1", "avx", "pku", "mpx", "apx", "osxsave"], &["xsave"]),
    (&["avx2", "fma", "vaes", "vpclmulqdq", "avx_vnni", "avx512f", "f16c", "xop", "fma4"], &["avx"]),
    (&["avx_ifma", "avx_vnni_int8", "avx_vnni_int16", "avx_ne_convert", "avx10"], &["avx2"]),
    (&["sha512", "sm3", "sm4"], &["avx"]),
    (&["avx512ifma", "avx512pf", "avx512er", "avx512cd", "avx512dq", "avx512bw", "avx512vl"], &["avx512f"]),
    (&["avx512vbmi", "avx512_4vnniw", "avx512_4fmaps", "avx512_vpopcntdq"], &["avx512f"]),
    (&["avx512_vbmi2", "avx512_vnni", "avx512_bitalg", "avx512_bf16", "avx512_vp2intersect"], &["avx512vl"]),
    (&["avx512_fp16"], &["avx512bw"]),
    (&["avx10_128"], &["avx10"]),
    (&["avx10_256"], &["avx10_128"]),
    (&["avx10_512"], &["avx10_256"]),
    (&["xfd"], &["xsaves", "xgetbv1"]),
    (&["amx_tile"], &["xfd"]),
    (&["amx_bf16", "amx_int8", "amx_fp16", "amx_complex"], &["amx_tile"]),
    (&["shstk", "enqcmd"], &["xsaves"]),
    (&["ospke"], &["pku"]),
    (&["sgx_lc"], &["sgx"]),
    (&["fred"], &["lkgs", "lm"]),
    (&["lkgs", "pcid", "la57", "pdpe1gb", "lam"], &["lm"]),
    (&["lm", "nx"], &["pae"]),
    (&["pse36"], &["pse"]),
    (&["spec_ctrl_ssbd"], &["spec_ctrl"]),
    (&["lass"], &["smap"]),
    (&["x2apic", "tsc_deadline_timer"], &["apic"]),
    (&["npt", "lbrv", "svm_lock", "nrip_save", "tsc_scale", "vmcb_clean", "flushbyasid"], &["svm"]),
    (&["decodeassists", "pausefilter", "avic", "v_vmsave_vmload", "vgif", "v_spec_ctrl"], &["svm"]),
    (&["svme_addr_chk"], &["svm"]),
    (&["pfthreshold"], &["pausefilter"]),
    (&["x2avic"], &["avic"]),
    (&["vnmi"], &["vgif"]),
    (&["perfmon_v2"], &["perfctr_core"]),
    (&["amd_lbr_pmc_freeze"], &["amd_lbr_v2"]),
    (&["kvm_pv_tlb_flush"], &["kvm_steal_time"]),
    (&["kvm_async_pf_int", "kvm_async_pf_vmexit"], &["kvm_async_pf"]),
    (&["rng_en"], &["rng"]),
    (&["ace_en"], &["ace"]),
    (&["ace2_en"], &["ace2"]),
    (&["phe_en"], &["phe"]),
    (&["pmm_en"], &["pmm"]),
];

/// What a feature needs itself.
pub fn prerequisites(feature: &Feature) -> impl Iterator<Item = &'static Feature> {
    NEEDS.get(feature.name).into_iter().flatten().copied()
}

/// The table by feature, and its names looked up: many specs on many hosts ask for little else as often.
static NEEDS: LazyLock<HashMap<&str, Vec<&Feature>>> = LazyLock::new(|| {
    let mut needs: HashMap<&str, Vec<&Feature>> = HashMap::new();
    for (who, needed) in DEPENDS {
        for name in *who {
            needs.entry(name).or_default().extend(needed.iter().filter_map(|name| find(name)));
        }
    }
    needs
});

/// All that a feature needs, and that in turn.
#[must_use]
pub fn roots(feature: &'static Feature) -> BTreeSet<&'static Feature> {
    closure(feature, |f| prerequisites(f).collect())
}

/// All that needs a feature, and what needs that in turn.
#[must_use]
pub fn dependents(feature: &'static Feature) -> BTreeSet<&'static Feature> {
    closure(feature, |f| all().filter(|other| prerequisites(other).any(|needed| needed == f)).collect())
}

fn closure(
    feature: &'static Feature,
    next: impl Fn(&'static Feature) -> Vec<&'static Feature>,
) -> BTreeSet<&'static Feature> {
    let mut found = BTreeSet::new();
    let mut todo = vec![feature];
    while let Some(feature) = todo.pop() {
        todo.extend(next(feature).into_iter().filter(|f| found.insert(*f)));
    }
    found
}

/// The first thing that a feature needs and a set does not have.
#[must_use]
pub fn missing(feature: &Feature, set: &BTreeSet<&'static Feature>) -> Option<&'static Feature> {
    prerequisites(feature).find(|needed| !set.contains(needed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_table_is_a_feature_and_nothing_needs_itself() {
        for (who, needs) in DEPENDS {
            for name in who.iter().chain(*needs) {
                assert_eq!(find(name).map(|f| f.name), Some(*name), "{name}");
            }
        }
        for feature in all() {
            assert!(!roots(feature).contains(feature), "{} needs itself", feature.name);
            assert!(!dependents(feature).contains(feature), "{}", feature.name);
        }
    }

    #[test]
    fn closures_go_all_the_way() {
        let names = |set: BTreeSet<&'static Feature>| set.into_iter().map(|f| f.name).collect::<Vec<_>>();
        let mut avx2 = names(roots(find("avx2").unwrap()));
        avx2.sort_unstable();
        assert_eq!(avx2, ["avx", "fpu", "fxsr", "xsave"]);
        let of_avx = names(dependents(find("avx").unwrap()));
        for name in ["avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx512_fp16", "vaes", "avx10_512"] {
            assert!(of_avx.contains(&name), "{name}");
        }
        assert!(!of_avx.contains(&"aes") && !of_avx.contains(&"bmi2") && !of_avx.contains(&"pku"));
        assert_eq!(names(dependents(find("avx2").unwrap())).first(), Some(&"avx_ifma"));
    }
    #[test]
    fn what_is_missing_is_a_prerequisite_that_the_set_lacks() {
        let [avx2, avx, xsave] = ["avx2", "avx", "xsave"].map(|name| find(name).unwrap());
        assert_eq!(missing(avx2, &BTreeSet::from([xsave])), Some(avx));
        assert_eq!(missing(avx2, &BTreeSet::from([avx])), None, "what that needs in turn is its own");
    }
}
