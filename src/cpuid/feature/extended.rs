//! Features of the extended leaves, KVM's and Centaur's. Sources: APM Vol. 3, appendix E; Linux
//! `arch/x86/include/asm/cpufeatures.h` for the names, `Documentation/virt/kvm/x86/cpuid.rst` for KVM's,
//! which have the prefix `kvm_` here.

use super::features;

features! {
    (0x4000_0001) Eax {
        0 "kvm_clocksource" "clock source, old MSRs" ["kvmclock"];
        1 "kvm_nop_io_delay" "no delay after port I/O" ["kvm_nopiodelay"];
        3 "kvm_clocksource2" "clock source";
        4 "kvm_async_pf" "asynchronous page faults" ["kvm_asyncpf"];
        5 "kvm_steal_time" "steal time";
        6 "kvm_pv_eoi" "end of interrupt by memory";
        7 "kvm_pv_unhalt" "spin locks that halt";
        9 "kvm_pv_tlb_flush" "flushes of preempted vCPUs are put off";
        10 "kvm_async_pf_vmexit" "asynchronous page faults as exits" ["kvm_asyncpf_vmexit"];
        11 "kvm_pv_send_ipi" "IPIs by hypercall" ["kvm_pv_ipi"];
        12 "kvm_poll_control" "polling can be switched off";
        13 "kvm_pv_sched_yield" "yield by hypercall";
        14 "kvm_async_pf_int" "asynchronous page faults by interrupt" ["kvm_asyncpf_int"];
        15 "kvm_msi_ext_dest_id" "15-bit destination IDs in MSIs";
        24 "kvm_clocksource_stable_bit" "clock source without jumps" ["kvmclock_stable_bit"];
    }
    (0x8000_0001) Ecx {
        0 "lahf_lm" "LAHF and SAHF in long mode" ["lahf", "lahf_sahf"];
        1 "cmp_legacy" "several threads in the package";
        2 "svm" "AMD's virtualisation";
        3 "extapic" "extended APIC space";
        4 "cr8_legacy" "CR8 in 32-bit mode" ["cr8legacy", "altmovcr8"];
        5 "abm" "LZCNT" ["lzcnt"];
        6 "sse4a" "SSE4A";
        7 "misalignsse" "SSE on misaligned data";
        8 "3dnowprefetch" "PREFETCH and PREFETCHW" ["prefetchw"];
        9 "osvw" "workarounds visible to the OS";
        10 "ibs" "instruction-based sampling";
        11 "xop" "XOP";
        12 "skinit" "SKINIT";
        13 "wdt" "watchdog timer";
        15 "lwp" "lightweight profiling";
        16 "fma4" "fused multiply-add, four operands";
        17 "tce" "translation cache extension";
        19 "nodeid_msr" "NodeId MSR";
        21 "tbm" "trailing bit manipulation";
        22 "topoext" "leaves 8000001DH and 8000001EH" ["topology_extensions", "topologyextensions"];
        23 "perfctr_core" "core performance counters" ["perfctrextcore"];
        24 "perfctr_nb" "northbridge performance counters";
        26 "bpext" "data breakpoint extension";
        27 "ptsc" "performance TSC";
        28 "perfctr_llc" "L3 performance counters";
        29 "mwaitx" "MONITORX and MWAITX";
    }
    (0x8000_0001) Edx {
        11 "syscall" "SYSCALL and SYSRET";
        19 "mp" "multiprocessing capable";
        20 "nx" "no-execute pages" ["xd"];
        22 "mmxext" "AMD's MMX extensions";
        25 "fxsr_opt" "faster FXSAVE" ["ffxsr"];
        26 "pdpe1gb" "pages of 1 GiB" ["page1gb"];
        27 "rdtscp" "RDTSCP";
        29 "lm" "long mode" ["i64", "em64t", "intel64"];
        30 "3dnowext" "3DNow! extensions";
        31 "3dnow" "3DNow!";
    }
    (0x8000_0007) Edx {
        8 "constant_tsc" "TSC at one rate in all power states" ["nonstop_tsc", "invtsc", "invariant_tsc", "tscinvariant"];
    }
    (0x8000_0008) Ebx {
        0 "clzero" "CLZERO";
        1 "irperf" "count of retired instructions";
        2 "xsaveerptr" "FXRSTOR restores error pointers";
        3 "invlpgb" "INVLPGB";
        4 "rdpru" "RDPRU";
        6 "mba" "memory bandwidth allocation";
        9 "wbnoinvd" "WBNOINVD";
        12 "amd_ibpb" "IBPB by MSR" ["ibpb"];
        14 "amd_ibrs" "IBRS by MSR" ["ibrs"];
        15 "amd_stibp" "STIBP by MSR";
        17 "amd_stibp_always_on" "STIBP may stay on" ["stibp_always_on"];
        19 "amd_ibrs_same_mode" "IBRS protects the same mode";
        20 "efer_lmsle_dis" "no long mode segment limits";
        23 "amd_ppin" "serial number" ["ppin"];
        24 "amd_ssbd" "SSBD by MSR";
        25 "virt_ssbd" "SSBD by a virtual MSR";
        26 "amd_ssb_no" "no speculative store bypass" ["amd_no_ssb", "ssb_no"];
        27 "cppc" "collaborative performance control";
        28 "amd_psfd" "PSFD by MSR";
        29 "btc_no" "no branch type confusion";
        30 "amd_ibpb_ret" "IBPB clears return predictions" ["ibpb_ret"];
        31 "brs" "branch sampling";
    }
    (0x8000_000a) Edx {
        0 "npt" "nested page tables";
        1 "lbrv" "virtual last branch records";
        2 "svm_lock" "SVM can be locked";
        3 "nrip_save" "next instruction pointer on exits" ["nrips"];
        4 "tsc_scale" "TSC ratio";
        5 "vmcb_clean" "VMCB clean bits";
        6 "flushbyasid" "flush by ASID" ["flush_by_asid"];
        7 "decodeassists" "decode assists" ["decode_assists"];
        10 "pausefilter" "PAUSE filter" ["pause_filter"];
        12 "pfthreshold" "PAUSE filter threshold";
        13 "avic" "virtual interrupt controller";
        15 "v_vmsave_vmload" "virtual VMSAVE and VMLOAD";
        16 "vgif" "virtual global interrupt flag";
        18 "x2avic" "virtual x2APIC";
        20 "v_spec_ctrl" "virtual SPEC_CTRL";
        25 "vnmi" "virtual NMI";
        28 "svme_addr_chk" "SVME address check";
    }
    (0x8000_0021) Eax {
        0 "no_nested_data_bp" "no nested data breakpoints";
        1 "wrmsr_xx_base_ns" "WRMSR to FS and GS base does not serialise" ["fsgs_non_serializing", "fs_gs_base_ns"];
        2 "lfence_rdtsc" "LFENCE always serialises" ["lfence_always_serializing"];
        5 "verw_clear" "VERW clears buffers";
        6 "null_sel_clr_base" "null selectors clear the base";
        8 "autoibrs" "automatic IBRS" ["auto_ibrs"];
        9 "no_smm_ctl_msr" "no SMM_CTL MSR";
        17 "gp_on_user_cpuid" "CPUID can fault for programs";
        20 "prefetchi" "PREFETCHIT0 and PREFETCHIT1 of AMD";
        27 "sbpb" "selective branch prediction barrier";
        28 "ibpb_brtype" "IBPB flushes branch types";
        29 "srso_no" "no speculative return stack overflow";
        30 "srso_user_kernel_no" "none of it between user and kernel";
    }
    (0x8000_0021) Ecx {
        1 "tsa_sq_no" "no transient scheduler attack on the store queue";
        2 "tsa_l1_no" "no transient scheduler attack on the L1";
    }
    (0x8000_0022) Eax {
        0 "perfmon_v2" "performance monitoring version 2";
        1 "amd_lbr_v2" "last branch records version 2";
        2 "amd_lbr_pmc_freeze" "last branch records freeze on overflow";
    }
    (0xc000_0001) Edx {
        2 "rng" "XSTORE" ["xstore"];
        3 "rng_en" "XSTORE is on" ["xstore_en"];
        6 "ace" "XCRYPT" ["xcrypt"];
        7 "ace_en" "XCRYPT is on" ["xcrypt_en"];
        8 "ace2" "cryptography engine 2";
        9 "ace2_en" "cryptography engine 2 is on";
        10 "phe" "hash engine";
        11 "phe_en" "hash engine is on";
        12 "pmm" "Montgomery multiplier";
        13 "pmm_en" "Montgomery multiplier is on";
    }
}
