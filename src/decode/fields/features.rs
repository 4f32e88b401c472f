//! Feature bits under the names of the Linux kernel (arch/x86/include/asm/cpufeatures.h; KVM's from
//! Documentation/virt/kvm/x86/cpuid.rst, without their prefix).

use super::{Eax, Ebx, Ecx, Edx, Flags, Group, Register, Source, Subleaves};

const fn flags(register: Register, names: [&'static str; 32]) -> Flags {
    Flags { register, names }
}

const fn group(leaf: u32, subleaves: Subleaves, source: Source, flags: &'static [Flags]) -> Group {
    Group { leaf, subleaves, source, fields: &[], flags }
}

#[rustfmt::skip]
const LEAF_1_ECX: [&str; 32] = [
    "pni", "pclmulqdq", "dtes64", "monitor", "ds_cpl", "vmx", "smx", "est",
    "tm2", "ssse3", "cid", "sdbg", "fma", "cx16", "xtpr", "pdcm",
    "", "pcid", "dca", "sse4_1", "sse4_2", "x2apic", "movbe", "popcnt",
    "tsc_deadline_timer", "aes", "xsave", "osxsave", "avx", "f16c", "rdrand", "hypervisor",
];

#[rustfmt::skip]
const LEAF_1_EDX: [&str; 32] = [
    "fpu", "vme", "de", "pse", "tsc", "msr", "pae", "mce",
    "cx8", "apic", "", "sep", "mtrr", "pge", "mca", "cmov",
    "pat", "pse36", "pn", "clflush", "", "dts", "acpi", "mmx",
    "fxsr", "sse", "sse2", "ss", "ht", "tm", "ia64", "pbe",
];

#[rustfmt::skip]
const LEAF_6_EAX: [&str; 32] = [
    "dtherm", "ida", "arat", "", "pln", "", "pts", "hwp",
    "hwp_notify", "hwp_act_window", "hwp_epp", "hwp_pkg_req", "", "", "", "hwp_highest_perf_change",
    "", "", "", "hfi", "", "", "", "",
    "", "", "", "", "", "", "", "",
];

#[rustfmt::skip]
const LEAF_6_ECX: [&str; 32] = [
    "aperfmperf", "", "", "epb", "", "", "", "",
    "", "", "", "", "", "", "", "",
    "", "", "", "", "", "", "", "",
    "", "", "", "", "", "", "", "",
];

#[rustfmt::skip]
const LEAF_7_0_EBX: [&str; 32] = [
    "fsgsbase", "tsc_adjust", "sgx", "bmi1", "hle", "avx2", "fdp_excptn_only", "smep",
    "bmi2", "erms", "invpcid", "rtm", "cqm", "zero_fcs_fds", "mpx", "rdt_a",
    "avx512f", "avx512dq", "rdseed", "adx", "smap", "avx512ifma", "", "clflushopt",
    "clwb", "intel_pt", "avx512pf", "avx512er", "avx512cd", "sha_ni", "avx512bw", "avx512vl",
];

#[rustfmt::skip]
const LEAF_7_0_ECX: [&str; 32] = [
    "prefetchwt1", "avx512vbmi", "umip", "pku", "ospke", "waitpkg", "avx512_vbmi2", "shstk",
    "gfni", "vaes", "vpclmulqdq", "avx512_vnni", "avx512_bitalg", "tme", "avx512_vpopcntdq", "",
    "la57", "", "", "", "", "", "rdpid", "",
    "bus_lock_detect", "cldemote", "", "movdiri", "movdir64b", "enqcmd", "sgx_lc", "pks",
];

#[rustfmt::skip]
const LEAF_7_0_EDX: [&str; 32] = [
    "", "", "avx512_4vnniw", "avx512_4fmaps", "fsrm", "uintr", "", "",
    "avx512_vp2intersect", "srbds_ctrl", "md_clear", "rtm_always_abort", "", "tsx_force_abort", "serialize", "hybrid_cpu",
    "tsxldtrk", "", "pconfig", "arch_lbr", "ibt", "", "amx_bf16", "avx512_fp16",
    "amx_tile", "amx_int8", "spec_ctrl", "intel_stibp", "flush_l1d", "arch_capabilities", "core_capabilities", "spec_ctrl_ssbd",
];

#[rustfmt::skip]
const LEAF_7_1_EAX: [&str; 32] = [
    "sha512", "sm3", "sm4", "", "avx_vnni", "avx512_bf16", "lass", "cmpccxadd",
    "arch_perfmon_ext", "", "fzrm", "fsrs", "fsrc", "", "", "",
    "", "fred", "lkgs", "wrmsrns", "", "amx_fp16", "hreset", "avx_ifma",
    "", "", "lam", "msrlist", "", "", "", "",
];

#[rustfmt::skip]
const LEAF_7_1_EDX: [&str; 32] = [
    "", "", "", "", "avx_vnni_int8", "avx_ne_convert", "", "",
    "amx_complex", "", "avx_vnni_int16", "", "", "", "prefetchiti", "",
    "", "", "", "avx10", "", "", "", "",
    "", "", "", "", "", "", "", "",
];

#[rustfmt::skip]
const LEAF_7_2_EDX: [&str; 32] = [
    "intel_psfd", "ipred_ctrl", "rrsba_ctrl", "ddpd_u", "bhi_ctrl", "mcdt_no", "", "",
    "", "", "", "", "", "", "", "",
    "", "", "", "", "", "", "", "",
    "", "", "", "", "", "", "", "",
];

#[rustfmt::skip]
const LEAF_D_1_EAX: [&str; 32] = [
    "xsaveopt", "xsavec", "xgetbv1", "xsaves", "xfd", "", "", "",
    "", "", "", "", "", "", "", "",
    "", "", "", "", "", "", "", "",
    "", "", "", "", "", "", "", "",
];

#[rustfmt::skip]
const KVM_EAX: [&str; 32] = [
    "clocksource", "nop_io_delay", "mmu_op", "clocksource2", "async_pf", "steal_time", "pv_eoi", "pv_unhalt",
    "", "pv_tlb_flush", "async_pf_vmexit", "pv_send_ipi", "poll_control", "pv_sched_yield", "async_pf_int", "msi_ext_dest_id",
    "hc_map_gpa_range", "migration_control", "", "", "", "", "", "",
    "clocksource_stable_bit", "", "", "", "", "", "", "",
];

#[rustfmt::skip]
const KVM_EDX: [&str; 32] = [
    "hints_realtime", "", "", "", "", "", "", "",
    "", "", "", "", "", "", "", "",
    "", "", "", "", "", "", "", "",
    "", "", "", "", "", "", "", "",
];

#[rustfmt::skip]
const EXT_1_ECX: [&str; 32] = [
    "lahf_lm", "cmp_legacy", "svm", "extapic", "cr8_legacy", "abm", "sse4a", "misalignsse",
    "3dnowprefetch", "osvw", "ibs", "xop", "skinit", "wdt", "", "lwp",
    "fma4", "tce", "", "nodeid_msr", "", "tbm", "topoext", "perfctr_core",
    "perfctr_nb", "", "bpext", "ptsc", "perfctr_llc", "mwaitx", "", "",
];

#[rustfmt::skip]
const EXT_1_EDX: [&str; 32] = [
    "fpu", "vme", "de", "pse", "tsc", "msr", "pae", "mce",
    "cx8", "apic", "", "syscall", "mtrr", "pge", "mca", "cmov",
    "pat", "pse36", "", "mp", "nx", "", "mmxext", "mmx",
    "fxsr", "fxsr_opt", "pdpe1gb", "rdtscp", "", "lm", "3dnowext", "3dnow",
];

#[rustfmt::skip]
const EXT_7_EBX: [&str; 32] = [
    "overflow_recov", "succor", "", "smca", "", "", "", "",
    "", "", "", "", "", "", "", "",
    "", "", "", "", "", "", "", "",
    "", "", "", "", "", "", "", "",
];

#[rustfmt::skip]
const EXT_7_EDX: [&str; 32] = [
    "ts", "fid", "vid", "ttp", "htc", "stc", "100mhzsteps", "hw_pstate",
    "constant_tsc", "cpb", "eff_freq_ro", "proc_feedback", "acc_power", "", "", "",
    "", "", "", "", "", "", "", "",
    "", "", "", "", "", "", "", "",
];

#[rustfmt::skip]
const EXT_8_EBX: [&str; 32] = [
    "clzero", "irperf", "xsaveerptr", "invlpgb", "rdpru", "", "mba", "",
    "", "wbnoinvd", "", "", "amd_ibpb", "", "amd_ibrs", "amd_stibp",
    "", "amd_stibp_always_on", "", "amd_ibrs_same_mode", "efer_lmsle_dis", "", "", "amd_ppin",
    "amd_ssbd", "virt_ssbd", "amd_ssb_no", "cppc", "amd_psfd", "btc_no", "amd_ibpb_ret", "brs",
];

#[rustfmt::skip]
const EXT_21_EAX: [&str; 32] = [
    "no_nested_data_bp", "fsgs_non_serializing", "lfence_rdtsc", "", "", "", "null_sel_clr_base", "",
    "autoibrs", "no_smm_ctl_msr", "", "", "", "", "", "",
    "", "gp_on_user_cpuid", "", "", "", "", "", "",
    "", "", "", "sbpb", "ibpb_brtype", "srso_no", "", "",
];

pub(super) const GROUPS: &[Group] = &[
    group(1, Subleaves::All, Source::All, &[flags(Ecx, LEAF_1_ECX), flags(Edx, LEAF_1_EDX)]),
    group(6, Subleaves::All, Source::All, &[flags(Eax, LEAF_6_EAX), flags(Ecx, LEAF_6_ECX)]),
    group(
        7,
        Subleaves::Only(0),
        Source::All,
        &[flags(Ebx, LEAF_7_0_EBX), flags(Ecx, LEAF_7_0_ECX), flags(Edx, LEAF_7_0_EDX)],
    ),
    group(7, Subleaves::Only(1), Source::All, &[flags(Eax, LEAF_7_1_EAX), flags(Edx, LEAF_7_1_EDX)]),
    group(7, Subleaves::Only(2), Source::All, &[flags(Edx, LEAF_7_2_EDX)]),
    group(0xD, Subleaves::Only(1), Source::All, &[flags(Eax, LEAF_D_1_EAX)]),
    group(0x4000_0001, Subleaves::All, Source::Kvm, &[flags(Eax, KVM_EAX), flags(Edx, KVM_EDX)]),
    group(0x8000_0001, Subleaves::All, Source::All, &[flags(Ecx, EXT_1_ECX), flags(Edx, EXT_1_EDX)]),
    group(0x8000_0007, Subleaves::All, Source::All, &[flags(Ebx, EXT_7_EBX), flags(Edx, EXT_7_EDX)]),
    group(0x8000_0008, Subleaves::All, Source::All, &[flags(Ebx, EXT_8_EBX)]),
    group(0x8000_0021, Subleaves::All, Source::Amd, &[flags(Eax, EXT_21_EAX)]),
];
